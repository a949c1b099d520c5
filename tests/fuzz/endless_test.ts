/**
 * Stores that never come to an end, on a real socket: bodies, heads, entities, bombs. Each ends in a clear error long before memory does;
 * the server would go on far beyond what any client may read.
 */
import { assert, assertStringIncludes } from "@std/assert";
import { gzipSync } from "node:zlib";
import { TransferError } from "../../lib/errors.ts";
import { ANSWER_BYTES_MAX, MIB } from "../../lib/limits.ts";
import { openWire } from "../../lib/wire/open.ts";
import type { Store } from "../../lib/store/store.ts";
import { listing } from "./answer_documents.ts";
import { ENDLESS_BYTES, KINDS, readyAt, type Saying, startBare, storeAt } from "./hostile_scene.ts";
import { assertOwnError } from "./verdict.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\n";
/** Ends what only time ends; everything else ends by itself. */
const TIMEOUT_MS = 700;
/** What sockets and buffers between the two may hold besides what was read. */
const ON_THE_WAY_BYTES = 48 * MIB;

function whole(body: string | Uint8Array, head = OK): Uint8Array {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const start = new TextEncoder().encode(`${head}content-length: ${bytes.length}\r\nconnection: close\r\n\r\n`);
  const all = new Uint8Array(start.length + bytes.length);
  all.set(start);
  all.set(bytes, start.length);
  return all;
}

function withDoctype(entities: string, key: string): Uint8Array {
  return whole(listing([key]).replace("?>\n", `?>\n<!DOCTYPE x [${entities}]>`).replace("<EncodingType>url</EncodingType>", ""));
}

