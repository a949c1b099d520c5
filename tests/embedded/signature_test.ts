/** Signature Version 4 against the examples that Amazon publishes in its API reference, and the requests that must be refused. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { verifyRequest } from "../../lib/embedded/s3/auth.ts";
import { decodeChunked } from "../../lib/embedded/s3/chunked.ts";
import { S3Error } from "../../lib/embedded/s3/errors.ts";
import { headersFrom } from "../../lib/embedded/request.ts";
import {
  canonicalRequest,
  ChunkSigner,
  parseQuery,
  signatureOf,
  type SignedParts,
  signingKey,
  stringToSign,
  uriDecode,
} from "../../lib/embedded/s3/signature.ts";
import { codeOf, send, withStore } from "./raw_client.ts";

const KEYS = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const SCOPE = "20130524/us-east-1/s3/aws4_request";
const TIMESTAMP = "20130524T000000Z";
const SIGNED_MS = Date.UTC(2013, 4, 24);
const EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

interface Example {
  method: string;
  target: string;
  headers: Record<string, string>;
  signedHeaders: string;
  signature: string;
}

/** "Signature Calculations for the Authorization Header", the four examples. */
const EXAMPLES: Example[] = [
  {
    method: "GET",
    target: "/test.txt",
    headers: {
      "host": "examplebucket.s3.amazonaws.com",
      "range": "bytes=0-9",
      "x-amz-content-sha256": EMPTY_HASH,
      "x-amz-date": TIMESTAMP,
    },
    signedHeaders: "host;range;x-amz-content-sha256;x-amz-date",
    signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
  {
    method: "PUT",
    target: "/test$file.text",
    headers: {
      "date": "Fri, 24 May 2013 00:00:00 GMT",
      "host": "examplebucket.s3.amazonaws.com",
      "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      "x-amz-date": TIMESTAMP,
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
    },
    signedHeaders: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
    signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  },
  {
    method: "GET",
    target: "/?lifecycle",
    headers: { "host": "examplebucket.s3.amazonaws.com", "x-amz-content-sha256": EMPTY_HASH, "x-amz-date": TIMESTAMP },
    signedHeaders: "host;x-amz-content-sha256;x-amz-date",
    signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  },
  {
    method: "GET",
    target: "/?max-keys=2&prefix=J",
    headers: { "host": "examplebucket.s3.amazonaws.com", "x-amz-content-sha256": EMPTY_HASH, "x-amz-date": TIMESTAMP },
    signedHeaders: "host;x-amz-content-sha256;x-amz-date",
    signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  },
];

function partsOf(example: Pick<Example, "method" | "target" | "headers">): SignedParts {
  const [rawPath = "", rawQuery = ""] = example.target.split("?");
  return { method: example.method, rawPath, query: parseQuery(rawQuery), headers: headersFrom(Object.entries(example.headers).flat()) };
}

function authorization(signedHeaders: string, signature: string): string {
  return `AWS4-HMAC-SHA256 Credential=${KEYS.accessKeyId}/${SCOPE},SignedHeaders=${signedHeaders},Signature=${signature}`;
}

function signedParts(example: Example, change: Record<string, string> = {}): SignedParts {
  const headers = { ...example.headers, authorization: authorization(example.signedHeaders, example.signature), ...change };
  return partsOf({ ...example, headers });
}

function codeThrown(action: () => unknown): string {
  return (assertThrows(action, S3Error) as S3Error).code;
}

Deno.test("verifyRequest() accepts the published examples", () => {
  for (const example of EXAMPLES) verifyRequest(signedParts(example), KEYS, SIGNED_MS);
});

Deno.test("verifyRequest() refuses any change to a signed request", () => {
  const [get] = EXAMPLES;
  assert(get !== undefined);
  const codes = [
    () => verifyRequest(signedParts(get, { range: "bytes=0-8" }), KEYS, SIGNED_MS),
    () => verifyRequest({ ...signedParts(get), rawPath: "/test.txs" }, KEYS, SIGNED_MS),
    () => verifyRequest({ ...signedParts(get), method: "HEAD" }, KEYS, SIGNED_MS),
    () => verifyRequest({ ...signedParts(get), query: [["a", ""]] }, KEYS, SIGNED_MS),
    () => verifyRequest(signedParts(get), { ...KEYS, secretAccessKey: `${KEYS.secretAccessKey}x` }, SIGNED_MS),
  ].map(codeThrown);
  assertEquals(new Set(codes), new Set(["SignatureDoesNotMatch"]));
});

Deno.test("verifyRequest() names what is wrong with key, clock, scope and unsigned headers", () => {
  const [get] = EXAMPLES;
  assert(get !== undefined);
  assertEquals(codeThrown(() => verifyRequest(signedParts(get), { ...KEYS, accessKeyId: "other" }, SIGNED_MS)), "InvalidAccessKeyId");
  const minutes = 60_000;
  verifyRequest(signedParts(get), KEYS, SIGNED_MS + 15 * minutes);
  assertEquals(codeThrown(() => verifyRequest(signedParts(get), KEYS, SIGNED_MS + 15 * minutes + 1)), "RequestTimeTooSkewed");
  assertEquals(codeThrown(() => verifyRequest(signedParts(get), KEYS, SIGNED_MS - 15 * minutes - 1)), "RequestTimeTooSkewed");
  assertEquals(codeThrown(() => verifyRequest(signedParts(get, { "x-amz-meta-a": "b" }), KEYS, SIGNED_MS)), "AccessDenied");
  assertEquals(codeThrown(() => verifyRequest(partsOf(get), KEYS, SIGNED_MS)), "AccessDenied");
  assertEquals(codeThrown(() => verifyRequest(signedParts(get, { authorization: "AWS a:b" }), KEYS, SIGNED_MS)), "InvalidRequest");
  const yesterday = authorization(get.signedHeaders, get.signature).replace("20130524", "20130523");
  assertEquals(
    codeThrown(() => verifyRequest(signedParts(get, { authorization: yesterday }), KEYS, SIGNED_MS)),
    "AuthorizationHeaderMalformed",
  );
});

/** "Authenticating Requests: Using Query Parameters", the example. */
const PRESIGNED =
  "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
  "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host" +
  "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

Deno.test("verifyRequest() accepts the published presigned URL until it expires", () => {
  const parts = partsOf({ method: "GET", target: PRESIGNED, headers: { host: "examplebucket.s3.amazonaws.com" } });
  verifyRequest(parts, KEYS, SIGNED_MS + 86_400_000);
  assertEquals(codeThrown(() => verifyRequest(parts, KEYS, SIGNED_MS + 86_400_001)), "AccessDenied");
  assertEquals(codeThrown(() => verifyRequest({ ...parts, method: "PUT" }, KEYS, SIGNED_MS)), "SignatureDoesNotMatch");
});

/** "Signature Calculations … Transferring Payload in Multiple Chunks": 66,560 times the letter a, in 65,536 and 1,024. */
const CHUNKED_HEADERS = {
  "content-encoding": "aws-chunked",
  "content-length": "66824",
  "host": "s3.amazonaws.com",
  "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "x-amz-date": TIMESTAMP,
  "x-amz-decoded-content-length": "66560",
  "x-amz-storage-class": "REDUCED_REDUNDANCY",
};
const SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
const CHUNK_SIGNATURES = [
  "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
  "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
  "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
];

function frame(sizes: readonly number[], signatures: readonly string[], end = "\r\n"): Uint8Array {
  const text = sizes.map((size, index) =>
    `${size.toString(16)};chunk-signature=${signatures[index]}\r\n${"a".repeat(size)}${size > 0 ? "\r\n" : ""}`
  );
  return new TextEncoder().encode(text.join("") + end);
}

/** In pieces of odd sizes, so that headers are cut anywhere. */
async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let first = 0; first < bytes.length; first += size) yield await Promise.resolve(bytes.subarray(first, first + size));
}

