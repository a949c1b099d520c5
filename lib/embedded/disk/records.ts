/**
 * What is written on disk about an object, an unfinished upload and a part. Plain JSON; no behaviour but the short form of a record and
 * the form of times.
 */
import type { ChecksumAlgorithm, DigestAlgorithm, ObjectHeaders } from "../../types.ts";
import type { Piece } from "./layout.ts";

/** Times in milliseconds are whole seconds: HTTP and S3 carry no finer ones. */
export function wholeSeconds(nowMs: number): number {
  return Math.floor(nowMs / 1000) * 1000;
}

/** A digest of an object or a part, its value as responses carry it: with `-N` at its end where it is one over N parts. */
export interface StoredChecksum {
  readonly algorithm: DigestAlgorithm;
  readonly value: string;
  readonly type: "full" | "composite";
}

/** A part of an object that was put together from parts. */
export interface ObjectPart {
  readonly partNumber: number;
  readonly sizeBytes: number;
  readonly checksums: readonly StoredChecksum[];
  /** Decimal; absent when the dialect that took the bytes does not use it. */
  readonly crc64ecma?: string;
}

/** One version of one object. */
export interface ObjectRecord {
  /** Names this version: changed by every write of bytes, not by a change of tags. */
  readonly id: string;
  readonly key: string;
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  /** Whole seconds, see {@link wholeSeconds}. */
  readonly lastModifiedMs: number;
  readonly headers: ObjectHeaders;
  readonly checksums: readonly StoredChecksum[];
  readonly pieces: readonly Piece[];
  /** Absent for an object written by one PUT. */
  readonly parts?: readonly ObjectPart[];
  /** The upload that made it: a second Complete gets the same response as the first. */
  readonly uploadId?: string;
  /** Of all bytes, decimal; absent until a dialect that uses it asks. */
  readonly crc64ecma?: string;
  /** Set for a symbolic link of OSS, which has no bytes of its own: the key that it points to. */
  readonly symlinkTarget?: string;
  /** An archived object that was asked back: readable between these times. */
  readonly restored?: { readonly fromMs: number; readonly untilMs: number };
}

/** What a listing and a condition need of an object; one per object is held in memory. */
export interface IndexEntry {
  readonly key: string;
  readonly id: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly storageClass?: string;
  readonly checksum?: Pick<StoredChecksum, "algorithm" | "type">;
  readonly symlink?: true;
}

/** What was said when a multipart upload began. */
export interface UploadRecord {
  /** Later uploads have ids that sort behind earlier ones. */
  readonly uploadId: string;
  readonly key: string;
  readonly initiatedMs: number;
  readonly headers: ObjectHeaders;
  /** Checksum declared for the parts and the object. */
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly type: StoredChecksum["type"] };
}

/** A part of an unfinished upload. */
export interface PartRecord extends ObjectPart {
  /** Hex MD5 of its bytes. */
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly pieces: readonly Piece[];
}

/** The short form of a record. */
export function indexEntryOf(record: ObjectRecord): IndexEntry {
  const { key, id, sizeBytes, etag, lastModifiedMs } = record;
  const checksum = record.checksums[0];
  return {
    key,
    id,
    sizeBytes,
    etag,
    lastModifiedMs,
    ...(record.headers.storageClass !== undefined && { storageClass: record.headers.storageClass }),
    ...(checksum !== undefined && { checksum: { algorithm: checksum.algorithm, type: checksum.type } }),
    ...(record.symlinkTarget !== undefined && { symlink: true as const }),
  };
}
