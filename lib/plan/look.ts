/**
 * The closer look at two objects of the same size: asks both stores for what they keep (checksums, ETags that are MD5, part size), has
 * local files digested by a callback, and compares what is comparable. Never reads the bytes of an object in a store: that would cost as
 * much as copying it.
 */
import { isMadeOfFile } from "../bytes/local_source.ts";
import type { Checksum, DigestAlgorithm, Digests, ObjectDetails, ObjectInfo, Range, Side } from "../types.ts";
import type { Store } from "../store/store.ts";
import { combineMd5, compositeMd5, fullValue, sameDigest, sameForm } from "../evidence/digest.ts";
import { type CompareMode, compareTimes, type Decision } from "./compare.ts";

/** What is to be digested: bytes `range` of a local file; `range` is absent for an empty one. */
export interface DigestRequest {
  readonly side: Side;
  readonly object: ObjectInfo;
  readonly range?: Range;
  readonly algorithms: readonly DigestAlgorithm[];
}

/** Reads a local file and returns the digests asked for, in the form that {@link Checksum} names. Throws TransferError. */
export type DigestReader = (request: DigestRequest, signal: AbortSignal) => Promise<Digests>;

/** Both stores, and which of them hold local files. */
export interface LookStores {
  readonly source: Store;
  readonly destination: Store;
  readonly localSides: readonly Side[];
  /** Absent: local files have nothing to compare. An algorithm that it leaves out is one that it cannot compute. */
  readonly digest?: DigestReader;
}

/** What is known of one side. */
interface Looked {
  readonly side: Side;
  readonly store: Store;
  readonly details: ObjectDetails;
  readonly local: boolean;
}

/** Full digests in the order of trust and cost, for a file compared with what a store keeps. */
const DIGEST_ORDER: readonly DigestAlgorithm[] = ["crc64nvme", "sha256", "md5", "crc32c", "crc32", "sha1", "crc64ecma"];

/**
 * Decides what a listing could not. Nothing comparable: `checksum` copies the object ("always"), `auto` goes by time. An object that
 * changed or vanished since it was listed is copied, and the transfer says what is the matter.
 */
export async function resolveByChecksum(
  mode: CompareMode,
  source: ObjectInfo,
  destination: ObjectInfo,
  stores: LookStores,
  signal: AbortSignal,
): Promise<Decision> {
  const [left, right] = await Promise.all([
    isMadeOfFile(source)
      ? asDetails(source)
      : stores.source.head(source.key, { ...(source.versionId !== undefined && { versionId: source.versionId }), signal }),
    stores.destination.head(destination.key, { signal }),
  ]);
  if (left === undefined) return { action: "transfer", reason: "always" };
  if (right === undefined) return { action: "transfer", reason: "missing" };
  if (left.sizeBytes !== right.sizeBytes) return { action: "transfer", reason: "size differs" };
  const sameness = await compareLooked(
    { side: "source", store: stores.source, details: left, local: stores.localSides.includes("source") },
    { side: "destination", store: stores.destination, details: right, local: stores.localSides.includes("destination") },
    stores.digest,
    signal,
  );
  if (sameness === "same") return { action: "skip", reason: "same checksum" };
  if (sameness === "different") return { action: "transfer", reason: "checksum differs" };
  return mode === "auto" ? compareTimes(source, destination) : { action: "transfer", reason: "always" };
}

function asDetails(source: ObjectInfo): ObjectDetails {
  return { ...source, headers: {}, checksums: [], tagCount: 0, archived: false };
}

type Sameness = "same" | "different" | "unknown";

async function compareLooked(
  left: Looked,
  right: Looked,
  digest: DigestReader | undefined,
  signal: AbortSignal,
): Promise<Sameness> {
  if (left.local && right.local) return digest === undefined ? "unknown" : await compareFiles(left, right, digest, signal);
  if (left.local) return digest === undefined ? "unknown" : await compareFileWithStored(left, right, digest, signal);
  if (right.local) return digest === undefined ? "unknown" : await compareFileWithStored(right, left, digest, signal);
  const stored = compareStored(left.details.checksums, right.details.checksums);
  return stored !== "unknown" ? stored : await compareMultipart(left, right, signal);
}

