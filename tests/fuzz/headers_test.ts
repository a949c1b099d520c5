/**
 * Heads of answers with wounds, on a real socket: an object arrives as exactly the bytes that were announced, or there is one clear error
 * and no file; what is told of it can be reckoned with.
 */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { openWire } from "../../lib/wire/open.ts";
import type { ObjectDetails } from "../../lib/types.ts";
import { decodeHeaderText, encodeHeaderText } from "../../lib/remote/encode.ts";
import { failureOf, ossMeaning } from "../../lib/remote/failure.ts";
import { restoreOwnership } from "../../lib/disk/tree_node.ts";
import { refusal } from "./answer_documents.ts";
import { CANARY, type Chance, INHERITED, ODD_CHARACTERS, ODD_NUMBERS } from "./chance.ts";
import { type Kind, KINDS, readyAt, startBare, storeAt } from "./hostile_scene.ts";
import { fuzz, playAll } from "./rounds.ts";
import { seedsToPlay } from "../test_seed.ts";
import { assertNumbers, assertOwnError, promiseOrOwnError, valueOrOwnError } from "./verdict.ts";

const BODY = "hello";
const TIMEOUT_MS = 700;

const HEADS: readonly (readonly [string, string])[] = [
  ["content-length", "5"],
  ["content-range", "bytes 0-4/5"],
  ["etag", '"5d41402abc4b2a76b9719d911017c592"'],
  ["last-modified", "Thu, 01 Jan 2026 00:00:00 GMT"],
  ["content-type", "text/plain"],
  ["x-amz-meta-name", "=?UTF-8?B?w6k=?="],
  ["x-amz-meta-raw", "caf\u00c3\u00a9"],
  ["x-oss-meta-name", "b"],
  ["x-amz-checksum-crc32", "NhCmhg=="],
  ["x-amz-tagging-count", "2"],
  ["x-oss-tagging-count", "2"],
  ["x-oss-hash-crc64ecma", "123"],
  ["x-oss-object-type", "Normal"],
  ["x-amz-storage-class", "STANDARD_IA"],
  ["x-amz-version-id", "v1"],
  ["x-amz-mp-parts-count", "2"],
  ["expires", "Thu, 01 Jan 2026 00:00:00 GMT"],
  ["content-encoding", "gzip"],
  ["x-amz-restore", 'ongoing-request="true"'],
  ["retry-after", "1"],
];

const DATES = [
  "Thu, 01 Jan 99999 00:00:00 GMT",
  "Thu, 01 Jan 1601 00:00:00 GMT",
  "Fri, 31 Dec 275760 00:00:00 GMT",
  "-1",
  "0",
  "9999999999999",
  "Invalid Date",
];

/** A value as bytes may stand in a head, one character each; line ends are the head's own. */
function headValue(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1").replaceAll(/[\r\n\0]/g, "~").slice(0, 3000);
}

function woundedHead(chance: Chance): string {
  const lines: string[] = [];
  for (const [name, value] of HEADS) {
    if (name !== "content-length" && chance.oneIn(3)) continue;
    if (name === "content-encoding" && !chance.oneIn(6)) continue;
    const other = name.includes("modified")
      ? chance.pick(DATES)
      : chance.oneIn(3)
      ? chance.pick(ODD_NUMBERS)
      : chance.mutate(value, ODD_CHARACTERS);
    lines.push(`${name}: ${chance.oneIn(name === "content-length" ? 8 : 3) ? headValue(other) : value}`);
    if (chance.oneIn(25)) lines.push(lines.at(-1) ?? "");
  }
  if (chance.oneIn(4)) lines.push(`x-amz-meta-${chance.pick(INHERITED)}: ${headValue(chance.junk())}`);
  if (chance.oneIn(10)) lines.push(headValue(chance.junk()));
  // An empty line would end the head.
  return lines.filter((line) => line !== "").join("\r\n");
}

function saying(head: string, status = "200 OK", body = BODY): { first: Uint8Array } {
  return { first: Buffer.from(`HTTP/1.1 ${status}\r\nconnection: close\r\n${head}\r\n\r\n${body}`, "latin1") };
}

function assertDetails(details: ObjectDetails): void {
  // Times before 1970 are times.
  const { lastModifiedMs, ...rest } = details;
  assertNumbers(rest);
  assert(lastModifiedMs === undefined || Number.isSafeInteger(lastModifiedMs), `${lastModifiedMs}`);
  for (const [name, value] of Object.entries(details.headers.metadata ?? {})) assert(typeof value === "string", name);
}

async function download(kind: Kind, endpoint: string, root: string): Promise<void> {
  const options = { sourceCredentials: undefined, destinationCredentials: undefined, timeoutMs: TIMEOUT_MS, now: () => Date.now() };
  const wire = openWire(readyAt(kind, endpoint), { type: "local", name: "local", bucket: root }, options);
  const headers = () => Promise.resolve({});
  try {
    const source = { key: "k", sizeBytes: BODY.length };
    const moved = await promiseOrOwnError(() =>
      wire.moveObject({ source, destinationKey: "file", headers, guard: "none", digests: [] }, new AbortController().signal)
    );
    if (moved === undefined) return assertEquals([...Deno.readDirSync(root)], []);
    assertDetails(moved.details);
    assertEquals(await Deno.readTextFile(`${root}/file`), BODY);
  } finally {
    wire.close();
  }
}

