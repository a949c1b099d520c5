/**
 * What must be known of a source object before it is moved: its headers, checksums, tags and part size, asked only where the job needs
 * them.
 */
import { isCompressed, ownHeaders } from "../bytes/local_source.ts";
import { TransferError } from "../errors.ts";
import type { ObjectDetails, Transfer } from "../types.ts";
import { encodeSource, findContentType } from "./content_type.ts";
import { type Carriage, carryHeaders } from "./headers.ts";
import { withRetries } from "../pace/retry.ts";
import { inSlot } from "../pace/slots.ts";
import type { Ledger, World } from "./world.ts";

/** One transfer's surroundings. */
export interface TransferWork {
  readonly world: World;
  readonly transfer: Transfer;
  readonly ledger: Ledger;
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
  const { key, versionId, etag } = transfer.source;
  const options = { signal, ...(versionId !== undefined && { versionId }) };
  const details = await withRetries(world, { bytes: 0, ledger: work.ledger, signal }, () => world.source.head(key, options));
  if (!details) throw new TransferError("notFound", `Cannot read ${world.source.label}: the object is gone since it was listed`, { key });
  if (etag !== undefined && details.etag !== etag) {
    throw new TransferError("sourceChanged", `The source changed after it was listed: ETag ${etag} became ${details.etag}`, { key });
  }
  if (details.archived) {
    const how = details.restoreWith === undefined ? "" : ` (${details.restoreWith})`;
    throw new TransferError("archived", `The object lies in ${details.storageClass}: restore it${how}, then run again`, { key });
  }
  return details;
}

/** Size of the source's first part, for objects uploaded in parts; undefined when the store does not tell. */
export async function readPartSize(work: TransferWork): Promise<number | undefined> {
  const { world, transfer, signal } = work;
  const { key, versionId } = transfer.source;
  const options = { partNumber: 1, signal, ...(versionId !== undefined && { versionId }) };
  try {
    return (await withRetries(world, { bytes: 0, ledger: work.ledger, signal }, () => world.source.head(key, options)))?.sizeBytes;
  } catch (error) {
    // A store that does not know part numbers on HEAD only costs us the layout.
    if (error instanceof TransferError && ["unsupported", "server", "notFound", "denied"].includes(error.kind)) return undefined;
    throw error;
  }
}

/** What the destination object shall carry; reads the source's tags when they go along. */
export async function readCarriage(work: TransferWork, details: ObjectDetails): Promise<Carriage> {
  const { world, transfer, signal, ledger } = work;
  const { headers: rules } = world.rules;
  let tags: Record<string, string> = {};
  if (details.tagCount > 0 && rules.tags === "copy" && rules.mode === "copy") {
    const { key, versionId } = transfer.source;
    const options = { signal, ...(versionId !== undefined && { versionId }) };
    tags = await withRetries(world, { bytes: 0, ledger, signal }, () => world.source.readTags(key, options));
  }
  const question = { rules: world.rules, local: world.wire.local, destinationKey: transfer.destinationKey, override: transfer.headers };
  return carryHeaders({
    details,
    found: work.contentType ?? await findContentType(question, transfer.source),
    gzip: isCompressed(transfer.source),
    tags,
    rules,
    override: transfer.headers,
    sourceIsLocal: world.sourceIsLocal,
    capabilities: world.destination.capabilities,
  });
}
