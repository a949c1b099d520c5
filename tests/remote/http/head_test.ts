/** Heads of responses: what is read, and what is refused because two readers could understand it differently. */
import { assertEquals, assertThrows } from "@std/assert";
import { InvalidResponse } from "../../../lib/bytes/network_failure.ts";
import { type Framing, readText, requestHead, ResponseHead, writeText } from "../../../lib/remote/http/head.ts";

Deno.test("ResponseHead finds headers whatever their case, joins those of one name, and keeps bytes that look like space", () => {
  const head = new ResponseHead('HTTP/1.1 200 OK\r\nETag: "a"\r\nX-A:1\r\nx-meta:  caf\xc3\xa0 \t\r\nX-a: 2\r\nEmpty:\r\nFake: x-b: 3');
  assertEquals([head.status, head.get("etag"), head.get("x-a"), head.get("x-meta"), head.get("empty")], [
    200,
    '"a"',
    "1, 2",
    "caf\xc3\xa0",
    "",
  ]);
  assertEquals([head.get("x-b"), head.has("x-b"), head.has("empty"), head.get("eta")], [undefined, false, true, undefined]);
  assertEquals([...head.entries()], [["etag", '"a"'], ["x-a", "1, 2"], ["x-meta", "caf\xc3\xa0"], ["empty", ""], ["fake", "x-b: 3"]]);
});

const STATUS_LINES: readonly (readonly [string, number | undefined])[] = [
  ["HTTP/1.1 200 OK", 200],
  ["HTTP/1.1 200", 200],
  ["HTTP/1.1 200 ", 200],
  ["HTTP/1.0 404 Not Found", 404],
  ["HTTP/1.1 599 \xe9", 599],
  ["HTTP/2 200", undefined],
  ["HTTP/1.2 200 OK", undefined],
  ["http/1.1 200 OK", undefined],
  ["HTTP/1.1  200 OK", undefined],
  ["HTTP/1.1 20 OK", undefined],
  ["HTTP/1.1 2000 OK", undefined],
  ["HTTP/1.1 099 OK", undefined],
  ["HTTP/1.1 200\tOK", undefined],
  ["HTTP/1.1 200 O\0K", undefined],
  ["HTTP/1.1 200 OK\nx: y", undefined],
  [" HTTP/1.1 200 OK", undefined],
  ["SSH-2.0-OpenSSH", undefined],
  ["", undefined],
];

for (const [line, status] of STATUS_LINES) {
  Deno.test(`ResponseHead ${status === undefined ? "refuses" : "takes"} the status line ${JSON.stringify(line)}`, () => {
    if (status === undefined) assertThrows(() => new ResponseHead(line), InvalidResponse);
    else assertEquals(new ResponseHead(line).status, status);
  });
}

const BAD_LINES = [
  "no colon",
  ": no name",
  "a b: space in the name",
  "name : space behind the name",
  " folded: line",
  "a: 1\r\n folded",
  "a: 1\nb: 2",
  "a: 1\rb: 2",
  "a: \0",
  "ä: 1",
  "",
];

for (const line of BAD_LINES) {
  Deno.test(`ResponseHead refuses the header line ${JSON.stringify(line)}`, () => {
    assertThrows(() => new ResponseHead(`HTTP/1.1 200 OK\r\na: b\r\n${line}`), InvalidResponse);
  });
}

const FRAMINGS: readonly (readonly [string, Framing | undefined, { method?: string; status?: number }?])[] = [
  ["content-length: 5", 5],
  ["content-length: 0", 0],
  ["content-length: 5\r\ncontent-length: 5", 5],
  ["content-length: 5, 5", 5],
  ["transfer-encoding: chunked", "chunked"],
  ["Transfer-Encoding: CHUNKED", "chunked"],
  ["x: y", "close"],
  ["content-length: 5", "none", { method: "HEAD" }],
  ["x: y", "none", { method: "HEAD" }],
  ["content-length: 5", "none", { status: 204 }],
  ["content-length: 5", "none", { status: 304 }],
  ["content-length: 5\r\ncontent-length: 6", undefined],
  ["content-length: 5, 6", undefined],
  ["content-length: 5\r\ntransfer-encoding: chunked", undefined],
  ["content-length: 0\r\ntransfer-encoding: chunked", undefined],
  ["content-length: -5", undefined],
  ["content-length: +5", undefined],
  ["content-length: 0x5", undefined],
  ["content-length: 5.0", undefined],
  ["content-length: 5 5", undefined],
  ["content-length:", undefined],
  ["content-length: 9999999999999999", undefined],
  ["transfer-encoding: gzip", undefined],
  ["transfer-encoding: gzip, chunked", undefined],
  ["transfer-encoding: chunked, chunked", undefined],
  ["transfer-encoding: identity", undefined],
  ["transfer-encoding: xchunked", undefined],
  ["transfer-encoding:", undefined],
];

for (const [lines, framing, { method = "GET", status = 200 } = {}] of FRAMINGS) {
  const says = framing === undefined ? "refuses" : `finds ${framing} in`;
  Deno.test(`framing() ${says} ${JSON.stringify(lines)} of a ${status} to ${method}`, () => {
    const read = () => new ResponseHead(`HTTP/1.1 ${status} X\r\n${lines}`).framing(method);
    if (framing === undefined) assertThrows(read, InvalidResponse);
    else assertEquals(read(), framing);
  });
}

const KEPT: readonly (readonly [string, boolean])[] = [
  ["HTTP/1.1 200 OK\r\nx: y", true],
  ["HTTP/1.1 200 OK\r\nconnection: keep-alive", true],
  ["HTTP/1.1 200 OK\r\nconnection: close", false],
  ["HTTP/1.1 200 OK\r\nConnection: Close", false],
  ["HTTP/1.1 200 OK\r\nconnection: x, close", false],
  ["HTTP/1.1 200 OK\r\nconnection: x\r\nconnection: close", false],
  ["HTTP/1.1 200 OK\r\nconnection: closed", true],
  ["HTTP/1.0 200 OK\r\nconnection: keep-alive", false],
];

for (const [text, kept] of KEPT) {
  Deno.test(`a connection is ${kept ? "kept" : "closed"} after ${JSON.stringify(text)}`, () => {
    assertEquals(new ResponseHead(text).keepsAlive, kept);
  });
}

Deno.test("ResponseHead refuses chunks in HTTP/1.0, which has none", () => {
  assertThrows(() => new ResponseHead("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked"), InvalidResponse);
});

Deno.test("requestHead() writes the target as it is, the length last, and one where a body is usual", () => {
  const request = { what: "", method: "PUT", target: "/a/../b", headers: { "x-a": "1", "content-length": "7" } };
  const more = "host: h\r\n";
  assertEquals(
    requestHead(request, { target: "/a/../b", more, sizeBytes: 7 }),
    "PUT /a/../b HTTP/1.1\r\nhost: h\r\nx-a: 1\r\ncontent-length: 7\r\n\r\n",
  );
  assertEquals(
    ["PUT", "POST", "GET", "HEAD", "DELETE"].map((method) =>
      requestHead({ ...request, method, headers: {} }, { target: "/", more: "", sizeBytes: 0 }).includes("content-length: 0")
    ),
    [true, true, false, false, false],
  );
});

Deno.test("writeText() and readText() keep every byte", () => {
  const text = Array.from({ length: 20_000 }, (_, index) => String.fromCharCode(index % 256)).join("");
  const bytes = new Uint8Array(text.length);
  writeText(text, bytes);
  assertEquals(bytes[200], 200);
  assertEquals(readText(bytes), text);
});