async function decodedBytes(
  bytes: Uint8Array,
  size: number,
  signer: ChunkSigner,
  trailer = false,
): Promise<{ count: number; trailers: Map<string, string> }> {
  const trailers = new Map<string, string>();
  let count = 0;
  for await (const chunk of decodeChunked(inPieces(bytes, size), { signer, trailer, trailers })) {
    assert(chunk.every((byte) => byte === 97));
    count += chunk.length;
  }
  return { count, trailers };
}

Deno.test("decodeChunked() accepts the published signed chunks however the wire cuts them", async () => {
  const parts = partsOf({ method: "PUT", target: "/examplebucket/chunkObject.txt", headers: CHUNKED_HEADERS });
  const canonical = canonicalRequest(parts, Object.keys(CHUNKED_HEADERS).sort(), CHUNKED_HEADERS["x-amz-content-sha256"]);
  const key = signingKey(KEYS.secretAccessKey, SCOPE);
  assertEquals(signatureOf(key, stringToSign(TIMESTAMP, SCOPE, canonical)), SEED);
  const body = frame([65_536, 1024, 0], CHUNK_SIGNATURES);
  assertEquals(body.length, 66_824);
  for (const size of [7, 4096, 100_000]) {
    assertEquals(
      (await decodedBytes(body, size, new ChunkSigner(key, { timestamp: TIMESTAMP, scope: SCOPE, signature: SEED }))).count,
      66_560,
    );
  }
});

