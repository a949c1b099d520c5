/** Digests as S3 writes them, by node alone: none of sluice's own code judges itself here. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** The digest of a part in base64. */
export function digestPart(algorithm: "sha256" | "md5", bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest("base64");
}

/** CRC32 of bytes in base64, as `x-amz-checksum-crc32` carries it. */
export function crc32Base64(bytes: Uint8Array): string {
  const value = new DataView(new ArrayBuffer(4));
  value.setUint32(0, crc32(bytes));
  return btoa(String.fromCharCode(...new Uint8Array(value.buffer)));
}
