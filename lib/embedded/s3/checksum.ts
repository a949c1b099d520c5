/**
 * Names and forms of the five checksums of S3, and the checksum of an object from those of its parts ("Checking object integrity in
 * Amazon S3" in the user guide).
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { combineCrc } from "../../bytes/crc_combine.ts";
import type { ChecksumAlgorithm } from "../../types.ts";
import { createDigester } from "../disk/digest.ts";
import type { StoredChecksum } from "../disk/records.ts";
import { headerOf, type StoreRequest } from "../request.ts";
import { S3Error } from "./errors.ts";

/** All five. */
export const CHECKSUM_ALGORITHMS: readonly ChecksumAlgorithm[] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

const DIGEST_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 };

/** What a checksum says it covers, in the words of S3. */
export type ChecksumType = StoredChecksum["type"];

/** `full` as `FULL_OBJECT`, `composite` as `COMPOSITE`. */
export function checksumTypeName(type: ChecksumType): string {
  return type === "full" ? "FULL_OBJECT" : "COMPOSITE";
}

/** The header of an algorithm. */
export function checksumHeader(algorithm: string): string {
  return `x-amz-checksum-${algorithm}`;
}

/** The XML element of an algorithm. */
export function checksumElement(algorithm: string): string {
  return `Checksum${algorithm.toUpperCase()}`;
}

/** An algorithm by the name S3 gives it. Throws InvalidRequest. */
export function algorithmNamed(name: string): ChecksumAlgorithm {
  const found = CHECKSUM_ALGORITHMS.find((algorithm) => algorithm.toUpperCase() === name.toUpperCase());
  if (found === undefined) throw new S3Error("InvalidRequest", `Checksum algorithm provided is unsupported: ${name}`);
  return found;
}

/** The checksum type asked for, `undefined` when none is. Throws InvalidRequest. */
export function typeNamed(name: string | undefined): ChecksumType | undefined {
  if (name === undefined) return undefined;
  if (name === "FULL_OBJECT") return "full";
  if (name === "COMPOSITE") return "composite";
  throw new S3Error("InvalidRequest", `Value for x-amz-checksum-type header is invalid: ${name}`);
}

/** What a multipart upload declares: the type's default, and which pairs exist, are in the user guide's table. Throws InvalidRequest. */
export function declaredForUpload(request: StoreRequest): { algorithm: ChecksumAlgorithm; type: ChecksumType } | undefined {
  const name = headerOf(request, "x-amz-checksum-algorithm");
  const wanted = typeNamed(headerOf(request, "x-amz-checksum-type"));
  if (name === undefined) {
    if (wanted === undefined) return undefined;
    throw new S3Error("InvalidRequest", "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header");
  }
  const algorithm = algorithmNamed(name);
  const type = wanted ?? (algorithm === "crc64nvme" ? "full" : "composite");
  const exists = algorithm === "crc64nvme" ? type === "full" : type === "composite" || algorithm.startsWith("crc");
  if (!exists) {
    throw new S3Error("InvalidRequest", `The ${checksumTypeName(type)} checksum type cannot be used with the ${name} checksum algorithm`);
  }
  return { algorithm, type };
}

/** The checksum that a request carries in a header or promises in its trailer. */
export interface DeclaredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; undefined while it is still to come in the trailer. */
  readonly value?: string;
}

/** The one checksum of a request's body. Throws InvalidRequest when there are several, or one is announced and missing. */
export function declaredOnBody(request: StoreRequest): DeclaredChecksum | undefined {
  const found: DeclaredChecksum[] = [];
  const trailers = (headerOf(request, "x-amz-trailer") ?? "").split(",").map((name) => name.trim().toLowerCase());
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = headerOf(request, checksumHeader(algorithm));
    if (value !== undefined) found.push({ algorithm, value });
    else if (trailers.includes(checksumHeader(algorithm))) found.push({ algorithm });
  }
  const [declared] = found;
  if (found.length > 1) {
    throw new S3Error("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed");
  }
  const announced = headerOf(request, "x-amz-sdk-checksum-algorithm");
  if (announced !== undefined && declared?.algorithm !== algorithmNamed(announced) && headerOf(request, "content-md5") === undefined) {
    throw new S3Error(
      "InvalidRequest",
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found",
    );
  }
  if (declared?.value !== undefined && !isDigest(declared.algorithm, declared.value)) {
    throw new S3Error("InvalidRequest", `Value for ${checksumHeader(declared.algorithm)} header is invalid`);
  }
  return declared;
}

/** Whether a text is base64 of as many bytes as the algorithm gives. */
export function isDigest(algorithm: ChecksumAlgorithm, text: string): boolean {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === DIGEST_BYTES[algorithm] && bytes.toString("base64") === text;
}

/** What {@link combineParts} needs of a part. */
export interface SummedPart {
  readonly sizeBytes: number;
  readonly checksums: readonly StoredChecksum[];
}

/** The checksum of the object that these parts make, or undefined when a part lacks it. */
export async function combineParts(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly SummedPart[],
): Promise<StoredChecksum | undefined> {
  const digests: Buffer[] = [];
  for (const part of parts) {
    const checksum = part.checksums.find((candidate) => candidate.algorithm === algorithm);
    if (checksum === undefined) return undefined;
    digests.push(Buffer.from(checksum.value, "base64"));
  }
  if (type === "composite") {
    const digester = await createDigester(algorithm);
    for (const digest of digests) digester.update(digest);
    return { algorithm, type, value: `${base64(digester.finish())}-${parts.length}` };
  }
  if (algorithm === "sha1" || algorithm === "sha256") return undefined;
  let whole = 0n;
  parts.forEach((part, index) => {
    whole = combineCrc(algorithm, whole, BigInt(`0x${digests[index]?.toString("hex")}`), part.sizeBytes);
  });
  const hex = whole.toString(16).padStart(DIGEST_BYTES[algorithm] * 2, "0");
  return { algorithm, type, value: Buffer.from(hex, "hex").toString("base64") };
}

/** The ETag of an object made of parts: the MD5 of their MD5s, a dash, their count. */
export function multipartEtag(partEtags: readonly string[]): string {
  const hash = createHash("md5");
  for (const etag of partEtags) hash.update(Buffer.from(etag, "hex"));
  return `${hash.digest("hex")}-${partEtags.length}`;
}

/** Raw bytes in base64. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/** The headers of these checksums. */
export function checksumHeaders(checksums: readonly StoredChecksum[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { algorithm, value, type } of checksums) {
    headers[checksumHeader(algorithm)] = value;
    headers["x-amz-checksum-type"] = checksumTypeName(type);
  }
  return headers;
}

/** The XML elements of these checksums. */
export function checksumElements(checksums: readonly StoredChecksum[]): Record<string, string> {
  return Object.fromEntries(checksums.map(({ algorithm, value }) => [checksumElement(algorithm), value]));
}