Deno.test("decodeChunked() accepts the published signed trailer, and refuses a changed one", async () => {
  const key = signingKey(KEYS.secretAccessKey, SCOPE);
  const seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
  const signatures = [
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
  ];
  const end = "x-amz-checksum-crc32c:sOO8/Q==\r\n" +
    "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
  const good = await decodedBytes(
    frame([65_536, 1024, 0], signatures, end),
    1000,
    new ChunkSigner(key, { timestamp: TIMESTAMP, scope: SCOPE, signature: seed }),
    true,
  );
  assertEquals(good, { count: 66_560, trailers: new Map([["x-amz-checksum-crc32c", "sOO8/Q=="]]) });
  const changed = frame([65_536, 1024, 0], signatures, end.replace("sOO8", "sOO9"));
  const error = await decodedBytes(changed, 1000, new ChunkSigner(key, { timestamp: TIMESTAMP, scope: SCOPE, signature: seed }), true)
    .catch((caught: unknown) => caught);
  assertEquals((error as S3Error).code, "SignatureDoesNotMatch");
});

Deno.test("decodeChunked() refuses wrong signatures, small chunks, and bodies that end or go on too early", async () => {
  const key = signingKey(KEYS.secretAccessKey, SCOPE);
  const signer = () => new ChunkSigner(key, { timestamp: TIMESTAMP, scope: SCOPE, signature: SEED });
  const whole = frame([65_536, 1024, 0], CHUNK_SIGNATURES);
  const code = async (bytes: Uint8Array) => {
    const caught = await decodedBytes(bytes, 5000, signer()).catch((error: unknown) => error);
    return caught instanceof S3Error ? caught.code : "accepted";
  };
  assertEquals(await code(frame([65_536, 1024, 0], CHUNK_SIGNATURES.toReversed())), "SignatureDoesNotMatch");
  assertEquals(await code(whole.subarray(0, 60_000)), "IncompleteBody");
  assertEquals(await code(whole.subarray(0, 66_000)), "IncompleteBody");
  assertEquals(await code(new Uint8Array([...whole, 97])), "IncompleteBody");
  const small = new ChunkSigner(key, { timestamp: TIMESTAMP, scope: SCOPE, signature: SEED });
  const hashOfOne = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
  const signatures = [small.nextChunk(hashOfOne), small.nextChunk(hashOfOne), small.nextChunk(EMPTY_HASH)];
  assertEquals(await code(frame([1, 1, 0], signatures)), "InvalidChunkSizeError");
});

Deno.test("uriDecode() refuses what is no UTF-8", () => {
  assertEquals(codeThrown(() => uriDecode("%ff")), "InvalidURI");
});

Deno.test("the store refuses wrong secrets, unknown keys, unsigned requests and bodies that do not match their hash", async () => {
  await withStore({}, async (store) => {
    const wrong = { accessKeyId: store.accessKeyId, secretAccessKey: "wrong" };
    assertEquals(codeOf(await send(store, "GET", "/bkt?list-type=2", { keys: wrong })), "SignatureDoesNotMatch");
    assertEquals(codeOf(await send(store, "GET", "/bkt", { keys: { ...wrong, accessKeyId: "nobody" } })), "InvalidAccessKeyId");
    assertEquals(codeOf(await send(store, "GET", "/bkt", { unsigned: true })), "AccessDenied");
    const put = await send(store, "PUT", "/bkt/k", { body: "abc", headers: { "x-amz-content-sha256": EMPTY_HASH } });
    assertEquals([put.status, codeOf(put)], [400, "XAmzContentSHA256Mismatch"]);
    assertEquals((await send(store, "HEAD", "/bkt/k")).status, 404);
  });
});