/** Equal values of one algorithm and form prove sameness; only full ones prove difference, as composite ones depend on the part size. */
function compareStored(left: readonly Checksum[], right: readonly Checksum[]): Sameness {
  let sameness: Sameness = "unknown";
  for (const one of left) {
    const other = right.find((candidate) => sameForm(one, candidate));
    if (other === undefined) continue;
    if (one.value === other.value) sameness = "same";
    else if (one.type === "full") return "different";
  }
  return sameness;
}

/** Different MD5s of equally many part MD5s prove other bytes when the first parts have the same size. */
async function compareMultipart(left: Looked, right: Looked, signal: AbortSignal): Promise<Sameness> {
  const leftMd5 = compositeMd5(left.details.checksums);
  const rightMd5 = compositeMd5(right.details.checksums);
  if (leftMd5 === undefined || rightMd5 === undefined || leftMd5.parts !== rightMd5.parts) return "unknown";
  const [leftPart, rightPart] = await Promise.all([firstPartBytes(left, signal), firstPartBytes(right, signal)]);
  return leftPart !== undefined && leftPart === rightPart ? "different" : "unknown";
}

/** Size of part 1 as HEAD with partNumber=1 says; undefined where the store returns the whole object instead. */
async function firstPartBytes(looked: Looked, signal: AbortSignal): Promise<number | undefined> {
  const part = await looked.store.head(looked.details.key, { partNumber: 1, signal });
  const parts = compositeMd5(looked.details.checksums)?.parts ?? 0;
  if (part === undefined || (parts > 1 && part.sizeBytes >= looked.details.sizeBytes)) return undefined;
  return part.sizeBytes;
}

async function compareFiles(left: Looked, right: Looked, digest: DigestReader, signal: AbortSignal): Promise<Sameness> {
  const [one, other] = await Promise.all([left, right].map((file) => digestWhole(file, "sha256", digest, signal)));
  if (one === undefined || other === undefined) return "unknown";
  return one === other ? "same" : "different";
}

async function compareFileWithStored(file: Looked, stored: Looked, digest: DigestReader, signal: AbortSignal): Promise<Sameness> {
  for (const algorithm of DIGEST_ORDER) {
    const kept = fullValue(stored.details.checksums, algorithm);
    const value = kept === undefined ? undefined : await digestWhole(file, algorithm, digest, signal);
    if (value !== undefined) return value === kept ? "same" : "different";
  }
  const md5 = compositeMd5(stored.details.checksums);
  if (md5 === undefined) return "unknown";
  const partBytes = await firstPartBytes(stored, signal);
  if (partBytes === undefined || Math.ceil(file.details.sizeBytes / partBytes) !== md5.parts) return "unknown";
  const computed = await multipartMd5(file, partBytes, digest, signal);
  if (computed === undefined) return "unknown";
  return sameDigest(computed, md5) ? "same" : "different";
}

/** The MD5 of the MD5s of parts of this size. */
async function multipartMd5(file: Looked, partBytes: number, digest: DigestReader, signal: AbortSignal): Promise<Checksum | undefined> {
  const parts: (string | undefined)[] = [];
  for (let first = 0; first < file.details.sizeBytes; first += partBytes) {
    const range = { first, last: Math.min(first + partBytes, file.details.sizeBytes) - 1 };
    const digests = await digest({ side: file.side, object: file.details, range, algorithms: ["md5"] }, signal);
    parts.push(digests.md5);
  }
  return combineMd5(parts);
}

async function digestWhole(
  file: Looked,
  algorithm: DigestAlgorithm,
  digest: DigestReader,
  signal: AbortSignal,
): Promise<string | undefined> {
  const range = file.details.sizeBytes === 0 ? {} : { range: { first: 0, last: file.details.sizeBytes - 1 } };
  const digests = await digest({ side: file.side, object: file.details, ...range, algorithms: [algorithm] }, signal);
  return digests[algorithm];
}
