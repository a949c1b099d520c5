/**
 * What an ETag can tell: pure arithmetic over part digests. Never decides whether an ETag may be believed; capabilities and the
 * store's own headers do.
 */
import { createHash } from "node:crypto";
import type { PartInfo } from "../types.ts";

const PLAIN_MD5 = /^[0-9a-f]{32}$/;
const MULTIPART = /^[0-9a-f]{32}-([1-9][0-9]{0,4})$/;

/** True for an ETag in the form of an MD5: 32 lower-case hex digits. */
export function isPlainMd5(etag: string | undefined): etag is string {
  return etag !== undefined && PLAIN_MD5.test(etag);
}

/** The N of a multipart ETag `…-N`; undefined for any other ETag. */
export function partCountOf(etag: string | undefined): number | undefined {
  // Nearly every ETag is plain; its length tells.
  const match = etag === undefined || etag.length <= 32 ? null : MULTIPART.exec(etag);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/**
 * The ETag that S3 gives an object made of these parts: MD5 over the parts' binary MD5s, a dash, their count. Undefined when a part's
 * ETag is not in the form of an MD5. Observed on every S3 server that derives ETags from MD5; not promised by the S3 API reference.
 */
export function compositeEtag(parts: readonly PartInfo[]): string | undefined {
  const hash = createHash("md5");
  for (const part of parts) {
    if (part.etagIsMd5 === false || !isPlainMd5(part.etag)) return undefined;
    hash.update(part.etag, "hex");
  }
  return `${hash.digest("hex")}-${parts.length}`;
}
