/** What reports of earlier runs name as done; other lines say nothing. Must never take a planned or skipped object for a done one. */
import { TextDecoding } from "../bytes/text.ts";
import { reasonOf, TransferError } from "../errors.ts";

/** An INFO line of s3-parallel-put for an object that was sent as it is: path and key without blanks. */
const PARALLEL_PUT = /^INFO:s3-parallel-put\[putter-\d+\]:\S+\s+->\s+(\S+)\s*$/;
/** A line of {@link objectLine}, with or without the time in front. */
const OWN = /^(?:\d{4}-\d\d-\d\dT[\d:.]+Z )?put (?:"(?:[^"\\]|\\.)*"|[^\s"]+) [-z]> ("(?:[^"\\]|\\.)*"|[^\s"]+)$/;

/** A longer line is not one of a report: keys have 1,024 bytes at most. */
const LINE_CHARS_MAX = 256 * 1024;

/** The log line of one object that arrived; {@link readDoneKeys} reads it. `z>`: it was compressed on the way. */
export function objectLine(path: string, destinationKey: string, gzip: boolean): string {
  return `put ${word(path)} ${gzip ? "z" : "-"}> ${word(destinationKey)}`;
}

/** The destination keys that these files name as done. Throws TransferError `config` for a file that cannot be read. */
export async function readDoneKeys(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for (const path of paths) {
    try {
      for await (const line of linesOf(path)) {
        const key = doneKey(line);
        if (key !== undefined) keys.add(key);
      }
    } catch (error) {
      throw new TransferError("config", `Cannot read ${path}, which says what was done before: ${reasonOf(error)}`, { cause: error });
    }
  }
  return keys;
}

/** Lines as they were written: node:readline would also end them at U+2028, which may stand in a key. Endless ones are skipped. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const decoding = new TextDecoding(path, { lossy: true });
  // A line with bytes that are not text says nothing: the object is sent again, which never harms.
  const isText = (line: string) => !(decoding.damaged && line.includes("\ufffd"));
  let rest = "";
  let tooLong = false;
  const take = function* (text: string): Generator<string> {
    const [first = "", ...more] = text.split("\n");
    rest = tooLong ? "" : rest + first;
    for (const next of more) {
      if (!tooLong && isText(rest)) yield rest.replace(/\r$/, "");
      rest = next;
      tooLong = false;
    }
    if (rest.length > LINE_CHARS_MAX) tooLong = true;
  };
  for await (const chunk of (await Deno.open(path)).readable) yield* take(decoding.push(chunk, false));
  yield* take(decoding.push(new Uint8Array(0), true));
  if (!tooLong && isText(rest)) yield rest;
}

function doneKey(line: string): string | undefined {
  if (line.startsWith("{")) {
    const { type, outcome, destinationKey } = Object(parsed(line)) as Readonly<Record<string, unknown>>;
    return type === "object" && outcome === "done" && typeof destinationKey === "string" ? destinationKey : undefined;
  }
  const own = OWN.exec(line)?.[1];
  if (own !== undefined) return own.startsWith('"') ? parsed(own) as string | undefined : own;
  // It logged a slash in front of keys without a prefix and sent none, and its library sent double ones as one.
  return PARALLEL_PUT.exec(line)?.[1]?.replaceAll(/\/{2,}/g, "/").replace(/^\//, "");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A name as one word: quoted where a blank or a quote in it would end it, or where it could be taken for something else. */
function word(name: string): string {
  return /^[^\s"\p{Cc}]+$/u.test(name) ? name : JSON.stringify(name);
}
