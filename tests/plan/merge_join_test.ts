import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { compareKeys } from "../../lib/bytes/key_order.ts";
import { type Disorder, type JoinSide, mergeJoin, type Pair } from "../../lib/plan/merge_join.ts";
import type { ObjectInfo } from "../../lib/types.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import { rounds, testSeed } from "../test_seed.ts";

const NEVER = new AbortController().signal;

function side(prefix: string, pages: readonly (readonly string[])[], error?: Error): JoinSide {
  return {
    prefix,
    label: `side ${prefix}`,
    async *list() {
      for (const page of pages) {
        await Promise.resolve();
        yield page.map((key) => ({ key: prefix + key, sizeBytes: 1 }));
      }
      if (error !== undefined) throw error;
    },
  };
}

async function joined(source: JoinSide, destination: JoinSide): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of mergeJoin(source, destination, { signal: NEVER })) {
    for (const pair of batch) lines.push(line(pair));
  }
  return lines;
}

function line(pair: Pair): string {
  return `${pair.source ? "S" : "-"}${pair.destination ? "D" : "-"} ${pair.relativeKey}`;
}

Deno.test("mergeJoin() pairs keys behind different prefixes, over page borders and empty pages", async () => {
  const source = side("in/", [["a"], [], ["b", "d"], ["e"]]);
  const destination = side("out/deep/", [[], ["b", "c"], ["e", "f"], []]);
  assertEquals(await joined(source, destination), ["S- a", "SD b", "-D c", "S- d", "SD e", "-D f"]);
});

Deno.test("mergeJoin() gives every key once and in order for random listings and pages", async () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const alphabet = ["a", "b", "/", "\ue000", "\u{1F600}", "."];
  function keys(): string[] {
    const all = new Set<string>();
    const count = Math.floor(random() * 40);
    while (all.size < count) all.add(Array.from({ length: 4 }, () => alphabet[Math.floor(random() * alphabet.length)]).join(""));
    return [...all].sort(compareKeys);
  }
  function paged(all: readonly string[]): string[][] {
    const pages: string[][] = [];
    for (let first = 0; first < all.length;) {
      const size = Math.floor(random() * 6);
      pages.push(all.slice(first, first + size));
      first += size;
    }
    return pages;
  }
  for (let round = 0; round < 300; round++) {
    const [left, right] = [keys(), keys()];
    const expected = [...new Set([...left, ...right])].sort(compareKeys)
      .map((key) => `${left.includes(key) ? "S" : "-"}${right.includes(key) ? "D" : "-"} ${key}`);
    assertEquals(await joined(side("x/", paged(left)), side("", paged(right))), expected, `seed ${seed}, round ${round}`);
  }
});

Deno.test("mergeJoin() throws what a listing throws and does not take it for the end", async () => {
  const torn = side("", [["a"], ["b"]], new TransferError("network", "Cannot list: connection reset"));
  await assertRejects(() => joined(torn, side("", [["a", "b", "c"]])), TransferError, "connection reset");
  await assertRejects(() => joined(side("", [["a", "b", "c"]]), torn), TransferError, "connection reset");
});

Deno.test("mergeJoin() refuses a listing that is out of order, tells a key twice or leaves its prefix", async () => {
  for (const pages of [[["b", "a"]], [["a"], ["a"]], [["\u{10000}"], ["\uffff"]]]) {
    await assertRejects(() => joined(side("", pages), side("", [])), TransferError, "not in byte order");
  }
  const stray: JoinSide = { ...side("", [["other"]]), prefix: "mine/" };
  await assertRejects(() => joined(stray, side("", [])), TransferError, "outside of the prefix");
});

Deno.test("mergeJoin() goes on with the source alone where a listing is in disorder and the caller allows it", async () => {
  const ordered = [["a", "b"], ["c", "d"]];
  const folders = [["a", "b/1"], ["b/2", "b-1"], ["c"]];
  const rows: [string, string[][], string[][], string[], string | undefined][] = [
    ["both in order", ordered, [["b"]], ["S- a", "SD b", "S- c", "S- d"], undefined],
    ["the source, on its first page", [["b", "a"], ["c"]], [["b"]], ["S? b", "S? a", "S? c"], "source a"],
    ["the source, later: what was paired stands", folders, [["a", "b/1"]], ["SD a", "SD b/1", "S? b/2", "S? b-1", "S? c"], "source b-1"],
    ["the destination, on its first page", ordered, [["d", "c"]], ["S? a", "S? b", "S? c", "S? d"], "destination c"],
    ["the destination, later", ordered, [["a", "b"], ["b"]], ["SD a", "SD b", "S? c", "S? d"], "destination b"],
    ["a key twice", [["a"], ["a", "b"]], [["a"]], ["SD a", "S? a", "S? b"], "source a"],
  ];
  for (const [what, source, destination, expected, noted] of rows) {
    const notes: string[] = [];
    const lines: string[] = [];
    const onDisorder = ({ label, key }: Disorder) => void notes.push(`${label} ${key}`);
    const sides = [{ ...side("", source), label: "source" }, { ...side("", destination), label: "destination" }] as const;
    for await (const batch of mergeJoin(...sides, { signal: NEVER, onDisorder })) {
      for (const pair of batch) lines.push(pair.unlisted ? `S? ${pair.relativeKey}` : line(pair));
    }
    assertEquals([lines, notes], [expected, noted === undefined ? [] : [noted]], what);
  }
});

Deno.test("mergeJoin() fires the signal and ends both listings when it is left early", async () => {
  const ended: string[] = [];
  function endless(name: string): JoinSide {
    return {
      prefix: "",
      label: name,
      async *list(signal) {
        try {
          for (let page = 0; !signal.aborted; page++) {
            await Promise.resolve();
            yield [{ key: String(page).padStart(9, "0"), sizeBytes: 1 }];
          }
        } finally {
          ended.push(name);
        }
      },
    };
  }
  for await (const _ of mergeJoin(endless("source"), endless("destination"), { signal: NEVER })) break;
  assertEquals(ended.sort(), ["destination", "source"]);
});

/** A million; fewer in the quick check. */
const MANY = Math.min(1000, rounds(1000)) * 1000;

Deno.test(`mergeJoin() walks ${MANY.toLocaleString("en")} keys on both sides with two pages of each in memory`, async () => {
  const keysAll = MANY;
  const pageKeys = 1000;
  let consumedPages = 0;
  let aheadMost = 0;
  function scripted(): JoinSide {
    return {
      prefix: "",
      label: "scripted",
      async *list() {
        for (let first = 0; first < keysAll; first += pageKeys) {
          aheadMost = Math.max(aheadMost, first / pageKeys - consumedPages);
          yield Array.from({ length: pageKeys }, (_, index) => scriptedObject(first + index));
        }
      },
    };
  }
  let pairs = 0;
  let heapMost = 0;
  for await (const batch of mergeJoin(scripted(), scripted(), { signal: NEVER })) {
    pairs += batch.length;
    consumedPages = Math.floor(pairs / pageKeys);
    heapMost = Math.max(heapMost, Deno.memoryUsage().heapUsed);
  }
  assertEquals(pairs, keysAll);
  assert(aheadMost <= 2, `a listing was ${aheadMost} pages ahead of the walk`);
  // Held, the two million objects would take some 400 MB.
  assert(heapMost < 150e6, `heap grew to ${heapMost}`);
});

function scriptedObject(index: number): ObjectInfo {
  const key = `folder/${String(index).padStart(12, "0")}-with-a-name-of-common-length.bin`;
  return { key, sizeBytes: index, etag: "0123456789abcdef0123456789abcdef", lastModifiedMs: index };
}
