/**
 * The contract of the data plane: the only code near bytes. A Wire joins one source to one destination and knows how bytes travel between
 * them; it never retries and never decides what to send. All calls throw only TransferError and end soon after the signal fires.
 */
import type {
  Checksum,
  ChecksumAlgorithm,
  DigestAlgorithm,
  Digests,
  ObjectDetails,
  ObjectHeaders,
  ObjectInfo,
  PartLayout,
  Range,
  Side,
  SourcePin,
  Way,
  WriteCondition,
} from "../types.ts";

/** One part to be moved. */
export interface PartMove {
  readonly sourceKey: string;
  readonly pin: SourcePin;
  /** Source bytes of this part. */
  readonly range: Range;
  readonly destinationKey: string;
  readonly uploadId: string;
  /** Counts from 1. */
  readonly partNumber: number;
  /** Parts of the upload in all, and the size of all but the last: where a local partial file keeps its marks. */
  readonly layout: PartLayout;
  /**
   * Checksum header to send with the part, so that the destination refuses other bytes. `md5` means Content-MD5. Only where bytes are read
   * here.
   */
  readonly guard?: ChecksumAlgorithm | "md5" | undefined;
  /**
   * Checksum to send behind the bytes, which is known by then, so that the destination refuses others. Only between stores and where it is
   * among the digests.
   */
  readonly trailer?: "crc32" | undefined;
  /** Digests wanted of the bytes that pass; asking for any costs the relay (the bytes then enter JavaScript). */
  readonly digests: readonly DigestAlgorithm[];
}

/** A part that was moved. */
export interface PartMoved {
  readonly sizeBytes: number;
  readonly etag?: string | undefined;
  /** The destination's own digests of what arrived, its MD5 among them when its ETag is one. */
  readonly checksums: readonly Checksum[];
  /** Ours: what was asked for, and the guard's. */
  readonly digests: Digests;
  readonly way: Way;
}

/** One whole object to be moved by one PUT. */
export interface ObjectMove {
  readonly source: ObjectInfo & SourcePin;
  readonly destinationKey: string;
  /**
   * Called once the source is open, with what it said of the object, to learn what the destination object shall carry.
   * Local files have no headers.
   */
  readonly headers: (details: ObjectDetails) => Promise<ObjectHeaders>;
  /**
   * `auto`: send along the digest that costs least (the source's own MD5 or stored checksum when relayed, CRC32 or MD5 when read here)
   * so that the destination refuses other bytes; none between stores where the source says nothing. `always`: read the source before where
   * nothing else gives one. `none`: send none.
   */
  readonly guard: "auto" | "always" | "none";
  /** Digests wanted of the bytes that pass; as in {@link PartMove.digests}. Reads to local files may be asked for any. */
  readonly digests: readonly DigestAlgorithm[];
  /**
   * Called with the digests once every byte has passed and before a local file takes its final name, or the last bytes go to a store (where
   * none pass here: after the response); throws to refuse the object.
   */
  readonly confirm?: (details: ObjectDetails, digests: Digests) => void;
  readonly condition?: WriteCondition | undefined;
  /** `skip`: a file that is written keeps the time of writing. */
  readonly times?: "skip" | undefined;
}

/** An object that was moved. */
export interface ObjectMoved extends PartMoved {
  /** What the source said of the object when it was opened. */
  readonly details: ObjectDetails;
  /** The digest that the destination insisted on, if any. */
  readonly guard?: DigestAlgorithm;
  /** What a file system refused although the bytes are there, for people. */
  readonly notes?: readonly string[];
}

/** What only a local source can be asked. */
export interface LocalQuestions {
  /** The size of the bytes that are sent: for a source that is sent compressed, a pass over all of it. */
  measure(request: { key: string; pin: SourcePin; sizeBytes: number }, signal: AbortSignal): Promise<number>;
  /** The first bytes, before any compression. */
  peek(request: { key: string; pin: SourcePin; sizeBytes: number }, countMax: number): Promise<Uint8Array>;
}

/** Bytes between one source and one destination. */
export interface Wire {
  /** Present where the source is local. */
  readonly questions?: LocalQuestions;
  /** How bytes travel when no digest is asked for. */
  readonly way: Way;
  /** Bytes handed to the destination so far, for progress; grows while parts move where bytes pass here, else when they have moved. */
  readonly movedBytes: number;
  movePart(move: PartMove, signal: AbortSignal): Promise<PartMoved>;
  moveObject(move: ObjectMove, signal: AbortSignal): Promise<ObjectMoved>;
  /** Reads a range (an empty object: undefined) of either side and returns its digests; sends nothing. */
  digest(
    side: Side,
    request: {
      key: string;
      /** Local destinations: read the partial file of this upload instead of the object. */
      uploadId?: string;
      pin: SourcePin;
      range: Range | undefined;
      algorithms: readonly DigestAlgorithm[];
    },
    signal: AbortSignal,
  ): Promise<Digests>;
  close(): void;
}
