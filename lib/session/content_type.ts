/**
 * Which content type an object gets, and whether its bytes are sent compressed because of it. Asks the source for its first bytes only
 * where the job says so and the name says nothing.
 */
import { asCompressed, isNode } from "../bytes/local_source.ts";
import type { HeaderRules, TransferRules } from "../job_types.ts";
import type { ObjectHeaders, ObjectInfo } from "../types.ts";
import type { LocalQuestions } from "../wire/wire.ts";

/** Bytes that are enough to know a format by: what file-type asks for. */
const PEEK_BYTES = 4100;

let types: Promise<{ getType(path: string): string | null }> | undefined;

/** The table of names' endings: loaded by the first name that is looked up. */
function mime() {
  return types ??= import("mime").then((module) => module.default);
}

/** What decides about one object. */
export interface ContentQuestion {
  readonly rules: Pick<TransferRules, "headers" | "gzip">;
  /** Absent for sources in a store. */
  readonly local: LocalQuestions | undefined;
  readonly destinationKey: string;
  readonly override: ObjectHeaders | undefined;
}

/** The content type that the bytes or the name of a source show; undefined when they show none. */
export async function findContentType({ rules, local, destinationKey }: ContentQuestion, source: ObjectInfo): Promise<string | undefined> {
  const guessed = await byName(rules.headers, destinationKey);
  if (guessed !== undefined || rules.headers.contentType !== "magic" || local === undefined) return guessed;
  if (!hasBytes(source)) return undefined;
  return await sniff(await local.peek({ key: source.key, pin: source, sizeBytes: source.sizeBytes }, PEEK_BYTES));
}

/** Not a folder or a link. */
function hasBytes(source: ObjectInfo): boolean {
  return !isNode(source) && !source.key.endsWith("/");
}

async function byName({ mimeTypes }: HeaderRules, key: string): Promise<string | undefined> {
  const extension = /\.([^./]+)$/.exec(key)?.[1]?.toLowerCase();
  const own = extension === undefined || mimeTypes === undefined ? undefined : mimeTypes.types[extension];
  return own ?? (await mime()).getType(key) ?? undefined;
}

/** What the object carries in the end: `found` is strongest where the job asks for it, and the last resort of a local file. */
export function chooseContentType(
  rules: HeaderRules,
  choices: { override: string | undefined; found: string | undefined; copied: string | undefined; sourceIsLocal: boolean },
): string | undefined {
  const { override, found, copied, sourceIsLocal } = choices;
  const asked = rules.contentType === undefined ? undefined : found;
  return override ?? asked ?? rules.set.contentType ?? copied ?? (sourceIsLocal ? found : undefined);
}

/**
 * The source as it is sent: compressed where the job's `gzip` names its content type. `measure` false leaves its size as it is on the disk.
 * Throws what opening the source throws.
 */
export async function encodeSource(
  question: ContentQuestion,
  source: ObjectInfo,
  { measure, signal }: { readonly measure: boolean; readonly signal: AbortSignal },
): Promise<{ source: ObjectInfo; contentType: string | undefined }> {
  const { rules, local, override } = question;
  const { gzip = [] } = rules;
  const contentType = await findContentType(question, source);
  const choices = { override: override?.contentType, found: contentType, copied: undefined, sourceIsLocal: true };
  const asks = gzip.includes("all") || gzip.includes(chooseContentType(rules.headers, choices) ?? "");
  if (!asks || local === undefined || !hasBytes(source)) return { source, contentType };
  const compressed = asCompressed(source);
  if (!measure) return { source: compressed, contentType };
  const request = { key: source.key, pin: compressed, sizeBytes: source.sizeBytes };
  return { source: { ...compressed, sizeBytes: await local.measure(request, signal) }, contentType };
}

/** By the first bytes: what file-type knows, else text if it is UTF-8 without NUL. */
async function sniff(bytes: Uint8Array): Promise<string | undefined> {
  if (bytes.length === 0) return undefined;
  const { fileTypeFromBuffer } = await import("file-type");
  const known = await fileTypeFromBuffer(bytes);
  if (known !== undefined) return known.mime;
  if (bytes.includes(0)) return undefined;
  let text: string;
  try {
    // The last character may be cut in two.
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
  return /^\s*<(?:!doctype html|html)/i.test(text) ? "text/html" : "text/plain";
}
