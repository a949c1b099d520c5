/** Which digests are taken between which stores, as one table. */
import { assertEquals } from "@std/assert";
import { capabilitiesOf, OSS_CAPABILITIES } from "../../lib/remote/capabilities.ts";
import { type Ends, hashedOnWay, type Want, wantOfObject, wantOfParts, type WantQuestion } from "../../lib/evidence/want.ts";
import type { Capabilities, Checksum } from "../../lib/types.ts";

const S3 = capabilitiesOf(undefined);
/** A store without `x-amz-checksum-*`. */
const PLAIN = capabilitiesOf("https://s3.wasabisys.com");
const R2 = capabilitiesOf("https://account.r2.cloudflarestorage.com");
const CRC64: Checksum = { algorithm: "crc64ecma", value: "1", type: "full" };
const CRC32: Checksum = { algorithm: "crc32", value: "AAAAAA==", type: "full" };

type End = Capabilities | "local";

function endsOf(source: End, destination: End, verify: "auto" | "size" | "checksum" = "auto"): Ends {
  const side = (end: End) => end === "local" ? undefined : end;
  return { verify, serverSide: false, source: side(source), destination: side(destination), hidesMd5: false };
}

function question(ends: Ends): WantQuestion {
  return { ...ends, checksums: [], sameParts: false, mayDeclare: true, careful: undefined };
}

const COMPOSITE: Checksum = { algorithm: "md5", value: "0123456789abcdef0123456789abcdef", type: "composite", parts: 3 };

interface Row {
  readonly says: string;
  readonly ends: Ends;
  readonly stored: Checksum[];
  readonly provable?: true;
  readonly mayDeclare?: false;
  /** Source checksum, digests, declared, trailer. */
  readonly plan: [source: string | undefined, digests: string[], declared: string | undefined, trailer: string | undefined];
}

const ROWS: readonly Row[] = [
  {
    says: "OSS to S3",
    ends: endsOf(OSS_CAPABILITIES, S3),
    stored: [CRC64],
    plan: ["crc64ecma", ["crc64ecma", "crc32"], "crc32", "crc32"],
  },
  {
    says: "OSS to S3 that refused checksums behind parts",
    ends: endsOf(OSS_CAPABILITIES, S3),
    stored: [CRC64],
    mayDeclare: false,
    plan: ["crc64ecma", ["crc64ecma", "md5"], undefined, undefined],
  },
  {
    says: "OSS to a store without checksums",
    ends: endsOf(OSS_CAPABILITIES, PLAIN),
    stored: [CRC64],
    plan: ["crc64ecma", ["crc64ecma", "md5"], undefined, undefined],
  },
  {
    says: "OSS to a store without checksums or MD5s",
    ends: endsOf(OSS_CAPABILITIES, R2),
    stored: [CRC64],
    plan: ["crc64ecma", ["crc64ecma"], undefined, undefined],
  },
  { says: "OSS without a CRC64 to S3", ends: endsOf(OSS_CAPABILITIES, S3), stored: [], plan: [undefined, [], undefined, undefined] },
  { says: "S3 to OSS", ends: endsOf(S3, OSS_CAPABILITIES), stored: [], plan: [undefined, ["crc64ecma"], undefined, undefined] },
  {
    says: "S3 with a stored CRC32 to OSS",
    ends: endsOf(S3, OSS_CAPABILITIES),
    stored: [CRC32],
    plan: ["crc32", ["crc64ecma", "crc32"], undefined, undefined],
  },
  {
    says: "S3 with a CRC32 and an ETag that is worked out to OSS",
    ends: endsOf(S3, OSS_CAPABILITIES),
    stored: [CRC32],
    provable: true,
    plan: [undefined, ["crc64ecma"], undefined, undefined],
  },
  { says: "local to OSS", ends: endsOf("local", OSS_CAPABILITIES), stored: [], plan: [undefined, ["crc64ecma"], undefined, undefined] },
  {
    says: "OSS to OSS",
    ends: endsOf(OSS_CAPABILITIES, OSS_CAPABILITIES),
    stored: [CRC64],
    plan: ["crc64ecma", [], undefined, undefined],
  },
  {
    says: "OSS to local",
    ends: endsOf(OSS_CAPABILITIES, "local"),
    stored: [CRC64],
    plan: ["crc64ecma", ["crc64ecma"], undefined, undefined],
  },
  { says: "S3 to S3", ends: endsOf(S3, S3), stored: [CRC32], plan: ["crc32", [], "crc32", undefined] },
  { says: "local to S3", ends: endsOf("local", S3), stored: [], plan: [undefined, [], "crc32", undefined] },
  {
    says: "S3 to local, cut as the source",
    ends: endsOf(S3, "local"),
    stored: [],
    provable: true,
    plan: [undefined, ["md5"], undefined, undefined],
  },
  {
    says: "OSS to S3 with verify = size",
    ends: endsOf(OSS_CAPABILITIES, S3, "size"),
    stored: [CRC64],
    plan: [undefined, [], undefined, undefined],
  },
];

