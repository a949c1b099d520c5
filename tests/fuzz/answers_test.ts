/** Answers of stores with wounds, over a real socket: nouns that can be reckoned with, or one clear error, after few requests. */
import { assert } from "@std/assert";
import type { Store } from "../../lib/store/store.ts";
import { type Answer, type ScriptedServer, startScripted } from "../remote/scripted_server.ts";
import {
  ANSWERS,
  COMPLETED,
  COPIED,
  DELETED,
  INITIATED,
  listing,
  LISTING_V1,
  PART_COPIED,
  PARTS,
  refusal,
  TAGS,
  UPLOADS,
} from "./answer_documents.ts";
import { Chance } from "./chance.ts";
import { KINDS, storeAt } from "./hostile_scene.ts";
import { playAll } from "./rounds.ts";
import { seedsToPlay } from "../test_seed.ts";
import { assertListed, assertNumbers, promiseOrOwnError } from "./verdict.ts";

const ROUNDS = 40;
/** A page that is empty may be followed by a hundred more. */
const REQUESTS_MAX = 250;

interface Operation {
  readonly good: readonly string[];
  run(store: Store): Promise<void>;
}

const layout = { sizeBytes: 2, partSizeBytes: 1, partCount: 2 };
const parts = [{ partNumber: 1, sizeBytes: 1, etag: "e", checksums: [] }];

const OPERATIONS: Readonly<Record<string, Operation>> = {
  list: {
    good: [listing(["p/a", "p/b%20c", "p/%E7%A9%BA"]), listing(["p/a"], "token"), listing([]), LISTING_V1],
    async run(store) {
      let last = "";
      for await (const page of store.list({ prefix: "p/", signal: new AbortController().signal })) {
        for (const object of page) {
          assertListed(object, "p/");
          assert(object.key !== last, object.key);
          last = object.key;
        }
      }
    },
  },
  listUploads: {
    good: [UPLOADS],
    async run(store) {
      for await (const page of store.listUploads({ prefix: "p/" })) {
        assertNumbers(page);
        for (const upload of page) assert(upload.key.startsWith("p/") && upload.uploadId !== "", JSON.stringify(upload));
      }
    },
  },
  listParts: {
    good: [PARTS],
    async run(store) {
      for await (const page of store.listParts("p/a", "u1")) {
        assertNumbers(page);
        for (const { partNumber } of page.parts) assert(partNumber >= 1 && partNumber <= 10_000);
      }
    },
  },
  createUpload: {
    good: [INITIATED],
    run: async (store) => assert(await store.createUpload("p/a", { headers: {}, layout, token: "t" }) !== ""),
  },
  completeUpload: {
    good: [COMPLETED],
    run: async (store) => assertNumbers(await store.completeUpload("p/a", "u1", { parts, sizeBytes: 1 })),
  },
  copyObject: {
    good: [COPIED],
    run: async (store) => assert((await store.copyObject({ bucket: "b", key: "k", pin: {} }, "p/a", {})).etag !== ""),
  },
  copyPart: {
    good: [PART_COPIED],
    async run(store) {
      const range = { uploadId: "u1", partNumber: 1, first: 0, last: 4 };
      assertNumbers(await store.copyPart({ bucket: "b", key: "k", pin: {} }, "p/a", range));
    },
  },
  readTags: {
    good: [TAGS],
    async run(store) {
      for (const value of Object.values(await store.readTags("p/a"))) assert(typeof value === "string");
    },
  },
  deleteObjects: {
    good: [DELETED],
    async run(store) {
      for (const { key, message } of await store.deleteObjects(["p/a", "p/b"])) assert(typeof key === "string" && message !== "");
    },
  },
};

/** Plays one operation against one answer per request. */
class Stage {
  answer: (count: number) => Answer = () => "cut";
  #asked = 0;

