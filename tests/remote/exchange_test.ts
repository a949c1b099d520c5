/** One signed request and its checked response: the clock, redirects, errors inside a success, bodies of unknown length. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { Watch } from "../../lib/bytes/watch.ts";
import { Exchange } from "../../lib/remote/exchange.ts";
import { openIncoming } from "../../lib/remote/incoming.ts";
import { putBytes } from "../../lib/remote/put.ts";
import { redirected } from "../../lib/remote/redirect.ts";
import { readyS3 } from "../wire/scripted_store.ts";
import { responses, startRaw, type Talk } from "./http/raw_server.ts";

const SKEWED = "<Error><Code>RequestTimeTooSkewed</Code></Error>";
const SKEWED_HEAD = `HTTP/1.1 403 Forbidden\r\ndate: Wed, 21 Oct 2026 07:28:00 GMT\r\ncontent-length: ${SKEWED.length}\r\n\r\n`;
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody";

async function withExchange<T>(endpoint: string, run: (exchange: Exchange, watch: Watch) => Promise<T>, now = Date.now): Promise<T> {
  const exchange = new Exchange(readyS3(endpoint), { timeoutMs: 2000, now });
  using watch = new Watch(new AbortController().signal, 2000, "Cannot go on");
  try {
    return await run(exchange, watch);
  } finally {
    exchange.close();
  }
}

/** A store that takes only requests signed in October 2026. */
async function strictOfTime(talk: Talk): Promise<void> {
  for (let request = await talk.request(); request !== undefined; request = await talk.request()) {
    await talk.send(request.includes("x-amz-date: 20261021T") ? OK : SKEWED_HEAD + SKEWED);
  }
}

Deno.test("call() learns the clock from the first refusal and succeeds, several requests at the same time, too", async () => {
  await using server = startRaw(strictOfTime);
  await withExchange(server.url.origin, async (exchange) => {
    const call = () => exchange.call({ method: "GET", key: "k" }, { what: "Cannot look" });
    const all = await Promise.all([call(), call(), call()]);
    assertEquals(all.map(({ status, body }) => [status, new TextDecoder().decode(body)]), Array(3).fill([200, "body"]));
  }, () => 0);
});

Deno.test("a body that was handed over already is not sent again when the clock is learnt; the next attempt is right", async () => {
  await using server = startRaw(strictOfTime);
  await withExchange(server.url.origin, async (exchange, watch) => {
    const put = () =>
      putBytes(exchange, { key: "k", headers: {}, sizeBytes: 3 }, watch, async (sink) => await sink(new Uint8Array([1, 2, 3])));
    assertEquals((await assertRejects(put, TransferError)).kind, "network");
    await put();
  }, () => 0);
});

