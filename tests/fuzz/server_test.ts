/**
 * Requests with wounds to the embedded store, over real sockets: an answer of the dialect that is no failure of its own, nothing without a
 * right signature, and a server that goes on serving.
 */
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import type { EmbeddedStore } from "../../lib/embedded/embedded.ts";
import { decodeChunked } from "../../lib/embedded/s3/chunked.ts";
import { S3Error } from "../../lib/embedded/s3/errors.ts";
import { parseXml } from "../../lib/embedded/s3/xml.ts";
import { sendOss } from "../embedded/oss_client.ts";
import { type Answer, send, withStore } from "../embedded/raw_client.ts";
import { type Chance, INHERITED, ODD_CHARACTERS, ODD_NUMBERS } from "./chance.ts";
import { fuzz, playAll } from "./rounds.ts";
import { seedsToPlay } from "../test_seed.ts";

interface Wanted {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const TAGGING = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>";
const DELETE = "<Delete><Quiet>false</Quiet><Object><Key>a</Key></Object><Object><Key>b c</Key></Object></Delete>";
const COMPLETE = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;e&quot;</ETag></Part></CompleteMultipartUpload>";
const CHUNKED = {
  "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "content-encoding": "aws-chunked",
  "x-amz-decoded-content-length": "5",
  "x-amz-trailer": "x-amz-checksum-crc32",
};

/** Requests that mean something, in S3's words; nearly all mean something to OSS as well. */
const REQUESTS: readonly Wanted[] = [
  { method: "GET", path: "/" },
  { method: "GET", path: "/bkt?list-type=2&max-keys=10&prefix=a&encoding-type=url" },
  { method: "GET", path: "/bkt?marker=a&delimiter=/&max-keys=2" },
  { method: "GET", path: "/bkt?uploads&max-uploads=3&key-marker=a&upload-id-marker=b" },
  { method: "GET", path: "/bkt?list-type=2&continuation-token=YQ" },
  { method: "PUT", path: "/bkt/a", body: "hello", headers: { "x-amz-meta-a": "b", "content-md5": "XUFAKrxLKna5cZ2REBfFkg==" } },
  { method: "PUT", path: "/bkt/a%2F..%2Fb", body: "x", headers: { "x-amz-tagging": "a=1&b=2" } },
  { method: "PUT", path: "/bkt/c", body: "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", headers: CHUNKED },
  { method: "PUT", path: "/bkt/copy", headers: { "x-amz-copy-source": "/bkt/a", "x-amz-metadata-directive": "REPLACE" } },
  { method: "PUT", path: "/bkt/copy", headers: { "x-oss-copy-source": "/bkt/a" } },
  {
    method: "GET",
    path: "/bkt/a",
    headers: { range: "bytes=1-3", "if-match": '"e"', "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT" },
  },
  { method: "HEAD", path: "/bkt/a?partNumber=1" },
  { method: "GET", path: "/bkt/a?response-content-type=text/html&versionId=null" },
  { method: "POST", path: "/bkt?delete", body: DELETE },
  { method: "PUT", path: "/bkt/a?tagging", body: TAGGING },
  { method: "GET", path: "/bkt/a?tagging" },
  { method: "POST", path: "/bkt/m?uploads" },
  { method: "POST", path: "/bkt/m?uploadId=u", body: COMPLETE },
  { method: "PUT", path: "/bkt/m?partNumber=1&uploadId=u", body: "x" },
  { method: "GET", path: "/bkt/m?uploadId=u&part-number-marker=1&max-parts=2" },
  { method: "DELETE", path: "/bkt/m?uploadId=u" },
  { method: "DELETE", path: "/bkt/a" },
  { method: "POST", path: "/bkt/a?restore", body: "<RestoreRequest><Days>1</Days></RestoreRequest>" },
  { method: "GET", path: "/bkt/a?attributes", headers: { "x-amz-object-attributes": "ETag,ObjectSize" } },
];

const PIECES = [
  ...ODD_CHARACTERS,
  ...INHERITED,
  ...ODD_NUMBERS,
  "/",
  "?",
  "&",
  "=",
  "#",
  "//",
  "/../",
  "/%2e%2e/",
  "%",
  "%ff",
  "%00",
  "+",
  ";",
  "uploadId=",
  "versionId=",
];

/** Only what the client itself would refuse to send is taken out. */
function sendablePath(text: string): string {
  const path = text.replaceAll(/[^\x21-\x7e]/g, (character) => (character.isWellFormed() ? encodeURIComponent(character) : "%ff"));
  return path.startsWith("/") ? path : `/${path}`;
}

function sendableValue(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "~").slice(0, 4000);
}