  next(): Answer {
    this.#asked += 1;
    if (this.#asked > REQUESTS_MAX) throw new Error("The client asks without end");
    return this.answer(this.#asked);
  }

  async play(operation: Operation, store: Store, answer: (count: number) => Answer): Promise<boolean> {
    this.answer = answer;
    this.#asked = 0;
    const ended = await promiseOrOwnError(async () => {
      await operation.run(store);
      return true;
    });
    assert(this.#asked <= REQUESTS_MAX, `${this.#asked} requests`);
    return ended === true;
  }
}

function answerOf(chance: Chance, operation: Operation): Answer {
  if (chance.oneIn(12)) {
    return { status: chance.pick([200, 301, 400, 403, 404, 409, 412, 429, 500, 503]), body: chance.mutate(refusal("SlowDown")) };
  }
  const body = chance.oneIn(6) ? chance.pick(ANSWERS) : chance.pick(operation.good);
  const headers: Record<string, string> = chance.oneIn(8) ? { "content-encoding": "gzip" } : {};
  return { body: chance.oneIn(20) ? body : chance.mutate(body, ANSWERS), headers };
}

async function withStage(kind: typeof KINDS[number], play: (stage: Stage, store: Store, server: ScriptedServer) => Promise<void>) {
  const stage = new Stage();
  const server = await startScripted(() => stage.next());
  const store = storeAt(kind, server.endpoint);
  try {
    await play(stage, store, server);
  } finally {
    store.close();
    await server.stop();
  }
}

for (const kind of KINDS) {
  Deno.test(`the unharmed answers of ${kind} are accepted`, () =>
    withStage(kind, async (stage, store) => {
      for (const [name, operation] of Object.entries(OPERATIONS)) {
        const good = name === "list" ? listing(["p/a", "p/b%20c"]) : operation.good[0] ?? "";
        assert(await stage.play(operation, store, () => ({ body: good })), name);
      }
    }));

  const seeds = seedsToPlay(ROUNDS);
  Deno.test(`wounded answers of ${kind} become sound nouns or one clear error (seeds ${seeds[0]} to ${seeds.at(-1)})`, () =>
    withStage(kind, (stage, store) =>
      playAll(seeds, async (chance) => {
        for (const operation of Object.values(OPERATIONS)) {
          const [first, more] = [answerOf(chance, operation), answerOf(chance, operation)];
          await stage.play(operation, store, (count) => (count === 1 ? first : more));
        }
      })));

  Deno.test(`a listing of ${kind} whose pages never end, repeat or turn back ends in a clear error`, () =>
    withStage(kind, async (stage, store) => {
      const list = OPERATIONS.list as Operation;
      const pages: [string, (count: number) => string][] = [
        ["the same page for ever", () => listing(["p/a"], "t")],
        ["the same page under new tokens", (count) => listing(["p/a"], `t${count}`)],
        ["two pages in turn", (count) => listing([count % 2 === 0 ? "p/a" : "p/b"], `t${count % 2}`)],
        ["empty pages for ever", (count) => listing([], `t${count}`)],
        ["a token of its own length", (count) => listing(["p/a"], "t".repeat(count * 10_000))],
        ["another prefix", () => listing(["q/a"])],
        ["the prefix itself turned round", () => listing(["p"])],
        ["an entry twice", () => listing(["p/a", "p/a"])],
        ["entries out of order", () => listing(["p/b", "p/a"])],
        ["a key without end", () => listing([`p/${"a".repeat(100_000)}`])],
        ["no word whether more follows", () => listing(["p/a"]).replace("<IsTruncated>false</IsTruncated>", "")],
        ["more that follows, in capitals and without a token", () => listing(["p/a"]).replace(">false<", ">TRUE <")],
        ["another word whether more follows", () => listing(["p/a"]).replace(">false<", ">maybe<")],
        ["an empty word whether more follows", () => listing(["p/a"]).replace(">false<", "><")],
        ["nothing at all", () => ""],
        ["a page of a proxy", () => "<html><body>Please log in</body></html>"],
        ["another document", () => TAGS],
      ];
      for (const [what, page] of pages) {
        assert(!await stage.play(list, store, (count) => ({ body: page(count) })), `${what} was believed`);
      }
    }));

  Deno.test(`an answer of ${kind} that is empty or of something in between is not believed`, () =>
    withStage(kind, async (stage, store) => {
      for (const name of ["list", "listUploads", "listParts", "createUpload", "copyObject", "copyPart", "readTags"]) {
        for (const body of ["", "<html><body>Please log in</body></html>"]) {
          assert(!await stage.play(OPERATIONS[name] as Operation, store, () => ({ body })), `${name}: ${body}`);
        }
      }
      // OSS tells what is gone, S3 what is not: neither is believed to have deleted anything.
      stage.answer = () => ({ body: "" });
      const failures = await promiseOrOwnError(() => store.deleteObjects(["p/a", "p/b"]));
      assert(failures === undefined || failures.length === 2, JSON.stringify(failures));
    }));
}
