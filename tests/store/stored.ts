/** What a bucket in memory holds. */
import type { CreateUploadOptions } from "../../lib/store/store.ts";
import type { Checksum, ObjectHeaders, ObjectInfo, PartInfo, UploadInfo } from "../../lib/types.ts";

/** Whoever is no run of the job. */
export const SOMEBODY = "somebody";

/** An object as it is stored. */
export interface Stored<C> {
  readonly content: C;
  readonly etag: string;
  readonly lastModifiedMs: number;
  readonly checksums: readonly Checksum[];
  /** Size of the first part of an object uploaded in parts; 0 for others. */
  readonly partSizeBytes: number;
  /** Of all its parts, where they are unequal. */
  readonly partSizes?: readonly number[];
  /** With its tags. */
  readonly headers: ObjectHeaders;
  /** HEAD says that the ETag is no MD5. */
  readonly opaque?: true;
  /** HEAD knows it, listings do not: a folder of a disk. */
  readonly unlisted?: true;
  /** What listings and HEAD say otherwise than follows from the rest. */
  readonly shown?: Partial<ObjectInfo>;
}

/** Options of {@link MemoryBucket.put}. */
export interface PutOptions extends Partial<Omit<Stored<unknown>, "content">> {
  /** Default: somebody. */
  by?: string;
  /** It came with a CRC32. */
  checksum?: boolean;
  tags?: Record<string, string>;
}

/** A part as it is stored, and what the listing says of it, which may be a lie. */
export interface StoredPart<C> {
  readonly content: C;
  readonly info: PartInfo;
  readonly storedMs: number;
  /** Listed, but Complete will not find it. */
  readonly lost: boolean;
  /** Of its sender only a piece came, and the listing says that it is whole. */
  readonly half: boolean;
  /** A byte changed on its way. */
  readonly flipped: boolean;
}

/** An unfinished upload. */
export interface StoredUpload<C> extends UploadInfo {
  readonly headers: ObjectHeaders;
  readonly declared: CreateUploadOptions["checksum"];
  /** The layout token that the creator bound it to; a foreign upload has none. */
  readonly boundTo: string | undefined;
  /** The part size that the creator named. */
  readonly layoutBytes: number | undefined;
  /** Who created it, and when by the world's clock. */
  by: string;
  readonly madeMs: number;
  readonly parts: Map<number, StoredPart<C>>;
  /** The creator has heard of it. */
  known: boolean;
  /** It was made when the creator had given up waiting. */
  late: boolean;
}

/** What a watcher is told. */
export interface BucketWatcher<C> {
  onWrite(key: string, stored: Stored<C>, by: string): void;
  onDelete(key: string, by: string): void;
}
