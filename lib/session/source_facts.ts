/**
 * What must be known of a source object before it is moved: its headers, checksums, tags and part size, asked only where the job needs
 * them.
 */
import { TransferError } from "../errors.ts";
import type { ObjectDetails, SourcePin, Transfer } from "../types.ts";
import { type Carriage, carryHeaders } from "./headers.ts";
import { withRetries } from "./retry.ts";
import type { Ledger, World } from "./world.ts";

/** One transfer's surroundings. */
export interface TransferWork {
  readonly world: World;
  readonly transfer: Transfer;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
}

/** The pin of a listed object: what it must still be while it is read. */
export function pinOf(source: Transfer["source"]): SourcePin {
  return {
    ...(source.etag !== undefined && { etag: source.etag }),
    ...(source.versionId !== undefined && { versionId: source.versionId }),
    ...(source.fileMark !== undefined && { fileMark: source.fileMark }),
  };
}

/** The details of a local file: nothing but what the listing told. */
export function localDetails(transfer: Transfer): ObjectDetails {
  return { ...transfer.source, headers: {}, checksums: [], tagCount: 0, etagMayBeMd5: false, archived: false };
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
    throw new TransferError("archived", `The object lies in ${details.storageClass}: restore it, then run again`, { key });
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
  return carryHeaders({
    details,
    tags,
    rules,
    override: transfer.headers,
    sourceIsLocal: world.sourceIsLocal,
    destinationKey: transfer.destinationKey,
    capabilities: world.destination.capabilities,
  });
}
