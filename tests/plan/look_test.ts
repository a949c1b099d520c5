import { createHash } from "node:crypto";
import { assertEquals } from "@std/assert";
import { type CompareMode, isSkip } from "../../lib/plan/compare.ts";
import { resolveByChecksum } from "../../lib/plan/look.ts";
import type { DigestRequest } from "../../lib/plan/plan_input.ts";
import type { Checksum, Side } from "../../lib/types.ts";
import { makeJob, type ScriptedObject, scriptedStore } from "./scripted_store.ts";

const MD5_A = "0123456789abcdef0123456789abcdef";
const MD5_B = "fedcba9876543210fedcba9876543210";
const SIGNAL = new AbortController().signal;

interface Look {
  source: Partial<ScriptedObject>;
  destination: Partial<ScriptedObject>;
  mode?: CompareMode;
  localSides?: Side[];
  digests?: (request: DigestRequest) => Record<string, string>;
}

async function look(options: Look): Promise<string> {
  const source = { key: "k", sizeBytes: 10, lastModifiedMs: 1000, ...options.source };
  const destination = { key: "k", sizeBytes: 10, lastModifiedMs: 2000, ...options.destination };
  const digests = options.digests;
  const local = (side: Side) => options.localSides?.includes(side);
  const job = makeJob(local("source") ? "/in" : "s3://in/", local("destination") ? "/out" : "s3://out/", {
    compare: options.mode ?? "checksum",
  });
  const reason = await resolveByChecksum({ source, destination }, {
    job,
    source: scriptedStore("source", { objects: [source] }),
    destination: scriptedStore("destination", { objects: [destination] }),
    ...(digests !== undefined && { digest: (request) => Promise.resolve(digests(request)) }),
    signal: SIGNAL,
  });
  return `${isSkip(reason) ? "skip" : "transfer"}: ${reason}`;
}

function checksum(algorithm: Checksum["algorithm"], value: string, type: Checksum["type"] = "full"): Checksum {
  return type === "full" ? { algorithm, value, type } : { algorithm, value, type, parts: 2 };
}

Deno.test("resolveByChecksum() compares stored checksums of one algorithm and type", async () => {
  const crc = [checksum("crc32", "AAAA")];
  assertEquals(await look({ source: { checksums: crc }, destination: { checksums: crc } }), "skip: same checksum");
  assertEquals(
    await look({ source: { checksums: crc }, destination: { checksums: [checksum("crc32", "BBBB")] } }),
    "transfer: checksum differs",
  );
  assertEquals(await look({ source: { checksums: crc }, destination: { checksums: [checksum("crc32c", "AAAA")] } }), "transfer: always");
  const composite = [checksum("crc32", "AAAA", "composite")];
  assertEquals(await look({ source: { checksums: crc }, destination: { checksums: composite } }), "transfer: always");
  assertEquals(await look({ source: { checksums: composite }, destination: { checksums: composite } }), "skip: same checksum");
  const otherComposite = [checksum("crc32", "BBBB", "composite")];
  assertEquals(await look({ source: { checksums: composite }, destination: { checksums: otherComposite } }), "transfer: always");
});

Deno.test("resolveByChecksum() lets one full difference outweigh an equal checksum", async () => {
  const source = { checksums: [checksum("crc32", "AAAA"), checksum("sha256", "AAAA")] };
  const destination = { checksums: [checksum("crc32", "AAAA"), checksum("sha256", "BBBB")] };
  assertEquals(await look({ source, destination }), "transfer: checksum differs");
});

Deno.test("resolveByChecksum() takes a plain ETag for an MD5 unless the store says otherwise", async () => {
  assertEquals(await look({ source: { etag: MD5_A }, destination: { etag: MD5_B } }), "transfer: checksum differs");
  const kms = { etag: MD5_B, opaque: true } as const;
  assertEquals(await look({ source: { etag: MD5_A }, destination: kms }), "transfer: always");
  assertEquals(await look({ source: { etag: MD5_A }, destination: kms, mode: "auto" }), "skip: same size, not older");
});

Deno.test("resolveByChecksum() tells another part size from other bytes by the first part", async () => {
  const source = { etag: `${MD5_A}-2`, firstPartBytes: 6 };
  assertEquals(await look({ source, destination: { etag: `${MD5_B}-2`, firstPartBytes: 6 } }), "transfer: checksum differs");
  assertEquals(await look({ source, destination: { etag: `${MD5_B}-2`, firstPartBytes: 7 }, mode: "auto" }), "skip: same size, not older");
  assertEquals(await look({ source, destination: { etag: `${MD5_B}-2` }, mode: "auto" }), "skip: same size, not older");
});

Deno.test("resolveByChecksum() has a local file digested as the store keeps it", async () => {
  const requests: DigestRequest[] = [];
  function digests(request: DigestRequest): Record<string, string> {
    requests.push(request);
    return { md5: MD5_A, crc32: "AAAA" };
  }
  const local: Side[] = ["source"];
  assertEquals(await look({ source: {}, destination: { etag: MD5_A }, localSides: local, digests }), "skip: same checksum");
  assertEquals(requests.map(({ side, range, algorithms }) => ({ side, range, algorithms })), [
    { side: "source", range: { first: 0, last: 9 }, algorithms: ["md5"] },
  ]);
  assertEquals(await look({ source: {}, destination: { etag: MD5_B }, localSides: local, digests }), "transfer: checksum differs");
  // The reader leaves crc64nvme out, so the next algorithm is asked for.
  const two = { checksums: [checksum("crc64nvme", "X"), checksum("crc32", "AAAA")] };
  assertEquals(await look({ source: {}, destination: two, localSides: local, digests }), "skip: same checksum");
  assertEquals(await look({ source: {}, destination: { etag: MD5_A }, localSides: local }), "transfer: always");
});

Deno.test("resolveByChecksum() works out the multipart ETag of a local file", async () => {
  const parts = [{ first: 0, last: 5 }, { first: 6, last: 9 }];
  function digests({ range }: DigestRequest): Record<string, string> {
    return { md5: createHash("md5").update(`${range?.first}-${range?.last}`).digest("hex") };
  }
  const combined = createHash("md5");
  for (const range of parts) combined.update(digests({ range } as DigestRequest).md5 as string, "hex");
  const etag = `${combined.digest("hex")}-2`;
  const localSides: Side[] = ["destination"];
  assertEquals(await look({ source: { etag, firstPartBytes: 6 }, destination: {}, localSides, digests }), "skip: same checksum");
  assertEquals(
    await look({ source: { etag: `${MD5_A}-2`, firstPartBytes: 6 }, destination: {}, localSides, digests }),
    "transfer: checksum differs",
  );
  assertEquals(await look({ source: { etag: `${MD5_A}-3`, firstPartBytes: 6 }, destination: {}, localSides, digests }), "transfer: always");
});

Deno.test("resolveByChecksum() compares two local files by SHA-256", async () => {
  const localSides: Side[] = ["source", "destination"];
  assertEquals(await look({ source: {}, destination: {}, localSides, digests: () => ({ sha256: "same" }) }), "skip: same checksum");
  const digests = ({ side }: DigestRequest) => ({ sha256: side });
  assertEquals(await look({ source: {}, destination: {}, localSides, digests }), "transfer: checksum differs");
});
