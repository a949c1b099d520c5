/**
 * Digests taken while bytes pass, one chunk after another. What a digest is compared with, and how it is written in a header, is the
 * business of the protocol.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { createCRC32, createCRC64 } from "hash-wasm";
import type { DigestAlgorithm } from "../../types.ts";

/** One digest in the making. `finish` may be called once. */
export interface Digester {
  update(chunk: Uint8Array): void;
  /** The raw digest; CRCs with their highest byte first, as S3 writes them. */
  finish(): Uint8Array;
}

/** Reflected generator polynomials, in the forms that hash-wasm takes. */
const CRC32C_POLYNOMIAL = 0x82f63b78;
const CRC64NVME_POLYNOMIAL = "9a6c9329ac4bc9b5";
const CRC64ECMA_POLYNOMIAL = "c96c5795d7870f42";

/** A fresh digest of this algorithm. */
export async function createDigester(algorithm: DigestAlgorithm): Promise<Digester> {
  switch (algorithm) {
    case "crc32":
      return crc32Digester();
    case "crc32c":
      return wasmDigester(await createCRC32(CRC32C_POLYNOMIAL));
    case "crc64nvme":
      return wasmDigester(await createCRC64(CRC64NVME_POLYNOMIAL));
    case "crc64ecma":
      return wasmDigester(await createCRC64(CRC64ECMA_POLYNOMIAL));
    case "md5":
    case "sha1":
    case "sha256":
      return createHashDigester(algorithm);
  }
}

function crc32Digester(): Digester {
  let value = 0;
  return {
    update: (chunk) => {
      value = crc32(chunk, value);
    },
    finish: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}

function createHashDigester(algorithm: "md5" | "sha1" | "sha256"): Digester {
  const hash = createHash(algorithm);
  return { update: (chunk) => void hash.update(chunk), finish: () => hash.digest() };
}

function wasmDigester(hasher: Awaited<ReturnType<typeof createCRC32>>): Digester {
  hasher.init();
  return { update: (chunk) => void hasher.update(chunk), finish: () => hasher.digest("binary") };
}
