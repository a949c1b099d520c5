/** Every optional question, refused in each way that is known: the job goes on without the answer, and what that costs is said once. */
import { assert, assertEquals } from "@std/assert";
import type { Store } from "../../lib/store/store.ts";
import { openRemoteStore } from "../../lib/remote/remote_store.ts";
import { readyS3 } from "./s3_under_test.ts";
import { type Answer, type Asked, errorXml, startScripted } from "./scripted_server.ts";

const PAGE: Answer = { status: 200, headers: { "content-type": "text/html" }, body: "<html><body>Sorry<br></body></html>" };
const REFUSALS: Readonly<Record<string, Answer>> = {
  "403": { status: 403, body: errorXml("AccessDenied") },
  "404": { status: 404, body: errorXml("NoSuchUpload") },
  "405": { status: 405, body: errorXml("MethodNotAllowed") },
  "501": { status: 501, body: errorXml("NotImplemented") },
  "an HTML page": PAGE,
};

interface Question {
  /** The ways of refusing that cost no more than the answer; the others are errors. */
  readonly harmless: readonly string[];
  readonly asks: (asked: Asked) => boolean;
  readonly answer: (asked: Asked) => Answer;
  readonly run: (store: Store) => Promise<void>;
  readonly says: string;
}

const LISTED = "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>k</Key><Size>1</Size></Contents></ListBucketResult>";
const DETAILS: Answer = { headers: { "content-length": "1", etag: '"e"' } };

async function keysOf(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of store.list({ prefix: "" })) keys.push(...page.map(({ key }) => key));
  return keys;
}

const QUESTIONS: Readonly<Record<string, Question>> = {
  "uploads of a key": {
    harmless: ["403", "404", "405", "501", "an HTML page"],
    asks: ({ target }) => /[?&]uploads\b/.test(target),
    answer: () => ({}),
    async run(store) {
      for await (const page of store.listUploads({ key: "k" })) assertEquals(page, []);
    },
    says: "not resumed",
  },
  "many deletes at once": {
    harmless: ["403", "405", "501"],
    asks: ({ method }) => method === "POST",
    answer: () => ({ status: 204 }),
    run: async (store) => assertEquals(await store.deleteObjects(["a", "b"]), []),
    says: "one by one",
  },
  "version 2 of the listing": {
    harmless: ["405", "501"],
    asks: ({ target }) => target.includes("list-type=2"),
    answer: () => ({ body: LISTED }),
    run: async (store) => assertEquals(await keysOf(store), ["k"]),
    says: "version 1",
  },
  "checksums at HEAD": {
    harmless: ["403", "405", "501"],
    asks: ({ headers }) => headers["x-amz-checksum-mode"] !== undefined,
    answer: () => DETAILS,
    run: async (store) => assertEquals((await store.head("k"))?.sizeBytes, 1),
    says: "x-amz-checksum-mode",
  },
};

for (const [name, { harmless, asks, answer, run, says }] of Object.entries(QUESTIONS)) {
  for (const how of harmless) {
    Deno.test(`${name}: refused with ${how}, the job goes on without, and says so once`, async () => {
      const server = await startScripted((asked) => asks(asked) ? REFUSALS[how]! : answer(asked));
      const account = { endpoint: server.endpoint, region: "us-east-1", accessKeyId: "id", secretAccessKey: "secret" };
      const ready = readyS3(account, "bucket");
      const notes: string[] = [];
      const onNote = (line: string) => void notes.push(line);
      const store = openRemoteStore(ready, () => Promise.resolve(ready.credentials), { timeoutMs: 5000, onNote });
      try {
        await run(store);
        const first = server.asked.filter(asks).length;
        await run(store);
        assertEquals([first, server.asked.filter(asks).length], [1, 1], "what was refused is not asked again");
        assertEquals(notes.length, 1);
        assert(notes[0]?.includes(says), notes[0]);
      } finally {
        store.close();
        await server.stop();
      }
    });
  }
}
