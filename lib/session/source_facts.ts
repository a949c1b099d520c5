/**
 * What must be known of a source object before it is moved, asked only where the job needs it: its encoding, details and parts; and what
 * the destination object shall carry: the source's headers, the job's rules over them, the hook's over those.
 */
import { detailsOf, isCompressed } from "../bytes/local_source.ts";
import { cut, sizeOf } from "../bytes/part_layout.ts";
import { ruleOf, TransferError } from "../errors.ts";
import { compositeMd5, sameMark } from "../evidence/digest.ts";
import type { HeaderRules } from "../job_types.ts";
import type { ObjectDetails, ObjectHeaders, PartLayout, Transfer } from "../types.ts";
import { chooseContentType, encodeSource, findContentType } from "./content_type.ts";
import { cutAs } from "./layout.ts";
import { headSource, retrying, type TransferWork } from "./transfer_work.ts";

/** The transfer with its source as it is sent: compressed where the job says so. A pass over the source, then. */
export async function prepareSource(work: TransferWork): Promise<TransferWork> {
  const { world: { wire: { questions: local }, rules, destinationIsLocal, slots }, transfer, signal } = work;
  const asks = (rules.gzip?.length ?? 0) > 0 || rules.headers.contentType === "magic";
  if (local === undefined || destinationIsLocal || !asks) return work;
  const question = { rules, local, destinationKey: transfer.destinationKey, override: transfer.headers };
  const encode = () => encodeSource(question, transfer.source, { measure: true, signal });
  const { source, contentType } = await slots.objects.hold(signal, encode);
  return { ...work, transfer: { ...transfer, source }, contentType };
}

/** HEAD of the source, which must still be the planned version. Throws `notFound`, `sourceChanged` or `archived`. */
export async function readDetails(work: TransferWork): Promise<ObjectDetails> {
  const { world, transfer: { source } } = work;
  const { key } = source;
  if (world.sourceIsLocal) return detailsOf(source);
  const details = await headSource(work);
  if (!details) throw new TransferError("notFound", `Cannot read ${world.source.label}: the object is gone since it was listed`, { key });
  checkUnchanged(source, details);
  if (details.archived) {
    const how = details.restoreWith === undefined ? "" : ` (${details.restoreWith})`;
    throw new TransferError("archived", `The object lies in ${details.storageClass}: restore it${how}, then run again`, { key });
  }
  return details;
}

/** Throws `sourceChanged` for another version than was listed. A HEAD without an ETag says nothing of that but its size. */
function checkUnchanged({ key, etag, sizeBytes }: Transfer["source"], details: ObjectDetails): void {
  const changed = (how: string) => new TransferError("sourceChanged", `The source changed after it was listed: ${how}`, { key });
  if (details.etag === undefined && details.sizeBytes !== sizeBytes) throw changed(`${sizeBytes} bytes became ${details.sizeBytes}`);
  if (etag === undefined || details.etag === undefined || sameMark(etag, details.etag)) return;
  throw changed(`ETag ${etag} became ${details.etag}`);
}

/** HEADs of single parts that run at once. */
const PART_HEADS_AT_ONCE = 8;

/**
 * How the source was cut when it was uploaded: by HEAD of its first and last part, and of every part where these two show that the sizes
 * are not all equal, or where `every` asks for it. Undefined for objects of one piece, and where the store does not say.
 */
export async function readSourceParts(work: TransferWork, details: ObjectDetails, every = false): Promise<PartLayout | undefined> {
  const { checksums, sizeBytes } = details;
  const count = compositeMd5(checksums)?.parts ?? 0;
  if (count <= 1) return count === 1 ? cut(sizeBytes, sizeBytes) : undefined;
  const [first, last] = await Promise.all([readPartSize(work, 1), readPartSize(work, count)]);
  // Some stores return the whole object, whatever part is asked for.
  if (first === undefined || last === undefined || first >= sizeBytes || first === 0) return undefined;
  const equal = cut(sizeBytes, first);
  if (!every && equal.partCount === count && sizeOf(equal, count) === last) return equal;
  const sizes = [first];
  for (let next = 2; next < count; next += PART_HEADS_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(PART_HEADS_AT_ONCE, count - next) }, (_, index) => next + index);
    for (const size of await Promise.all(numbers.map((partNumber) => readPartSize(work, partNumber)))) {
      if (size === undefined || size === 0) return undefined;
      sizes.push(size);
    }
  }
  const layout = cutAs([...sizes, last]);
  return layout.sizeBytes === sizeBytes ? layout : undefined;
}

async function readPartSize(work: TransferWork, partNumber: number): Promise<number | undefined> {
  try {
    return (await headSource(work, partNumber))?.sizeBytes;
  } catch (error) {
    // A store that does not know part numbers on HEAD only costs us the layout.
    if (ruleOf(error).refusal !== "no") return undefined;
    throw error;
  }
}