for (const kind of KINDS) {
  const seeds = seedsToPlay(80);
  Deno.test(`an object of ${kind} arrives as announced under any head, or not at all (seeds ${seeds[0]} to ${seeds.at(-1)})`, () =>
    playAll(seeds, async (chance) => {
      const root = await Deno.makeTempDir({ prefix: "sluice-heads-" });
      await using server = await startBare(
        saying(woundedHead(chance), chance.oneIn(10) ? chance.pick(["206 P", "204 N", "304 N", "100 C"]) : undefined),
      );
      try {
        await download(kind, server.endpoint, root);
      } finally {
        await Deno.remove(root, { recursive: true });
      }
    }));

  Deno.test(`what a HEAD of ${kind} tells can be reckoned with (seeds ${seeds[0]} to ${seeds.at(-1)})`, () =>
    playAll(seeds, async (chance) => {
      await using server = await startBare(saying(woundedHead(chance), undefined, ""));
      const store = storeAt(kind, server.endpoint, TIMEOUT_MS);
      try {
        const details = await promiseOrOwnError(() => store.head("k"));
        if (details !== undefined) assertDetails(details);
      } finally {
        store.close();
      }
    }));

  Deno.test(`a HEAD of ${kind} that names no length is not an empty object: its size is the listing's, or it fails`, async () => {
    const entry = "<Contents><Key>k</Key><Size>5</Size><ETag>e</ETag></Contents>";
    for (const listed of [entry, ""]) {
      await using server = await startBare({
        first: (request) =>
          `HTTP/1.1 200 OK\r\nconnection: close\r\netag: "e"\r\n\r\n${
            request.startsWith("HEAD") ? "" : `<ListBucketResult><IsTruncated>false</IsTruncated>${listed}</ListBucketResult>`
          }`,
      });
      const store = storeAt(kind, server.endpoint, TIMEOUT_MS);
      try {
        const found = await store.head("k").catch((thrown) => thrown);
        if (listed === entry) assertEquals(found.sizeBytes, BODY.length);
        else {
          assertOwnError(found);
          assertEquals(found.kind, "unsupported");
        }
      } finally {
        store.close();
      }
    }
  });
}

fuzz("text in a header comes back as it was, and bytes that are no text stay bytes", 3000, (chance) => {
  const text = chance.junk().toWellFormed();
  const sent = valueOrOwnError(() => encodeHeaderText(text));
  if (sent !== undefined) assertEquals(decodeHeaderText(sent), text);
  const bytes = Buffer.from(Array.from({ length: chance.below(20) }, () => chance.below(256))).toString("latin1");
  decodeHeaderText(bytes);
});

fuzz("a refusal of any words is one clear error of bounded length", 1500, (chance) => {
  const facts = {
    status: chance.pick([200, 301, 400, 403, 404, 409, 412, 416, 429, 500, 503, 599]),
    code: chance.oneIn(2) ? chance.mutate("AccessDenied", INHERITED) : chance.pick(INHERITED),
    message: chance.mutate("must be addressed using the specified endpoint https://x/?Signature=1", [refusal("x")]),
    requestId: chance.junk(),
    region: chance.mutate("eu-west-1"),
    endpoint: chance.oneIn(2) ? chance.mutate("oss-cn-beijing.aliyuncs.com") : undefined,
    retryAfter: chance.pick(ODD_NUMBERS),
    what: "Cannot read b/k",
  };
  for (const failure of [failureOf(facts), failureOf(facts, ossMeaning(facts, "v4"))]) {
    assertOwnError(failure);
    assert(failure.message.length < 1000, `${failure.message.length} characters`);
    const { retryAfterMs: waitMs } = failure;
    assert(waitMs === undefined || (waitMs >= 0 && waitMs <= 120_000), String(waitMs));
  }
});

Deno.test("a refusal never repeats a query string, however long and however often", () => {
  for (const message of [`https://x/?${CANARY}`, "http://".repeat(500_000), `${"http://a".repeat(1000)}?${CANARY}`]) {
    assertOwnError(failureOf({ status: 400, message, what: "Cannot read b/k" }));
  }
});

fuzz("owners and modes that a store tells are set or passed over", 300, async (chance) => {
  const path = await Deno.makeTempFile({ prefix: "sluice-owner-" });
  const uid = Deno.uid() ?? 0;
  try {
    const value = (good: number) => (chance.oneIn(3) ? String(good) : chance.pick([...ODD_NUMBERS, ...INHERITED, chance.junk()]));
    await promiseOrOwnError(async () => {
      await restoreOwnership(path, { owner: value(uid), group: value(Deno.gid() ?? 0), permissions: value(0o644) }, "file");
    });
    assert((await Deno.lstat(path)).isFile);
  } finally {
    await Deno.remove(path);
  }
});
