/**
 * What one multipart session is to do, decided before its first request: plain data for the machine in upload_session.ts.
 */
import type { TransferRules } from "../job_types.ts";
import type { CombinableCrc } from "../bytes/crc_combine.ts";
import type { DigestAlgorithm, ObjectInfo, WriteCondition } from "../types.ts";
import type { BoundLayout } from "./layout.ts";
import type { DigestPlan } from "./plan_digests.ts";

/** A checksum that was declared when an upload was created. */
export interface DeclaredChecksum {
  readonly algorithm: DigestAlgorithm;
  readonly type?: "full" | "composite";
}

/** See the file comment. */
export interface SessionPlan extends DigestPlan {
  readonly source: ObjectInfo;
  readonly bound: BoundLayout;
  readonly unfinished: TransferRules["unfinished"];
  readonly verify: TransferRules["verify"];
  /** Source and destination are copied on the server: no bytes pass here. */
  readonly serverSide: boolean;
  /** The source's ETag can be worked out from part MD5s (kept layouts only). */
  readonly provableEtag: string | undefined;
  /** The digest that the destination works out of each part by itself. */
  readonly ownDigest: CombinableCrc | undefined;
  /** The digest that each part carries as a header: bytes are read here. */
  readonly guardParts: boolean;
  /** The destination's part ETags are MD5s. */
  readonly partEtagsAreMd5: boolean;
  readonly condition: WriteCondition | undefined;
}
