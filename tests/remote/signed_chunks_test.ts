/** Bodies that are signed while they pass: against the published example, and against a server that checks every chunk. */
import { createHash } from "node:crypto";
import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { Watch } from "../../lib/bytes/watch.ts";
import { Exchange } from "../../lib/remote/exchange.ts";
import { protocolOf } from "../../lib/remote/protocol_of.ts";
import { S3_SCHEME, Signer } from "../../lib/remote/sign.ts";
import { BodySigning, inSignedChunks, signedLength } from "../../lib/remote/signed_chunks.ts";
import { BucketAdmin } from "../bucket_admin.ts";
import { html } from "../campaign/odd_bend.ts";
import { failure, plain } from "../campaign/odd_s3.ts";
import { OddStore } from "../campaign/odd_store.ts";
import { startEmbedded } from "../e2e/scene.ts";
import { randomBytes } from "../e2e/trees.ts";
import { readyS3 } from "./s3_under_test.ts";

const KEYS = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
/** The example of the S3 API reference: 65 KiB of "a" in chunks of 64 KiB. */
const SIGNATURES = [
  "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
  "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
  "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
];

Deno.test("chunks are signed as in the published example", () => {
  const signer = new Signer(S3_SCHEME, "us-east-1");
  const headers = {
    "x-amz-date": "20130524T000000Z",
    authorization: "… Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  };
  const sign = signer.chunkSigner(headers, KEYS);
  const text = (bytes: number) => new Uint8Array(bytes).fill("a".charCodeAt(0));
  assertEquals([sign(text(65_536)), sign(text(1024)), sign(text(0))], SIGNATURES);
});

Deno.test("signedLength() is what a body in signed chunks measures, at every border", async () => {
  for (const sizeBytes of [1, 8191, 65_535, 65_536, 65_537, 131_072, 200_000]) {
    let sent = 0;
    const write = async (sink: (chunk: Uint8Array) => Promise<void> | void) => {
      for (let left = sizeBytes; left > 0; left -= 30_000) await sink(new Uint8Array(Math.min(30_000, left)));
    };
    const body = inSignedChunks({ sizeBytes, write }, () => "0".repeat(64));
    await body.write((chunk) => void (sent += chunk.length));
    assertEquals([body.sizeBytes, sent], [signedLength(sizeBytes), signedLength(sizeBytes)]);
  }
});

/** Puts the same bytes until they are taken; returns how each attempt ended. */
async function putOften(
  exchange: Exchange,
  bytes: Uint8Array,
  { times = 2, headers = {} }: { readonly times?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<string[]> {
  const ends: string[] = [];
  for (let attempt = 0; attempt < times; attempt++) {
    using watch = new Watch(new AbortController().signal, 5000, "Cannot write");
    const body = { sizeBytes: bytes.length, write: async (sink: (chunk: Uint8Array) => Promise<void> | void) => await sink(bytes) };
    try {
      await exchange.put({ method: "PUT", key: "k", headers: { "content-type": "text/x", ...headers } }, body, {
        what: "Cannot write",
        key: "k",
        watch,
      });
      ends.push("taken");
    } catch (error) {
      ends.push(error instanceof TransferError ? error.kind : String(error));
    }
  }
  return ends;
}

Deno.test("an unsigned body that is refused is signed from then on, which is said once", async () => {
  const gate = new OddStore([{
    instead: ({ headers }) =>
      headers.get("x-amz-content-sha256") === "UNSIGNED-PAYLOAD" ? failure(400, "InvalidArgument", "Payload") : undefined,
  }]);
  const notes: string[] = [];
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const account = { endpoint: gate.endpoint, region: "us-east-1", ...KEYS };
  const refused = new Exchange(readyS3(account, "bucket"), { timeoutMs: 5000, onNote: (note) => notes.push(note) });
  try {
    assertEquals(await putOften(refused, bytes), ["network", "taken"]);
    assertEquals(gate.objects.get("k")?.bytes, bytes);
    assertEquals(gate.objects.get("k")?.headers, { "content-type": "text/x" });
    assertEquals(notes.map((note) => /what is sent is signed/.test(note)), [true]);
  } finally {
    refused.close();
    await gate.stop();
  }
});

Deno.test("a server that checks the signature of every chunk takes them, and not with a byte changed", async () => {
  const server = await startEmbedded();
  const admin = new BucketAdmin(server, "signed");
  await admin.create();
  const ready = readyS3(server, "signed");
  const bytes = randomBytes(150_000);
  for (const changed of [false, true]) {
    const headers = {
      "content-length": String(signedLength(bytes.length)),
      "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
      "x-amz-decoded-content-length": String(bytes.length),
    };
    const signed = protocolOf(ready).sign({ method: "PUT", key: `k-${changed}`, headers }, ready.credentials, Date.now());
    const sent: Uint8Array[] = [];
    const body = inSignedChunks({ sizeBytes: bytes.length, write: async (sink) => await sink(bytes) }, signed.signChunk ?? (() => ""));
    await body.write((chunk) => void sent.push(chunk.slice()));
    const last = sent.at(-4);
    if (changed && last !== undefined) last[0] = (last[0] ?? 0) ^ 1;
    const response = await fetch(server.endpoint + signed.target, {
      method: "PUT",
      headers: signed.headers,
      body: new Blob(sent as Uint8Array<ArrayBuffer>[]),
    });
    await response.body?.cancel();
    assertEquals(response.status, changed ? 403 : 200);
  }
  assertEquals(await admin.read("k-false"), bytes);
  admin.close();
  await server.stop();
});

Deno.test("a store that refuses a signed body in every form, and one that spoke of something else, get no further attempt", async () => {
  const lasting = ["network", "network", "unsupported", "unsupported"];
  for (const [message, ends] of [["payload", lasting], ["bad key", ["unsupported", "unsupported"]]] as const) {
    const store = new OddStore([{ instead: ({ question }) => question === "put" ? failure(400, "InvalidArgument", message) : undefined }]);
    const account = { endpoint: store.endpoint, region: "us-east-1", ...KEYS };
    const exchange = new Exchange(readyS3(account, "bucket"), { timeoutMs: 5000 });
    assertEquals(await putOften(exchange, new Uint8Array(10), { times: ends.length }), [...ends]);
    exchange.close();
    await store.stop();
  }
});

/** Refusals of what is said of a payload, by status and code; the message is one of a store that knows digests alone. */
const REFUSALS = [[501, "NotImplemented"], [400, "InvalidRequest"], [400, "XAmzContentSHA256Mismatch"], [400, "InvalidDigest"], [
  403,
  "SignatureDoesNotMatch",
]] as const;

for (const [status, code] of REFUSALS) {
  Deno.test(`a store that refuses unsigned bodies and chunks with ${status} ${code} gets the digest of the whole`, async () => {
    const reply = failure(status, code, "The provided 'x-amz-content-sha256' header must be a valid SHA256");
    const store = new OddStore([{
      instead: ({ headers }) => /^(UNSIGNED|STREAMING)/.test(headers.get("x-amz-content-sha256") ?? "") ? reply : undefined,
    }]);
    const notes: string[] = [];
    const account = { endpoint: store.endpoint, region: "us-east-1", ...KEYS };
    const exchange = new Exchange(readyS3(account, "bucket"), { timeoutMs: 5000, onNote: (note) => notes.push(note) });
    const bytes = randomBytes(200_000);
    try {
      assertEquals((await putOften(exchange, bytes, { times: 4 })).at(-1), "taken");
      assertEquals(store.objects.get("k")?.bytes, bytes);
      assertEquals(store.asked.at(-1)?.headers.get("x-amz-content-sha256"), createHash("sha256").update(bytes).digest("hex"));
      assertEquals(notes.map((note) => /signed as a whole/.test(note)), [true]);
    } finally {
      exchange.close();
      await store.stop();
    }
  });
}

Deno.test("a body that is too large to be held is refused with the way out, and nothing of it is read", async () => {
  const account = { endpoint: "http://127.0.0.1:1", region: "us-east-1", ...KEYS };
  const signing = new BodySigning(readyS3(account, "bucket"), () => {});
  const refused = new TransferError("unsupported", "unsigned payload", { status: 400 });
  const small = { sizeBytes: 1, write: () => Promise.resolve() };
  for (let way = 0; way < 2; way++) signing.doubt(await signing.declare({ method: "PUT", key: "k" }, small), refused);
  const large = { sizeBytes: 16 * 1024 ** 2 + 1, write: () => Promise.reject(new Error("read")) };
  await assertRejects(() => signing.declare({ method: "PUT", key: "k" }, large), TransferError, "use a smaller part_size");
});

/** How stores refuse a header that they do not know. */
const BARE = [plain(403), plain(400), failure(403, "AccessDenied", "Access Denied"), failure(400, "WeirdThing", "no"), html(403)];

for (const reply of BARE) {
  Deno.test(`a checksum header that is refused with ${reply.status} (${reply.body.length} bytes) is left off, said once`, async () => {
    const store = new OddStore([{ instead: ({ headers }) => headers.has("x-amz-checksum-crc32") ? reply : undefined }]);
    const notes: string[] = [];
    const account = { endpoint: store.endpoint, region: "us-east-1", ...KEYS };
    const exchange = new Exchange(readyS3(account, "bucket"), { timeoutMs: 5000, onNote: (note) => notes.push(note) });
    const guard = { "x-amz-checksum-crc32": "AAAAAA==" };
    try {
      assertEquals(await putOften(exchange, new Uint8Array(0), { times: 3, headers: guard }), ["network", "taken", "taken"]);
      assertEquals(store.asked.length, 3);
      assertEquals(notes.map((note) => note.includes("x-amz-checksum-crc32")), [true]);
    } finally {
      exchange.close();
      await store.stop();
    }
  });
}

Deno.test("a refusal that has nothing to do with the checksum header costs one more attempt, and says nothing of headers", async () => {
  const store = new OddStore([{ instead: ({ question }) => question === "put" ? failure(403, "AccessDenied", "x") : undefined }]);
  const notes: string[] = [];
  const account = { endpoint: store.endpoint, region: "us-east-1", ...KEYS };
  const exchange = new Exchange(readyS3(account, "bucket"), { timeoutMs: 5000, onNote: (note) => notes.push(note) });
  try {
    const guard = { "x-amz-checksum-crc32": "AAAAAA==" };
    assertEquals(await putOften(exchange, new Uint8Array(0), { times: 4, headers: guard }), ["network", "denied", "denied", "denied"]);
    assertEquals(notes, []);
  } finally {
    exchange.close();
    await store.stop();
  }
});