for (const { says, ends, stored, provable = false, mayDeclare = true, plan } of ROWS) {
  Deno.test(`wantOfParts() ${says}: ${plan[1].join(" and ") || "none"}`, () => {
    const checksums = provable ? [...stored, COMPOSITE] : stored;
    const { whole, composite, digests, declare, trailer } = wantOfParts({ ...question(ends), checksums, sameParts: provable, mayDeclare });
    assertEquals([whole?.algorithm, [...digests], declare?.algorithm, trailer], plan);
    assertEquals(composite, provable ? COMPOSITE : undefined);
  });
}

Deno.test("wantOfParts() asks for the guard that a destination has insisted on, and for MD5s where the source's parts did not hold", () => {
  for (const verify of ["auto", "size", "checksum"] as const) {
    const want: Want = wantOfParts({ ...question(endsOf(S3, S3, verify)), careful: "refused" });
    assertEquals([want.guard, want.trailer], [true, undefined], verify);
  }
  // What goes behind the bytes is a digest as well.
  const hashed = wantOfParts({ ...question(endsOf(OSS_CAPABILITIES, S3)), checksums: [CRC64], careful: "refused" });
  assertEquals([hashed.guard, hashed.trailer], [false, "crc32"]);
  assertEquals(wantOfParts({ ...question(endsOf(S3, S3)), checksums: [COMPOSITE], careful: "doubted" }).digests, ["md5"]);
});

Deno.test("wantOfParts() holds no ETag under KMS keys against the source's", () => {
  const ends = { ...endsOf(S3, S3), hidesMd5: true };
  const { composite, partMd5 } = wantOfParts({ ...question(ends), checksums: [COMPOSITE], sameParts: true });
  assertEquals([composite, partMd5], [undefined, false]);
});

Deno.test("wantOfObject() digests a small download by what the source can be held to", () => {
  const md5 = COMPOSITE.value;
  const down = (listed: { md5?: string; md5Doubtful?: true }, source: End = S3) => wantOfObject(endsOf(source, "local"), listed);
  assertEquals(down({ md5 }), ["md5"]);
  assertEquals(down({ md5, md5Doubtful: true }), ["crc32", "crc64nvme"]);
  assertEquals(down({ md5: `${md5}-1` }), ["crc32", "crc64nvme", "md5"]);
  assertEquals(down({}, OSS_CAPABILITIES), ["crc64ecma"]);
  assertEquals(wantOfObject(endsOf(S3, "local", "size"), { md5 }), []);
  assertEquals(wantOfObject(endsOf(S3, S3, "checksum"), { md5 }), []);
  assertEquals(wantOfObject(endsOf(S3, S3, "checksum"), {}), ["md5"]);
});

Deno.test("hashedOnWay() reads bytes only where exactly one store has a digest of its own", () => {
  assertEquals(hashedOnWay(endsOf(OSS_CAPABILITIES, S3)), "crc64ecma");
  assertEquals(hashedOnWay(endsOf(S3, OSS_CAPABILITIES)), "crc64ecma");
  assertEquals(hashedOnWay(endsOf("local", OSS_CAPABILITIES)), "crc64ecma");
  for (const world of [endsOf(S3, S3), endsOf(OSS_CAPABILITIES, OSS_CAPABILITIES), endsOf(OSS_CAPABILITIES, S3, "size")]) {
    assertEquals(hashedOnWay(world), undefined);
  }
});
