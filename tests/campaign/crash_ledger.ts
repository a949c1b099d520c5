/**
 * What a run may not send again: works out how many bytes lie whole and provable at a destination, and how many a run has moved, counted on
 * the wire. Must never ask a run about itself.
 */
import { carriesObject, type Exchange, readsObject } from "../e2e/counting_proxy.ts";
import { type LyingPart, md5Of, type OpenUpload, type Place, type Snapshot } from "./place.ts";

const MIB = 1024 * 1024;

/** An object of the source with its bytes. */
export interface KnownObject {
  readonly key: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** As it was put at the source; undefined for a plain one. */
  readonly partBytes: number | undefined;
}

/** How a destination's parts are bound to the source. */
export type PartRule = "any size" | "kept or token" | "named";

/** How parts are bound between these two kinds of place. */
export function ruleFor(source: Place, destination: Place): PartRule {
  if (destination.kind === "folder") return "named";
  return source.kind === "folder" ? "any size" : "kept or token";
}

/** Bytes that the next run must not move: objects that are there, and parts of the upload that it will choose. */
export async function provableBytes(
  objects: readonly KnownObject[],
  source: Snapshot,
  after: Snapshot,
  destination: Place,
  rule: PartRule,
): Promise<number> {
  const open = await destination.openUploads(source.keys());
  let sum = 0;
  for (const object of objects) {
    if (after.get(object.key) === source.get(object.key)) {
      sum += object.bytes.length;
      continue;
    }
    const uploads: LyingPart[][] = [];
    for (const upload of open) if (upload.key === object.key) uploads.push(await partsOf(destination, upload, object.bytes.length));
    sum += provableParts(object, uploads, rule);
  }
  return sum;
}

/** An upload that ended while it was looked at holds nothing. */
async function partsOf(destination: Place, upload: OpenUpload, sizeBytes: number): Promise<LyingPart[]> {
  try {
    return await destination.parts(upload, sizeBytes);
  } catch (error) {
    if (error instanceof Error && (error.name === "NoSuchUpload" || error instanceof Deno.errors.NotFound)) return [];
    throw error;
  }
}

/**
 * Bytes that are the source's own in the upload that looks fullest: an upload is chosen by the numbers and sizes of its parts, before
 * their bytes are known. Of equals the one that holds least.
 */
export function provableParts(object: KnownObject, uploads: readonly (readonly LyingPart[])[], rule: PartRule): number {
  const looks = uploads.flatMap((parts) => {
    const partBytes = layoutOf(object, parts, rule);
    if (partBytes === undefined) return [];
    const fitting = parts.filter(({ partNumber, sizeBytes }) => sizeBytes === sizeAt(object.bytes.length, partBytes, partNumber));
    const good = fitting.filter(({ partNumber, sizeBytes, md5 }) => {
      const first = (partNumber - 1) * partBytes;
      return md5 === md5Of(object.bytes.subarray(first, first + sizeBytes));
    });
    return [{ fitting: sum(fitting), good: sum(good) }];
  });
  const most = Math.max(0, ...looks.map(({ fitting }) => fitting));
  return Math.min(...looks.filter(({ fitting }) => fitting === most).map(({ good }) => good), most);
}

/** The part size that explains most of the parts, where the rule lets it be ours; undefined for an upload that the rule refuses. */
function layoutOf({ bytes, partBytes }: KnownObject, parts: readonly LyingPart[], rule: PartRule): number | undefined {
  let best: number | undefined;
  let most = 0;
  for (const size of new Set(parts.map(({ sizeBytes }) => sizeBytes))) {
    if (size === 0 || (rule === "kept or token" && size % MIB === 0 && size !== partBytes)) continue;
    const fitting = parts.filter(({ partNumber, sizeBytes }) => sizeBytes === sizeAt(bytes.length, size, partNumber)).length;
    if (fitting < parts.length && parts.some(({ partNumber }) => partNumber > Math.ceil(bytes.length / size))) continue;
    if (fitting > most) [best, most] = [size, fitting];
  }
  return best;
}

function sizeAt(sizeBytes: number, partBytes: number, partNumber: number): number {
  return Math.max(0, Math.min(partBytes, sizeBytes - (partNumber - 1) * partBytes));
}

/** Bytes of objects that a destination refused to take: they are not there, whatever lay there before. */
export function refusedBytes(exchanges: readonly Exchange[]): number {
  return movedBytes(exchanges.filter(isRefused).map((exchange) => ({ ...exchange, status: 200 })), () => 0);
}

/** Bytes of objects that these requests have moved to the destination, or copied there on the server, but for those that it refused. */
export function movedBytes(exchanges: readonly Exchange[], sizeOf: (copySource: string) => number): number {
  return exchanges.reduce((total, exchange) => {
    const { head: { method, headers }, sentBytes } = exchange;
    if (method !== "PUT" || isRefused(exchange)) return total;
    const copied = headers.get("x-amz-copy-source") ?? headers.get("x-oss-copy-source");
    if (copied === undefined) return total + Number(headers.get("x-amz-decoded-content-length") ?? sentBytes);
    const range = /bytes=(\d+)-(\d+)/.exec(headers.get("x-amz-copy-source-range") ?? headers.get("x-oss-copy-source-range") ?? "");
    return total + (range ? Number(range[2]) - Number(range[1]) + 1 : sizeOf(copied));
  }, 0);
}

/** The store took none of these bytes, whether it said so or cut the line. */
function isRefused({ status }: Exchange): boolean {
  return status === undefined || status >= 300;
}

/** Bytes of objects that these requests have read. */
export function readBytes(exchanges: readonly Exchange[]): number {
  return exchanges.filter((exchange) => readsObject(exchange) && !carriesObject(exchange) && (exchange.status ?? 500) < 300)
    .reduce((total, { answeredBytes, answeredHeadBytes }) => total + answeredBytes - answeredHeadBytes, 0);
}

function sum(parts: readonly LyingPart[]): number {
  return parts.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
}
