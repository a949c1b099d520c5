/**
 * Bodies of answers that are read into memory: a store may make them as long and as slow as it likes. Must never hold more than the limit,
 * never wait for ever, and never hand on XML that brings entities of its own.
 */
import { Buffer } from "node:buffer";
import { ANSWER_BYTES_MAX, ANSWER_PATIENCE, ANSWER_TAGS_MAX, MIB } from "../limits.ts";
import { UnreadableAnswer } from "../bytes/network_failure.ts";

/** A body as node:http gives it. */
export interface NodeBody extends AsyncIterable<Uint8Array> {
  destroy(error?: Error): unknown;
}

/**
 * All of an answer to a control request. Throws {@link UnreadableAnswer} where it is longer than any store's or never ends; `timeoutMs` is
 * the time limit of the request.
 */
export async function readWhole(body: NodeBody, timeoutMs: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let why: string | undefined;
  const giveUp = (reason: string) => {
    why ??= reason;
    body.destroy();
  };
  const limitMs = timeoutMs * ANSWER_PATIENCE;
  const timer = setTimeout(() => giveUp(`the answer is not over after ${Math.round(limitMs / 1000)} s`), limitMs);
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes <= ANSWER_BYTES_MAX) chunks.push(chunk);
      else giveUp(`the answer is longer than ${ANSWER_BYTES_MAX / MIB} MiB`);
      if (why !== undefined) break;
    }
  } catch (error) {
    if (why === undefined) throw error;
  } finally {
    clearTimeout(timer);
  }
  if (why !== undefined) throw new UnreadableAnswer(why);
  return Buffer.concat(chunks);
}

const LESS_THAN = 0x3c;
const KNOWN_ENTITIES = new Set(["amp", "lt", "gt", "quot", "apos"]);

/**
 * Looks at XML before any parser does: those of the SDKs pass over document types, take entities of other names for what their own objects
 * inherit, read references beyond Unicode as NUL, and take any word but `true` for the end of a listing. Answers why it must not be parsed;
 * undefined when nothing speaks against it.
 */
export function xmlFlaw(xml: Uint8Array): string | undefined {
  let tags = 0;
  for (let at = xml.indexOf(LESS_THAN); at >= 0; at = xml.indexOf(LESS_THAN, at + 1)) tags++;
  if (tags > ANSWER_TAGS_MAX) return `the answer has more than ${ANSWER_TAGS_MAX} tags`;
  const text = Buffer.from(xml.buffer, xml.byteOffset, xml.byteLength).toString("latin1");
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) return "the answer declares a document type, which no store does";
  if (/<IsTruncated>(?!(?:true|false)<)/.test(text)) return "the answer does not say whether more follows";
  for (const [, name = ""] of text.matchAll(/&([#A-Za-z_][^;&<]{0,32});/g)) {
    if (!isKnownReference(name)) return "the answer refers to a character that is none";
  }
  return undefined;
}

function isKnownReference(name: string): boolean {
  if (!name.startsWith("#")) return KNOWN_ENTITIES.has(name);
  const digits = /^#(?:x([0-9A-Fa-f]+)|([0-9]+))$/.exec(name);
  if (digits === null) return false;
  const point = digits[1] === undefined ? Number(digits[2]) : parseInt(digits[1], 16);
  return point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
}