function wound(wanted: Wanted, chance: Chance): Wanted {
  const { method, path, headers = {}, body } = wanted;
  const wounded: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!chance.oneIn(8)) wounded[name] = chance.oneIn(3) ? sendableValue(chance.mutate(value, PIECES)) : value;
  }
  if (chance.oneIn(6)) {
    wounded[`x-amz-${chance.pick(["meta-a", "meta-__proto__", "acl", "storage-class", "tagging"])}`] = sendableValue(chance.junk());
  }
  if (chance.oneIn(10)) wounded.range = `bytes=${chance.pick(ODD_NUMBERS)}-${chance.pick(ODD_NUMBERS)}`.replaceAll(/[^\x20-\x7e]/g, "");
  const changed = body !== undefined && chance.oneIn(2) ? chance.mutate(body, [TAGGING, DELETE, COMPLETE]) : body;
  // Else no wounded document would reach its reader.
  if (changed !== undefined && wanted.method === "POST") wounded["content-md5"] = createHash("md5").update(changed).digest("base64");
  return {
    method: chance.oneIn(8) ? chance.pick(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"]) : method,
    path: chance.oneIn(2) ? sendablePath(chance.mutate(path, PIECES)) : path,
    headers: wounded,
    ...(changed !== undefined && { body: changed }),
  };
}

/** Words of an answer that say that the fault was the server's. */
function assertNoFailure(answer: Answer, wanted: Wanted): void {
  assert(answer.status < 500 || answer.status === 501, `${answer.status} ${answer.text} to ${JSON.stringify(wanted)}`);
  assert(answer.status < 400 || wanted.method === "HEAD" || answer.text.includes("<Code>") || answer.text === "", answer.text);
}

const SENDERS: Readonly<Record<string, (store: EmbeddedStore, wanted: Wanted) => Promise<Answer>>> = {
  S3: (store, { method, path, headers = {}, body }) =>
    send(store, method, path, { headers: { ...headers }, ...(body !== undefined && { body }) }),
  OSS: (store, { method, path, headers = {}, body }) =>
    sendOss(store, method, path, { headers: { ...headers }, ...(body !== undefined && { body }) }),
};

for (const [dialect, sender] of Object.entries(SENDERS)) {
  const seeds = seedsToPlay(200);
  Deno.test(`wounded ${dialect} requests never make the server fail (seeds ${seeds[0]} to ${seeds.at(-1)})`, () =>
    withStore({}, async (store) => {
      let good = 0;
      await playAll(seeds, async (chance) => {
        const wanted = wound(chance.pick(REQUESTS), chance);
        // The client signs a path that it can read; what it cannot read, it cannot sign.
        const answer = await sender(store, wanted).catch((error) => {
          if (error instanceof URIError || error instanceof S3Error || error instanceof TypeError) return undefined;
          throw error;
        });
        if (answer !== undefined) assertNoFailure(answer, wanted);
        if (answer !== undefined && answer.status < 300) good++;
      });
      assert(good * 20 > seeds.length || seeds.length < 100, `only ${good} of ${seeds.length} requests were good enough to be obeyed`);
      assertEquals((await send(store, "PUT", "/bkt/alive", { body: "x" })).status, 200);
    }));
}

const unsignedSeeds = seedsToPlay(200);
Deno.test(`nothing is answered without a right signature (seeds ${unsignedSeeds[0]} to ${unsignedSeeds.at(-1)})`, () =>
  withStore({}, async (store) => {
    assertEquals((await send(store, "PUT", "/bkt/a", { body: "hello" })).status, 200);
    await playAll(unsignedSeeds, async (chance) => {
      const wanted = wound(chance.pick(REQUESTS), chance);
      const forged = {
        authorization: sendableValue(chance.mutate(
          `AWS4-HMAC-SHA256 Credential=${store.accessKeyId}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=${
            "0".repeat(64)
          }`,
          PIECES,
        )),
        "x-amz-date": chance.pick(["20260101T000000Z", "x", new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "")]),
      };
      const headers = { ...wanted.headers, ...(chance.oneIn(2) ? forged : {}) };
      const answer = await send(store, wanted.method, wanted.path, {
        headers,
        unsigned: true,
        ...(wanted.body !== undefined && { body: wanted.body }),
      });
      assert(
        answer.status >= 400 && answer.status < 500 || answer.status === 501,
        `${answer.status} to ${JSON.stringify([wanted, headers])}`,
      );
    });
    assertEquals((await send(store, "GET", "/bkt/a")).text, "hello");
  }));