/** What a source happens to carry and a destination may refuse: how a refusal names it, and how people do. */
const COPIED_ALONG = [
  { name: "storageClass", refusal: /storage.?class/i, words: ({ storageClass }: ObjectHeaders) => `storage class ${storageClass}` },
  { name: "tags", refusal: /tag|NotImplemented/i, words: ({ tags = {} }: ObjectHeaders) => `${Object.keys(tags).length} tags` },
] as const;

/** Headers to send, and what does not go along; shrinks when the destination refuses something that the source happened to carry. */
export class TargetHeaders {
  headers: ObjectHeaders;
  readonly notCarried: string[];
  readonly #asked: ObjectHeaders;

  constructor(headers: ObjectHeaders, notCarried: string[], asked: ObjectHeaders) {
    this.headers = headers;
    this.notCarried = notCarried;
    this.#asked = asked;
  }

  /** Drops what this refusal is about; false when nothing that was only copied along can explain it. */
  reduce(error: TransferError): boolean {
    if (ruleOf(error).afterWrite !== "reduce") return false;
    const text = `${error.code} ${error.message}`;
    const refused = COPIED_ALONG.find(({ name, refusal }) =>
      this.headers[name] !== undefined && this.#asked[name] === undefined && refusal.test(text)
    );
    if (refused === undefined) return false;
    this.notCarried.push(`${refused.words(this.headers)}: the destination refuses ${refused.name === "tags" ? "them" : "it"}`);
    this.headers = { ...this.headers };
    delete this.headers[refused.name];
    return true;
  }
}

/** What the destination object shall carry; reads the source's tags when they go along. */
export async function readTargetHeaders(work: TransferWork, details: ObjectDetails): Promise<TargetHeaders> {
  const { world, transfer: { source, destinationKey, headers: override } } = work;
  const { sourceIsLocal, rules: { headers: rules } } = world;
  const notCarried: string[] = [];
  const headers: ObjectHeaders = rules.mode === "copy" ? copied(details) : {};
  const copiedType = headers.contentType;
  const own = typeof rules.tags === "object" ? { tags: { ...rules.tags } } : {};
  const tags = own.tags ?? await readTags(work, details.tagCount, notCarried);
  if (tags !== undefined) headers.tags = tags;
  lay(headers, rules.set);
  if (override) lay(headers, override);
  // Between stores the type is copied, unless the job asks for that of the name.
  const asks = sourceIsLocal || rules.contentType !== undefined;
  const question = { rules: world.rules, local: world.wire.questions, destinationKey, override };
  const found = work.contentType ?? (asks ? await findContentType(question, source) : undefined);
  const contentType = chooseContentType(rules, { override: override?.contentType, found, copied: copiedType, sourceIsLocal });
  if (contentType !== undefined) headers.contentType = contentType;
  if (isCompressed(source)) headers.contentEncoding = "gzip";
  if (headers.tags && !world.destination.capabilities.tags) {
    notCarried.push(`${Object.keys(headers.tags).length} tags: the destination has none`);
    delete headers.tags;
  }
  return new TargetHeaders(headers, notCarried, { ...rules.set, ...own, ...override });
}

/** The source's tags, where they go along; what cannot be read is reported as not carried. */
async function readTags(work: TransferWork, tagCount: number, notCarried: string[]): Promise<Record<string, string> | undefined> {
  const { world, transfer: { source: { key, versionId } }, signal } = work;
  const { headers: rules } = world.rules;
  // A destination that has no tags needs none read.
  if (tagCount === 0 || rules.tags !== "copy" || rules.mode !== "copy" || world.destinationIsLocal) return undefined;
  if (!world.destination.capabilities.tags) {
    notCarried.push(`${tagCount} tags: the destination has none`);
    return undefined;
  }
  try {
    const tags = await retrying(work, () => world.source.readTags(key, { versionId, signal }));
    return Object.keys(tags).length > 0 ? tags : undefined;
  } catch (error) {
    if (ruleOf(error).refusal === "no") throw error;
    notCarried.push(`${tagCount} tags: the source does not let them be read (tags = none does not ask for them)`);
    return undefined;
  }
}

/** True when the rules leave everything as the source has it, so that a server-side copy needs no headers. */
export function leavesHeaders(rules: HeaderRules, override: ObjectHeaders | undefined): boolean {
  return rules.mode === "copy" && rules.contentType === undefined && rules.tags === "copy" && Object.keys(rules.set).length === 0 &&
    override === undefined;
}

function copied({ headers, storageClass = headers.storageClass }: ObjectDetails): ObjectHeaders {
  // Encryption and access belong to the destination's own rules; ACLs are not readable from a HEAD at all.
  const { sse: _sse, kmsKeyId: _key, acl: _acl, tags: _tags, storageClass: _class, ...rest } = headers;
  return storageClass === undefined || storageClass === "STANDARD" ? rest : { ...rest, storageClass };
}

function lay(headers: ObjectHeaders, over: ObjectHeaders): void {
  const metadata = over.metadata ? { ...headers.metadata, ...over.metadata } : headers.metadata;
  Object.assign(headers, over);
  if (metadata) headers.metadata = metadata;
}
