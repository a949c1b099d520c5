/** Which digests are taken between which stores, as one table. */
import { assertEquals } from "@std/assert";
import { capabilitiesOf, OSS_CAPABILITIES } from "../../lib/remote/capabilities.ts";
import type { PlanWorld } from "../../lib/session/plan_session.ts";
import { hashedOnWay, planDigests } from "../../lib/session/plan_digests.ts";
import type { Capabilities, Checksum, ObjectDetails } from "../../lib/types.ts";

const S3 = capabilitiesOf(undefined);
/** A store without `x-amz-checksum-*`. */
const PLAIN = capabilitiesOf("https://s3.wasabisys.com");
const R2 = capabilitiesOf("https://account.r2.cloudflarestorage.com");
const CRC64: Checksum = { algorithm: "crc64ecma", value: "1", type: "full" };
const CRC32: Checksum = { algorithm: "crc32", value: "AAAAAA==", type: "full" };

type End = Capabilities | "local";

function worldOf(source: End, destination: End, verify: "auto" | "size" = "auto"): PlanWorld {
  const side = (end: End) => ({ capabilities: end === "local" ? S3 : end });
  return {
    source: side(source),
    destination: side(destination),
    sourceIsLocal: source === "local",
    destinationIsLocal: destination === "local",
    sourceUrl: "s3://bucket",
    rules: { verify, serverSideCopy: false, headers: { mode: "copy", set: {}, tags: "copy" } },
  } as unknown as PlanWorld;
}

function detailsWith(...checksums: Checksum[]): ObjectDetails {
  return { key: "k", sizeBytes: 1, headers: {}, checksums, tagCount: 0, archived: false };
}

interface Row {
  readonly says: string;
  readonly world: PlanWorld;
  readonly stored: Checksum[];
  readonly provable?: true;
  readonly mayDeclare?: false;
  /** Source checksum, digests, declared, trailer. */
  readonly plan: [source: string | undefined, digests: string[], declared: string | undefined, trailer: string | undefined];
}

const ROWS: readonly Row[] = [
  {
    says: "OSS to S3",
    world: worldOf(OSS_CAPABILITIES, S3),
    stored: [CRC64],
    plan: ["crc64ecma", ["crc64ecma", "crc32"], "crc32", "crc32"],
  },
  {
    says: "OSS to S3 that refused checksums behind parts",
    world: worldOf(OSS_CAPABILITIES, S3),
    stored: [CRC64],
    mayDeclare: false,
    plan: ["crc64ecma", ["crc64ecma", "md5"], undefined, undefined],
  },
  {
    says: "OSS to a store without checksums",
    world: worldOf(OSS_CAPABILITIES, PLAIN),
    stored: [CRC64],
    plan: ["crc64ecma", ["crc64ecma", "md5"], undefined, undefined],
  },
  {
    says: "OSS to a store without checksums or MD5s",
    world: worldOf(OSS_CAPABILITIES, R2),
    stored: [CRC64],
    plan: ["crc64ecma", ["crc64ecma"], undefined, undefined],
  },
  { says: "OSS without a CRC64 to S3", world: worldOf(OSS_CAPABILITIES, S3), stored: [], plan: [undefined, [], undefined, undefined] },
  { says: "S3 to OSS", world: worldOf(S3, OSS_CAPABILITIES), stored: [], plan: [undefined, ["crc64ecma"], undefined, undefined] },
  {
    says: "S3 with a stored CRC32 to OSS",
    world: worldOf(S3, OSS_CAPABILITIES),
    stored: [CRC32],
    plan: ["crc32", ["crc64ecma", "crc32"], undefined, undefined],
  },
  {
    says: "S3 with a CRC32 and an ETag that is worked out to OSS",
    world: worldOf(S3, OSS_CAPABILITIES),
    stored: [CRC32],
    provable: true,
    plan: [undefined, ["crc64ecma"], undefined, undefined],
  },
  { says: "local to OSS", world: worldOf("local", OSS_CAPABILITIES), stored: [], plan: [undefined, ["crc64ecma"], undefined, undefined] },
  {
    says: "OSS to OSS",
    world: worldOf(OSS_CAPABILITIES, OSS_CAPABILITIES),
    stored: [CRC64],
    plan: ["crc64ecma", [], undefined, undefined],
  },
  {
    says: "OSS to local",
    world: worldOf(OSS_CAPABILITIES, "local"),
    stored: [CRC64],
    plan: ["crc64ecma", ["crc64ecma"], undefined, undefined],
  },
  { says: "S3 to S3", world: worldOf(S3, S3), stored: [CRC32], plan: ["crc32", [], "crc32", undefined] },
  { says: "local to S3", world: worldOf("local", S3), stored: [], plan: [undefined, [], "crc32", undefined] },
  {
    says: "OSS to S3 with verify = size",
    world: worldOf(OSS_CAPABILITIES, S3, "size"),
    stored: [CRC64],
    plan: [undefined, [], undefined, undefined],
  },
];

for (const { says, world, stored, provable = false, mayDeclare = true, plan } of ROWS) {
  Deno.test(`planDigests() ${says}: ${plan[1].join(" and ") || "none"}`, () => {
    const { sourceChecksum, digests, declare, trailer } = planDigests(world, detailsWith(...stored), provable, mayDeclare);
    assertEquals([sourceChecksum?.algorithm, [...digests], declare?.algorithm, trailer], plan);
  });
}

Deno.test("hashedOnWay() reads bytes only where exactly one store has a digest of its own", () => {
  assertEquals(hashedOnWay(worldOf(OSS_CAPABILITIES, S3)), "crc64ecma");
  assertEquals(hashedOnWay(worldOf(S3, OSS_CAPABILITIES)), "crc64ecma");
  assertEquals(hashedOnWay(worldOf("local", OSS_CAPABILITIES)), "crc64ecma");
  for (const world of [worldOf(S3, S3), worldOf(OSS_CAPABILITIES, OSS_CAPABILITIES), worldOf(OSS_CAPABILITIES, S3, "size")]) {
    assertEquals(hashedOnWay(world), undefined);
  }
});
