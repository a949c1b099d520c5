/**
 * What must be known of a source object before it is moved: its headers, checksums, tags and part size, asked only where the job needs
 * them.
 */
import { isCompressed, ownHeaders } from "../bytes/local_source.ts";
import { ruleOf, TransferError } from "../errors.ts";
import { compositeMd5 } from "../evidence/digest.ts";
import { sameMark } from "../evidence/mark.ts";
import type { ObjectDetails, PartLayout, Transfer } from "../types.ts";
import { encodeSource, findContentType } from "./content_type.ts";
import type { Habits } from "./habits.ts";
import { type TargetHeaders, targetHeaders } from "./headers.ts";
import { cut, sizeOf } from "../bytes/part_layout.ts";
import { cutAs } from "./layout.ts";
import { withRetries } from "../pace/retry.ts";
import { inSlot } from "../pace/slots.ts";
import type { Ledger, World } from "./world.ts";

/** One transfer's surroundings. */
export interface TransferWork {
  readonly world: World;
  readonly transfer: Transfer;
  readonly ledger: Ledger;
  readonly habits: Habits;
  readonly signal: AbortSignal;
  /** What the source's name or bytes tell, where that was asked for already. */
  readonly contentType?: string | undefined;
}

/** The transfer with its source as it is sent: compressed where the job says so. A pass over the source, then. */
export async function prepareSource<Work extends TransferWork>(work: Work): Promise<Work> {
  const { world, transfer, signal } = work;
  const { local } = world.wire;
  const asks = (world.rules.gzip?.length ?? 0) > 0 || world.rules.headers.contentType === "magic";
  if (local === undefined || world.destinationIsLocal || !asks) return work;
  const { destinationKey } = transfer;
  const question = { rules: world.rules, local, destinationKey, override: transfer.headers };
  const encode = () => encodeSource(question, transfer.source, { measure: true, signal });
  const { source, contentType } = await inSlot(world.slots.objects, signal, encode);
  return { ...work, transfer: { ...transfer, source }, contentType };
}

/** The details of a local file: nothing but what the listing told. */
export function localDetails(transfer: Transfer): ObjectDetails {
  const { source } = transfer;
  return { ...source, headers: ownHeaders(source), checksums: [], tagCount: 0, archived: false };
}

/** HEAD of the source, which must still be the planned version. Throws `notFound`, `sourceChanged` or `archived`. */
export async function readDetails(work: TransferWork): Promise<ObjectDetails> {
  const { world, transfer, signal } = work;
  if (world.sourceIsLocal) return localDetails(transfer);
  const { key, versionId } = transfer.source;
  const options = { signal, ...(versionId !== undefined && { versionId }) };
  const details = await withRetries(world, { bytes: 0, ledger: work.ledger, signal }, () => world.source.head(key, options));
  if (!details) throw new TransferError("notFound", `Cannot read ${world.source.label}: the object is gone since it was listed`, { key });
  checkUnchanged(transfer.source, details);
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
export async function readSourceParts(
  work: TransferWork,
  { checksums, sizeBytes }: ObjectDetails,
  every = false,
): Promise<PartLayout | undefined> {
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
  sizes.push(last);
  const layout = cutAs(sizes);
  return layout.sizeBytes === sizeBytes ? layout : undefined;
}

async function readPartSize(work: TransferWork, partNumber: number): Promise<number | undefined> {
  const { world, transfer, signal } = work;
  const { key, versionId } = transfer.source;
  const options = { partNumber, signal, ...(versionId !== undefined && { versionId }) };
  try {
    return (await withRetries(world, { bytes: 0, ledger: work.ledger, signal }, () => world.source.head(key, options)))?.sizeBytes;
  } catch (error) {
    // A store that does not know part numbers on HEAD only costs us the layout.
    if (ruleOf(error).refusal !== "no") return undefined;
    throw error;
  }
}

/** The source's tags, where they go along; what cannot be read is reported as not carried. */
async function readTags({ world, transfer, signal, ledger }: TransferWork, tagCount: number, notCarried: string[]) {
  const { headers: rules } = world.rules;
  // A destination that has no tags needs none read.
  if (tagCount === 0 || rules.tags !== "copy" || rules.mode !== "copy" || world.destinationIsLocal) return {};
  if (!world.destination.capabilities.tags) {
    notCarried.push(`${tagCount} tags: the destination has none`);
    return {};
  }
  const { key, versionId } = transfer.source;
  const options = { signal, ...(versionId !== undefined && { versionId }) };
  try {
    return await withRetries(world, { bytes: 0, ledger, signal }, () => world.source.readTags(key, options));
  } catch (error) {
    if (ruleOf(error).refusal === "no") throw error;
    notCarried.push(`${tagCount} tags: the source does not let them be read (tags = none does not ask for them)`);
    return {};
  }
}

/** What the destination object shall carry; reads the source's tags when they go along. */
export async function readTargetHeaders(work: TransferWork, details: ObjectDetails): Promise<TargetHeaders> {
  const { world, transfer } = work;
  const { headers: rules } = world.rules;
  const notCarried: string[] = [];
  const tags = await readTags(work, details.tagCount, notCarried);
  const question = { rules: world.rules, local: world.wire.local, destinationKey: transfer.destinationKey, override: transfer.headers };
  const asks = world.sourceIsLocal || rules.contentType !== undefined;
  return targetHeaders({
    details,
    // Between stores the type is copied, unless the job asks for that of the name.
    found: work.contentType ?? (asks ? await findContentType(question, transfer.source) : undefined),
    gzip: isCompressed(transfer.source),
    tags,
    notCarried,
    rules,
    override: transfer.headers,
    sourceIsLocal: world.sourceIsLocal,
    capabilities: world.destination.capabilities,
  });
}
