/** Reports of earlier runs with wounds: what they tell as done was told by a whole line, and no line stops the reading. */
import { assert, assertEquals } from "@std/assert";
import { objectLine, readDoneKeys } from "../../lib/report/done_keys.ts";
import { type Chance, INHERITED, ODD_CHARACTERS } from "./chance.ts";
import { fuzz } from "./rounds.ts";
import { promiseOrOwnError } from "./verdict.ts";

const KEYS = ["a", "a b", 'qu"ote', "new\nline", "空", "back\\slash", ...INHERITED, ...ODD_CHARACTERS];

function manifestLine(key: string, outcome: string): string {
  return JSON.stringify({ type: "object", outcome, key, destinationKey: key, sizeBytes: 1 });
}

function lineOf(chance: Chance): { line: string; done: string | undefined } {
  const key = chance.pick(KEYS).toWellFormed();
  switch (chance.below(4)) {
    case 0:
      return { line: manifestLine(key, "done"), done: key };
    case 1:
      return { line: manifestLine(key, chance.pick(["failed", "planned", "skipped"])), done: undefined };
    case 2:
      return { line: `${chance.oneIn(2) ? "2026-01-01T00:00:00.000Z " : ""}${objectLine("/x y", key, chance.oneIn(2))}`, done: key };
    default:
      return { line: `INFO:s3-parallel-put[putter-1]:/p -> k${chance.below(9)}`, done: undefined };
  }
}

async function withFile<Value>(text: string | Uint8Array, use: (path: string) => Promise<Value>): Promise<Value> {
  const path = await Deno.makeTempFile({ prefix: "sluice-fuzz-" });
  try {
    await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

fuzz("every whole line of a report counts, whatever stands between", 300, async (chance) => {
  const lines: string[] = [];
  const done = new Set<string>();
  for (let count = 1 + chance.below(20); count > 0; count--) {
    const { line, done: key } = lineOf(chance);
    lines.push(line);
    if (key !== undefined) done.add(key);
    if (chance.oneIn(3)) lines.push(`x${chance.junk().replaceAll(/[\r\n\u2028\u2029]/g, "")}`);
  }
  const found = await withFile(lines.join(chance.pick(["\n", "\r\n"])), (path) => readDoneKeys([path]));
  for (const key of done) assert(found.has(key), JSON.stringify(key));
  for (const key of found) assert(done.has(key) || /^k\d$/.test(key), JSON.stringify(key));
});

fuzz("a wounded report stops nobody", 500, async (chance) => {
  const lines = Array.from({ length: 1 + chance.below(10) }, () => lineOf(chance).line);
  const found = await withFile(chance.mutate(lines.join("\n"), lines), (path) => promiseOrOwnError(() => readDoneKeys([path])));
  assert(found !== undefined, "a report that can be read was refused");
});

const KEPT: [string, string | Uint8Array][] = [
  ["an escape that JSON does not have", 'put "a" -> "b\\q"\n'],
  ["a control character in quotes", 'put "a" -> "b\x01"\n'],
  ["a line that is nothing but depth", "[{".repeat(200_000)],
  ["a deep record", `{"a":${"[".repeat(200_000)}`],
  ["an endless quoted word", `put "${"\\a".repeat(500_000)}\n`],
  ["an endless plain word", `put ${"a".repeat(1_000_000)}`],
  ["bytes that are no UTF-8", new Uint8Array(100_000).fill(0xff)],
  ["NUL bytes", new Uint8Array(100_000)],
];

for (const [what, text] of KEPT) {
  Deno.test(`a report with ${what} tells nothing and stops nobody`, async () => {
    const found = await withFile(
      typeof text === "string" ? `${manifestLine("first", "done")}\n${text}\n${manifestLine("last", "done")}\n` : text,
      (path) => readDoneKeys([path]),
    );
    assertEquals([...found], typeof text === "string" ? ["first", "last"] : []);
  });
}