const LAUGHS = Array.from({ length: 30 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`).join("");
const BOMB = gzipSync(new Uint8Array(64 * MIB));

const LISTINGS: Readonly<Record<string, Saying>> = {
  "a body without end": {
    first: `${OK}content-length: 99999999999\r\n\r\n<ListBucketResult>`,
    forEver: "<Contents><Key>a</Key></Contents>",
  },
  "a chunked body without end": { first: `${OK}transfer-encoding: chunked\r\n\r\n`, forEver: `2000\r\n${" ".repeat(8192)}\r\n` },
  "a refusal without end": { first: "HTTP/1.1 500 Oops\r\ncontent-length: 99999999999\r\n\r\n<Error>", forEver: "<Message>x</Message>" },
  "a header without end": { first: "HTTP/1.1 200 OK\r\nx-a: ", forEver: "aaaa" },
  "headers without end": { first: "HTTP/1.1 200 OK\r\n", forEver: "x-a: bbbb\r\n" },
  "a status line without end": { first: "HTTP/1.1 200 ", forEver: "OK" },
  "interim answers without end": { first: "", forEver: "HTTP/1.1 100 Continue\r\n\r\n" },
  "no HTTP at all": { first: "SSH-2.0-OpenSSH\r\n", forEver: "x" },
  "a decompression bomb": { first: whole(BOMB, `${OK}content-encoding: gzip\r\n`) },
  "an entity of its own": { first: withDoctype('<!ENTITY a "AAAA">', "p/&a;") },
  "a billion laughs": { first: withDoctype(`<!ENTITY l0 "lol">${LAUGHS}`, "p/&l30;") },
  "an external entity": { first: withDoctype('<!ENTITY a SYSTEM "file:///etc/passwd">', "p/&a;") },
  "a parameter entity": { first: withDoctype('<!ENTITY % a SYSTEM "http://127.0.0.1:1/x"> %a;', "p/a") },
  "a character beyond Unicode": { first: whole(listing(["p/&#x110000;"])) },
  "half a character": { first: whole(listing(["p/&#xD800;"])) },
  "an entity that objects inherit": { first: whole(listing(["p/&constructor;"])) },
  "elements without end": { first: whole(listing(["p/a"]).replace("</Contents>", `${"<a/>".repeat(1_500_000)}</Contents>`)) },
  "depth without end": { first: whole(listing(["p/a"]).replace("<Contents>", `${"<a>".repeat(900_000)}<Contents>`)) },
  "sizes below zero": { first: whole(listing(["p/a"]).replace("<Size>0<", "<Size>-1<")) },
};

async function list(store: Store): Promise<void> {
  for await (const page of store.list({ prefix: "p/", signal: new AbortController().signal })) assert(page.length > 0);
}

async function failureOf(run: () => Promise<unknown>): Promise<TransferError> {
  try {
    await run();
  } catch (error) {
    assertOwnError(error);
    return error;
  }
  throw new Error("It was believed");
}

for (const kind of KINDS) {
  for (const [what, saying] of Object.entries(LISTINGS)) {
    Deno.test(`a listing of ${kind} with ${what} ends in a clear error`, async () => {
      await using server = await startBare(saying);
      const store = storeAt(kind, server.endpoint, TIMEOUT_MS);
      try {
        const error = await failureOf(() => list(store));
        assertStringIncludes(error.message, "Cannot list");
        // Interim answers are cast away as they come: there it is time that ends it.
        if (!what.startsWith("interim")) assert(server.sentBytes() < ANSWER_BYTES_MAX + ON_THE_WAY_BYTES, `${server.sentBytes()} bytes`);
      } finally {
        store.close();
      }
    });
  }

  Deno.test(`a refusal of ${kind} that is a page of a proxy keeps the meaning of its status`, async () => {
    await using server = await startBare({
      first: whole("<!DOCTYPE html><html><body>Forbidden&nbsp;&copy;</body></html>", "HTTP/1.1 403 Forbidden\r\n"),
    });
    const store = storeAt(kind, server.endpoint);
    try {
      const error = await failureOf(() => store.readTags("p/a"));
      assert(error.kind === "denied" && error.status === 403, `${error.kind} ${error.message}`);
    } finally {
      store.close();
    }
  });
}

const READS: Readonly<Record<string, Saying>> = {
  "a refusal without end": { first: "HTTP/1.1 500 Oops\r\ncontent-length: 99999999999\r\n\r\n<Error>", forEver: "<Message>x</Message>" },
  "a chunked refusal without end": {
    first: "HTTP/1.1 403 No\r\ntransfer-encoding: chunked\r\n\r\n",
    forEver: `2000\r\n${" ".repeat(8192)}\r\n`,
  },
  "headers without end": { first: "HTTP/1.1 200 OK\r\n", forEver: "x-a: bbbb\r\n" },
  "a header without end": { first: "HTTP/1.1 200 OK\r\nx-a: ", forEver: "aaaa" },
  "interim answers without end": { first: "", forEver: "HTTP/1.1 100 Continue\r\n\r\n" },
  "more bytes than announced": { first: "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", forEver: "x" },
  "no length": { first: "HTTP/1.1 200 OK\r\n\r\n", forEver: "x" },
  "two lengths": { first: "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!" },
  "a length below zero": { first: "HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello" },
  "a decompression bomb": { first: whole(BOMB, "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n") },
};

for (const kind of KINDS) {
  for (const key of ["plain", "a/../raw"]) {
    for (const [what, saying] of Object.entries(READS)) {
      Deno.test(`an object of ${kind} under ${key} with ${what} ends in a clear error and no file`, async () => {
        await using server = await startBare(saying);
        const root = await Deno.makeTempDir({ prefix: "sluice-endless-" });
        const options = { sourceCredentials: undefined, destinationCredentials: undefined, timeoutMs: TIMEOUT_MS, now: () => Date.now() };
        const wire = openWire(readyAt(kind, server.endpoint), { type: "local", name: "local", bucket: root }, options);
        try {
          const source = { key, sizeBytes: 5, etag: "e" };
          const move = { source, destinationKey: "file", headers: () => Promise.resolve({}), guard: "none" as const, digests: [] };
          await failureOf(() => wire.moveObject(move, new AbortController().signal));
          assert(server.sentBytes() < ENDLESS_BYTES || what.startsWith("interim"), `${server.sentBytes()} bytes were read`);
          assert([...Deno.readDirSync(root)].length === 0, "something was left in the folder");
        } finally {
          wire.close();
          await Deno.remove(root, { recursive: true });
        }
      });
    }
  }
}
