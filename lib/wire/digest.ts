/**
 * Digests of bytes that pass. CRC32, MD5 and SHA come from the runtime (CRC32 runs at several GB/s, MD5 at 0.5); CRC32C and the two CRC64
 * from WebAssembly (1.0 to 1.5 GB/s). Values have the form that Checksum in lib/types.ts documents.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { createCRC32, createCRC64, type IHasher } from "hash-wasm";
import type { DigestAlgorithm, Digests } from "../types.ts";

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

/** Reversed polynomials: CRC-32/ISCSI, CRC-64/NVME (NVM Express, section 5.2.1.3.4), CRC-64/XZ, which Alibaba OSS calls crc64ecma. */
const POLYNOMIALS = { crc32c: 0x82f63b78, crc64nvme: "9a6c9329ac4bc9b5", crc64ecma: "c96c5795d7870f42" } as const;

type WasmAlgorithm = keyof typeof POLYNOMIALS;

/** WebAssembly instances that are not in use: making one costs more than hashing a small object. */
const idle: Record<WasmAlgorithm, IHasher[]> = { crc32c: [], crc64nvme: [], crc64ecma: [] };

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
      const hash = createHash(algorithm);
      return { update: (chunk) => void hash.update(chunk), finish: () => hash.digest(algorithm === "md5" ? "hex" : "base64") };
    }
    case "crc32c":
    case "crc64nvme":
    case "crc64ecma":
      return await startWasm(algorithm);
  }
}

function startCrc32(): OneDigest {
  let value = 0;
  return {
    update(chunk: Uint8Array): void {
      value = crc32(chunk, value);
    },
    finish(): string {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString("base64");
    },
  };
}

async function startWasm(algorithm: WasmAlgorithm): Promise<OneDigest> {
  const hasher = (idle[algorithm].pop() ?? await createWasm(algorithm)).init();
  return {
    update: (chunk) => void hasher.update(chunk),
    finish(): string {
      const hex = hasher.digest("hex");
      idle[algorithm].push(hasher);
      return algorithm === "crc64ecma" ? BigInt(`0x${hex}`).toString() : Buffer.from(hex, "hex").toString("base64");
    },
  };
}

function createWasm(algorithm: WasmAlgorithm): Promise<IHasher> {
  return algorithm === "crc32c" ? createCRC32(POLYNOMIALS.crc32c) : createCRC64(POLYNOMIALS[algorithm]);
}
