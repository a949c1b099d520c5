/** What must be known of a source object before it is moved: its encoding, details and parts, asked only where the job needs them. */
import { detailsOf } from "../bytes/local_source.ts";
import { cut, sizeOf } from "../bytes/part_layout.ts";
import { ruleOf, TransferError } from "../errors.ts";
import { compositeMd5, sameMark } from "../evidence/digest.ts";
import type { ObjectDetails, PartLayout, Transfer } from "../types.ts";
import { encodeSource } from "./content_type.ts";
import { cutAs } from "./layout.ts";
import { headSource, type TransferWork } from "./transfer_work.ts";

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
