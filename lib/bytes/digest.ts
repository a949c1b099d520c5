/**
 * Digests of bytes that pass. CRC32, MD5 and SHA come from the runtime (CRC32 runs at several GB/s, MD5 at 0.5); the two CRC64 (2.2 GB/s)
 * and CRC32C (1.5 GB/s) from WebAssembly. Values have the form that Checksum in lib/types.ts documents.
 */
import type { IHasher } from "hash-wasm";
import { nodeCrypto, nodeZlib } from "../node.ts";
import type { DigestAlgorithm, Digests } from "../types.ts";
import { Crc64, type Crc64Algorithm } from "./crc64.ts";
import { polynomialOf } from "./crc_combine.ts";

/** Digests being taken: any number of updates, then one finish. */
export interface DigestRun {
  /** The chunk may be reused as soon as this returns. */
  update(chunk: Uint8Array): void;
  /** The digests of everything so far; the run is over. */
  finish(): Digests;
}

interface OneDigest {
  update(chunk: Uint8Array): void;
  finish(): string;
}

/** WebAssembly instances that are not in use: making one costs more than hashing a small object. */
const idleCrc32c: IHasher[] = [];

/** Begins the digests; with none asked for, a run that does nothing. A run that is never finished is merely forgotten. */
export async function startDigests(algorithms: Iterable<DigestAlgorithm>): Promise<DigestRun> {
  const runs: [DigestAlgorithm, OneDigest][] = [];
  for (const algorithm of new Set(algorithms)) runs.push([algorithm, await startOne(algorithm)]);
  return {
    update(chunk: Uint8Array): void {
      for (const [, run] of runs) run.update(chunk);
    },
    finish(): Digests {
      const digests: Digests = {};
      for (const [algorithm, run] of runs) digests[algorithm] = run.finish();
      return digests;
    },
  };
}

/** An MD5 as ETags write it (hex) in the form of Content-MD5 (base64). */
export function md5ToBase64(hex: string): string {
  return Uint8Array.fromHex(hex).toBase64();
}

async function startOne(algorithm: DigestAlgorithm): Promise<OneDigest> {
  switch (algorithm) {
    case "crc32":
      return startCrc32();
    case "md5":
    case "sha1":
    case "sha256": {
      const hash = nodeCrypto().createHash(algorithm);
      return { update: (chunk) => void hash.update(chunk), finish: () => hash.digest(algorithm === "md5" ? "hex" : "base64") };
    }
    case "crc32c":
      return await startCrc32c();
    case "crc64nvme":
    case "crc64ecma":
      return startCrc64(algorithm);
  }
}

function startCrc32(): OneDigest {
  const { crc32 } = nodeZlib();
  let value = 0;
  return {
    update(chunk: Uint8Array): void {
      value = crc32(chunk, value);
    },
    finish: () => inBase64(BigInt(value), 4),
  };
}

async function startCrc32c(): Promise<OneDigest> {
  const hasher = (idleCrc32c.pop() ?? await (await import("hash-wasm")).createCRC32(Number(polynomialOf("crc32c")))).init();
  return {
    update: (chunk) => void hasher.update(chunk),
    finish(): string {
      const hex = hasher.digest("hex");
      idleCrc32c.push(hasher);
      return Uint8Array.fromHex(hex).toBase64();
    },
  };
}

function startCrc64(algorithm: Crc64Algorithm): OneDigest {
  const crc = new Crc64(algorithm);
  return {
    update: (chunk) => crc.update(chunk),
    finish: () => algorithm === "crc64ecma" ? crc.value().toString() : inBase64(crc.value(), 8),
  };
}

/** A CRC as its bytes, the highest first, in base64. */
function inBase64(crc: bigint, byteCount: number): string {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, crc);
  return bytes.subarray(-byteCount).toBase64();
}
