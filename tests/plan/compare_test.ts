import { assertEquals } from "@std/assert";
import { type CompareMode, compareObjects, isSkip } from "../../lib/plan/compare.ts";
import { listedMd5 } from "../../lib/remote/answers.ts";
import type { Capabilities, ObjectInfo } from "../../lib/types.ts";

const MD5_A = "0123456789abcdef0123456789abcdef";
const MD5_B = "fedcba9876543210fedcba9876543210";
const EMPTY = "d41d8cd98f00b204e9800998ecf8427e";
const NEWER = 2_000_000;
const OLDER = 1_000_000;

type Fields = Partial<ObjectInfo>;
type Row = readonly [promise: string, mode: CompareMode, source: Fields, destination: Fields, answer: string, md5?: "no md5"];

const ROWS: readonly Row[] = [
  ["size comes first in auto", "auto", { sizeBytes: 1, etag: MD5_A }, { sizeBytes: 2, etag: MD5_A }, "transfer: size differs"],
  ["size comes first in size", "size", { sizeBytes: 1 }, { sizeBytes: 2 }, "transfer: size differs"],
  ["size comes first in mtime", "mtime", { sizeBytes: 1 }, { sizeBytes: 2 }, "transfer: size differs"],
  ["size comes first in checksum", "checksum", { sizeBytes: 1 }, { sizeBytes: 2 }, "transfer: size differs"],
  [
    "equal plain ETags are the same",
    "auto",
    { etag: MD5_A, lastModifiedMs: NEWER },
    { etag: MD5_A, lastModifiedMs: OLDER },
    "skip: same etag",
  ],
  ["case of ETags does not matter", "auto", { etag: MD5_A.toUpperCase() }, { etag: MD5_A }, "skip: same etag"],
  ["equal multipart ETags are the same", "auto", { etag: `${MD5_A}-7` }, { etag: `${MD5_A}-7` }, "skip: same etag"],
  [
    "different ETags and an older destination",
    "auto",
    { etag: MD5_A, lastModifiedMs: NEWER },
    { etag: MD5_B, lastModifiedMs: OLDER },
    "transfer: etag differs",
  ],
  [
    "different ETags and a destination not older",
    "auto",
    { etag: MD5_A, lastModifiedMs: OLDER },
    { etag: MD5_B, lastModifiedMs: NEWER },
    "look",
  ],
  [
    "same count, different ETags",
    "auto",
    { etag: `${MD5_A}-7`, lastModifiedMs: NEWER },
    { etag: `${MD5_B}-7`, lastModifiedMs: OLDER },
    "transfer: etag differs",
  ],
  [
    "other count goes by time",
    "auto",
    { etag: `${MD5_A}-7`, lastModifiedMs: OLDER },
    { etag: `${MD5_B}-8`, lastModifiedMs: NEWER },
    "skip: same size, not older",
  ],
  [
    "plain against multipart goes by time",
    "auto",
    { etag: MD5_A, lastModifiedMs: NEWER },
    { etag: `${MD5_B}-8`, lastModifiedMs: OLDER },
    "transfer: source is newer",
  ],
  [
    "ETags that are no MD5 go by time",
    "auto",
    { etag: MD5_A, lastModifiedMs: OLDER },
    { etag: MD5_B, lastModifiedMs: NEWER },
    "skip: same size, not older",
    "no md5",
  ],
  [
    "opaque equal ETags go by time",
    "auto",
    { etag: "v1", lastModifiedMs: NEWER },
    { etag: "v1", lastModifiedMs: OLDER },
    "transfer: source is newer",
  ],
  [
    "the MD5 of nothing proves nothing of bytes",
    "auto",
    { etag: EMPTY, lastModifiedMs: NEWER },
    { etag: EMPTY, lastModifiedMs: OLDER },
    "transfer: source is newer",
  ],
  ["the MD5 of nothing is right for nothing", "auto", { sizeBytes: 0, etag: EMPTY }, { sizeBytes: 0, etag: EMPTY }, "skip: same etag"],
  ["a file goes by time", "auto", { lastModifiedMs: OLDER }, { etag: MD5_A, lastModifiedMs: NEWER }, "skip: same size, not older"],
  ["times count in whole seconds", "auto", { lastModifiedMs: 5999 }, { lastModifiedMs: 5000 }, "skip: same size, not older"],
  ["one second older is older", "auto", { lastModifiedMs: 6000 }, { lastModifiedMs: 5999 }, "transfer: source is newer"],
  ["without a time nothing is known", "auto", { lastModifiedMs: OLDER }, {}, "transfer: always"],
  [
    "size mode asks nothing else",
    "size",
    { etag: MD5_A, lastModifiedMs: NEWER },
    { etag: MD5_B, lastModifiedMs: OLDER },
    "skip: same size",
  ],
  [
    "mtime mode asks no ETag",
    "mtime",
    { etag: MD5_A, lastModifiedMs: NEWER },
    { etag: MD5_A, lastModifiedMs: OLDER },
    "transfer: source is newer",
  ],
  [
    "mtime mode skips what is not older",
    "mtime",
    { etag: MD5_A, lastModifiedMs: OLDER },
    { etag: MD5_B, lastModifiedMs: OLDER },
    "skip: same size, not older",
  ],
  ["checksum mode takes equal ETags", "checksum", { etag: MD5_A }, { etag: MD5_A }, "skip: same etag"],
  [
    "checksum mode looks at different ETags",
    "checksum",
    { etag: MD5_A, lastModifiedMs: NEWER },
    { etag: MD5_B, lastModifiedMs: OLDER },
    "look",
  ],
  ["checksum mode looks at files", "checksum", {}, { etag: MD5_B }, "look"],
  ["a folder marker cannot differ", "checksum", { key: "a/", sizeBytes: 0, lastModifiedMs: NEWER }, {
    key: "a/",
    sizeBytes: 0,
    lastModifiedMs: OLDER,
  }, "skip: same size"],
];

const MD5S = { ownDigests: ["md5"] } as const;
const NO_MD5S = { ownDigests: [] };

/** An entry of a listing, read as lib/remote reads it. */
function listed(fields: Fields, capabilities: Pick<Capabilities, "ownDigests">): ObjectInfo {
  const sizeBytes = fields.sizeBytes ?? 10;
  return { key: "k", sizeBytes, ...fields, ...listedMd5(fields.etag, { capabilities, sizeBytes }) };
}

for (const [promise, mode, source, destination, answer, md5] of ROWS) {
  Deno.test(`compareObjects() ${mode}: ${promise}`, () => {
    const stores = { source: { capabilities: MD5S }, destination: { capabilities: md5 === undefined ? MD5S : NO_MD5S } };
    const both = { source: listed(source, stores.source.capabilities), destination: listed(destination, stores.destination.capabilities) };
    const reason = compareObjects(mode, both, stores);
    assertEquals(reason === "look" ? reason : `${isSkip(reason) ? "skip" : "transfer"}: ${reason}`, answer);
  });
}