Deno.test("a success whose body is an error is a failure", async () => {
  for (const start of ["", '<?xml version="1.0" encoding="UTF-8"?>\n', "\n\n"]) {
    const body = `${start}<Error><Code>InternalError</Code><Message>later</Message></Error>`;
    await using server = startRaw(responses(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`));
    await withExchange(server.url.origin, async (exchange) => {
      const request = { method: "POST", key: "k", query: { uploadId: "u" }, body: new TextEncoder().encode("<x/>") } as const;
      const error = await assertRejects(() => exchange.call(request, { what: "Cannot complete k" }), TransferError);
      assertEquals([error.kind, error.code], ["server", "InternalError"]);
    });
  }
});

const BASE = "http://store:9000/bucket";
/** Location, and where the request goes on: base URL and query; undefined: it does not. */
const LOCATIONS: readonly (readonly [string, readonly [string, Record<string, string>] | undefined])[] = [
  ["http://store:9001/bucket/a%20b", ["http://store:9001/bucket", {}]],
  ["https://store/bucket/a%20b?versionId=1", ["https://store/bucket", { versionId: "1" }]],
  ["HTTP://store:9000/other/bucket/a%20b?x=%2F&y", ["http://store:9000/other/bucket", { x: "/", y: "" }]],
  ["/elsewhere/a%20b", ["http://store:9000/elsewhere", {}]],
  ["http://other:9000/bucket/a%20b", undefined],
  ["http://store.evil:9000/bucket/a%20b", undefined],
  ["http://store:9000@evil/bucket/a%20b", undefined],
  ["http://evil\\@store:9000/bucket/a%20b", undefined],
  ["//evil/bucket/a%20b", undefined],
  ["http://store:9001/bucket/another", undefined],
  ["ftp://store/bucket/a%20b", undefined],
  ["a%20b", undefined],
  ["", undefined],
];

for (const [location, to] of LOCATIONS) {
  Deno.test(`redirected() ${to === undefined ? "does not follow" : "follows"} ${JSON.stringify(location)}`, () => {
    const headers = new Headers(location === "" ? {} : { location });
    for (const status of [301, 307, 308]) {
      for (const method of ["GET", "HEAD"] as const) {
        const found = redirected({ method, key: "a b" }, status, headers, BASE);
        assertEquals(found, to && { baseUrl: to[0], query: to[1] });
      }
      for (const method of ["PUT", "POST", "DELETE"] as const) {
        assertEquals(redirected({ method, key: "a b" }, status, headers, BASE), undefined);
      }
    }
    assertEquals(redirected({ method: "GET", key: "a b" }, 302, headers, BASE), undefined);
  });
}

Deno.test("redirected() never goes from https to http", () => {
  const headers = new Headers({ location: "http://store/bucket/k" });
  assertEquals(redirected({ method: "GET", key: "k" }, 307, headers, "https://store/bucket"), undefined);
});

Deno.test("a GET follows a redirect to another port, signed for it, and never in circles", async () => {
  await using server = startRaw(responses(OK, OK));
  const moved = (to: string) => `HTTP/1.1 307 Temporary Redirect\r\nlocation: ${to}\r\ncontent-length: 0\r\n\r\n`;
  await using gate = startRaw(async (talk) => {
    for (let request = await talk.request(); request !== undefined; request = await talk.request()) {
      const [, path = ""] = request.split(" ");
      await talk.send(moved(`${path.startsWith("/bucket/circle") ? gate.url.origin : server.url.origin}${path}`));
    }
  });
  await withExchange(gate.url.origin, async (exchange) => {
    const call = (key: string) => exchange.call({ method: "GET", key }, { what: `Cannot read ${key}` });
    assertEquals((await call("k")).status, 200);
    assertEquals((await call("k")).status, 200);
    const error = await assertRejects(() => call("circle"), TransferError);
    assertEquals([error.kind, error.status], ["config", 307]);
  });
  const seen = server.talks.map(({ reads }) => reads.join("")).join("");
  assertStringIncludes(seen, `host: ${server.url.host}\r\n`);
  assertEquals(server.talks.length, 1);
});

/** Reads a range of 4 bytes from a store that sends one of `texts` on each connection and closes it; the body, or the error. */
async function readRange(texts: readonly string[], attempts = 1): Promise<string> {
  await using server = startRaw(async (talk, index) => {
    await talk.request();
    await talk.send(texts[index] ?? "");
  });
  return await withExchange(server.url.origin, async (exchange, watch) => {
    for (let attempt = 1;; attempt++) {
      let text = "";
      try {
        const incoming = await openIncoming(exchange, { key: "k", pin: {}, range: { first: 0, last: 3 }, sizeBytes: 4 }, watch);
        await incoming.pump((chunk) => void (text += new TextDecoder().decode(chunk)), watch);
        return text;
      } catch (error) {
        if (attempt === attempts) return `${(error as TransferError).kind} after "${text}"`;
      }
    }
  });
}

const PART = "HTTP/1.1 206 X\r\ncontent-range: bytes 0-3/9\r\n";
const CHUNKED = `${PART}transfer-encoding: chunked\r\n\r\n`;
const RANGES: readonly (readonly [string, string, string])[] = [
  ["a length", `${PART}content-length: 4\r\n\r\nbody`, "body"],
  ["chunks and no length", `${CHUNKED}4\r\nbody\r\n0\r\n\r\n`, "body"],
  ["neither length nor chunks", `${PART}connection: close\r\n\r\nbody`, "body"],
  ["the whole object where the range covers it", OK, "body"],
  [
    "the whole object in chunks where the range covers it",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
    "body",
  ],
  ["a larger object", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbody more", 'unsupported after ""'],
  ["another range", `${PART.replace("0-3", "1-4")}content-length: 4\r\n\r\nbody`, 'integrity after ""'],
  ["another length", `${PART}content-length: 5\r\n\r\nbody!`, 'integrity after ""'],
  // Not even the bytes that are right: with them a destination would have all it waits for.
  ["more chunks than the range has bytes", `${CHUNKED}4\r\nbody\r\n1\r\n!\r\n0\r\n\r\n`, 'network after ""'],
  ["fewer bytes in chunks", `${CHUNKED}3\r\nbod\r\n0\r\n\r\n`, 'network after "bod"'],
];

for (const [name, text, result] of RANGES) {
  Deno.test(`a range of 4 bytes to which ${name} is sent gives: ${result}`, async () => {
    assertEquals(await readRange([text]), result);
  });
}

Deno.test("an object that a store unpacks is asked for packed the next time; a second other length is an error of the source", async () => {
  const unpacked = `${CHUNKED}9\r\nlong text\r\n0\r\n\r\n`;
  assertEquals(await readRange([unpacked, `${PART}content-length: 4\r\n\r\nbody`], 2), "body");
  assertEquals(await readRange([unpacked, unpacked], 2), 'integrity after ""');
});