const HEADS: Readonly<Record<string, string>> = {
  "garbage": "\0\x01\x02\x03 garbage\r\n\r\n",
  "no version": "GET /\r\n\r\n",
  "a request line without end": `GET /${"a".repeat(200_000)}`,
  "a header without end": `GET / HTTP/1.1\r\nx: ${"a".repeat(200_000)}`,
  "headers without end": `GET / HTTP/1.1\r\n${"x: y\r\n".repeat(50_000)}`,
  "two lengths": "PUT /bkt/a HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
  "a length and chunks": "PUT /bkt/a HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  "a length below zero": "PUT /bkt/a HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
  "a chunk of any size": "PUT /bkt/a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n",
  "a folded header": "GET / HTTP/1.1\r\nhost: x\r\nx: a\r\n b\r\n\r\n",
  "an address as target": "GET http://[::1 HTTP/1.1\r\nhost: x\r\n\r\n",
  "an asterisk": "OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n",
  "a tunnel": "CONNECT a:1 HTTP/1.1\r\nhost: x\r\n\r\n",
  "an upgrade": "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
  "a body that is promised and expected":
    "PUT /bkt/a HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 99999999999999\r\n\r\n",
};

/** Sends bytes and goes away; answers what came back meanwhile. */
function exchange(store: EmbeddedStore, text: string): Promise<string> {
  const { port } = new URL(store.endpoint);
  return new Promise((resolve) => {
    let came = "";
    const socket = connect(Number(port), "127.0.0.1", () => socket.end(text));
    socket.on("data", (chunk) => came += chunk.toString("latin1"));
    socket.on("error", () => {});
    socket.on("close", () => resolve(came));
    socket.setTimeout(2000, () => socket.destroy());
  });
}

Deno.test("heads of all kinds of nonsense get a refusal or nothing, and the server goes on", () =>
  withStore({}, async (store) => {
    for (const [what, text] of Object.entries(HEADS)) {
      const answer = await exchange(store, text);
      assert(answer === "" || /^HTTP\/1\.1 (4|501|100)/.test(answer), `${what}: ${answer.slice(0, 300)}`);
      assertEquals((await send(store, "GET", "/bkt?list-type=2")).status, 200, what);
    }
  }));

fuzz("XML of requests is read as what it says, or refused", 3000, (chance) => {
  const text = chance.mutate(chance.pick([TAGGING, DELETE, COMPLETE]), [TAGGING, DELETE, COMPLETE]);
  try {
    const root = parseXml(new TextEncoder().encode(text), chance.pick(["Tagging", "Delete", "CompleteMultipartUpload"]));
    assert(typeof root.text === "string" && root.children instanceof Object);
  } catch (error) {
    assert(error instanceof S3Error && error.status < 500, `${error instanceof Error ? error.stack : error}`);
  }
});

for (
  const [what, body] of [
    ["depth", `<Delete>${"<a>".repeat(100_000)}${"</a>".repeat(100_000)}</Delete>`],
    ["depth that is never closed", "<Delete>".repeat(200_000)],
    ["an entity that objects inherit", "<Delete><Object><Key>&constructor;</Key></Object></Delete>"],
    ["a document type", "<!DOCTYPE Delete [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><Delete><Object><Key>&a;</Key></Object></Delete>"],
    ["a document type in small letters", "<!doctype Delete [<!ENTITY a 'x'>]><Delete><Object><Key>&a;</Key></Object></Delete>"],
    ["a character beyond Unicode", "<Delete><Object><Key>&#x110000;</Key></Object></Delete>"],
    ["many characters that are none", `<Delete><Object><Key>${"&#xD800;".repeat(10_000)}</Key></Object></Delete>`],
  ] as const
) {
  Deno.test(`XML of a request with ${what} is refused, and is no failure of the server`, () =>
    withStore({}, async (store) => {
      for (const sender of Object.values(SENDERS)) {
        const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
        const answer = await sender(store, { method: "POST", path: "/bkt?delete", headers, body });
        assertEquals([answer.status, answer.text.includes("<Code>MalformedXML</Code>")], [400, true], answer.text.slice(0, 300));
      }
    }));
}

const FRAMED = "2000\r\n" + "x".repeat(0x2000) + "\r\n5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";

fuzz("aws-chunked bodies give the bytes inside, or a refusal, however they are torn", 2000, async (chance) => {
  const text = chance.mutate(chance.oneIn(2) ? FRAMED : "5\r\nhello\r\n0\r\n\r\n", [FRAMED]);
  const bytes = new TextEncoder().encode(text);
  async function* torn() {
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + chance.below(3000);
      yield bytes.subarray(at, end);
      at = end;
      await Promise.resolve();
    }
  }
  let length = 0;
  try {
    for await (const chunk of decodeChunked(torn(), { trailer: chance.oneIn(2), trailers: new Map() })) length += chunk.length;
  } catch (error) {
    assert(error instanceof S3Error && error.status < 500, `${error instanceof Error ? error.stack : error}`);
  }
  assert(length <= bytes.length);
});
