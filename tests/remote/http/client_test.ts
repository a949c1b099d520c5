/** Requests over kept connections: each response is that of its own request, whole or an error, and nothing is sent twice. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TransferError } from "../../../lib/errors.ts";
import { bodyOf, GET, responses, startRaw, withClient } from "./raw_server.ts";

const OK = "HTTP/1.1 200 OK\r\n";

/** A response, the body that is read from it (undefined: none may be), and whether the connection is used again. */
const BODIES: readonly (readonly [string, string, string | undefined, boolean])[] = [
  ["a length", `${OK}content-length: 5\r\n\r\nhello`, "hello", true],
  ["a length of 0", `${OK}content-length: 0\r\n\r\n`, "", true],
  ["chunks", `${OK}transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`, "hello", true],
  [
    "chunks with extensions, trailers and capital digits",
    `${OK}transfer-encoding: chunked\r\n\r\n0A;x=y\r\n0123456789\r\n0\r\nx: y\r\n\r\n`,
    "0123456789",
    true,
  ],
  ["interim responses first", `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nx: y\r\n\r\n${OK}content-length: 1\r\n\r\nx`, "x", true],
  ["connection: close", `${OK}content-length: 1\r\nconnection: close\r\n\r\nx`, "x", false],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx", "x", false],
  ["bytes behind it", `${OK}content-length: 1\r\n\r\nxEXTRA`, "x", false],
  ["another response behind it", `${OK}content-length: 1\r\n\r\nx${OK}content-length: 1\r\n\r\ny`, "x", false],
  ["no body where none may be", "HTTP/1.1 204 No Content\r\n\r\n", "", true],
  ["a chunk size that is not hexadecimal", `${OK}transfer-encoding: chunked\r\n\r\n5x\r\nhello\r\n0\r\n\r\n`, undefined, false],
  ["a negative chunk size", `${OK}transfer-encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n`, undefined, false],
  ["an empty chunk size", `${OK}transfer-encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n`, undefined, false],
  ["a chunk longer than its size", `${OK}transfer-encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n`, undefined, false],
  ["an endless chunk line", `${OK}transfer-encoding: chunked\r\n\r\n5;${"x".repeat(5000)}\r\nhello\r\n0\r\n\r\n`, undefined, false],
  ["endless trailers", `${OK}transfer-encoding: chunked\r\n\r\n0\r\n${"x: y\r\n".repeat(100)}\r\n`, undefined, false],
  ["both a length and chunks", `${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, undefined, false],
  ["two lengths", `${OK}content-length: 5\r\ncontent-length: 4\r\n\r\nhello`, undefined, false],
  ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\n\r\n", undefined, false],
  ["interim responses without end", "HTTP/1.1 100 Continue\r\n\r\n".repeat(100), undefined, false],
  ["an endless head", `${OK}x: ${"y".repeat(200_000)}\r\n\r\n`, undefined, false],
  ["no HTTP", "220 mail.example.com ESMTP\r\n\r\n", undefined, false],
];

for (const [name, text, body, kept] of BODIES) {
  for (const step of [Infinity, 1]) {
    if (step === 1 && text.length > 1000) continue;
    const says = `${step === 1 ? "byte by byte" : "at once"}, is ${body === undefined ? "refused" : "read"}`;
    Deno.test(`a response with ${name}, ${says}; its connection is ${kept ? "" : "not "}kept`, async () => {
      await using server = startRaw(async (talk, index) => {
        while (await talk.request() !== undefined) {
          if (index > 0 || talk.reads.join("").split("GET ").length > 2) await talk.send(`${OK}content-length: 6\r\n\r\nsecond`);
          else for (let at = 0; at < text.length; at += step) await talk.send(text.slice(at, at + step));
        }
      });
      await withClient(server.url, async (client, watch) => {
        const first = async () => {
          const response = await client.request(GET, watch);
          try {
            return await bodyOf(response);
          } finally {
            response.cancel();
          }
        };
        if (body === undefined) await assertRejects(first);
        else assertEquals(await first(), body);
        assertEquals(await bodyOf(await client.request(GET, watch)), "second");
      });
      assertEquals(server.talks.length, kept ? 1 : 2);
    });
  }
}

Deno.test("a body without any framing ends with its connection, a cut one of known length is an error", async () => {
  await using server = startRaw(async (talk, index) => {
    await talk.request();
    await talk.send(
      [`${OK}\r\nhello`, `${OK}content-length: 9\r\n\r\nhello`, `${OK}transfer-encoding: chunked\r\n\r\n9\r\nhello`][index] ?? "",
    );
  });
  await withClient(server.url, async (client, watch) => {
    assertEquals(await bodyOf(await client.request(GET, watch)), "hello");
    for (let times = 0; times < 2; times++) {
      const response = await client.request(GET, watch);
      await assertRejects(() => bodyOf(response), Error, "closed");
      response.cancel();
    }
  });
});

Deno.test("a kept connection that the server closes is not used again, and no request is lost over it", async () => {
  await using server = startRaw(async (talk) => {
    await talk.request();
    await talk.send(`${OK}content-length: 1\r\n\r\nx`);
  });
  await withClient(server.url, async (client, watch) => {
    for (let times = 0; times < 5; times++) {
      assertEquals(await bodyOf(await client.request(GET, watch)), "x");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
  assertEquals(server.talks.length, 5);
});

Deno.test("bytes that come while a connection is idle never become part of the next response", async () => {
  await using server = startRaw(async (talk, index) => {
    await talk.request();
    await talk.send(`${OK}content-length: 1\r\n\r\n${index}`);
    if (index > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
    await talk.send(`${OK}content-length: 6\r\n\r\npoison`);
    while (await talk.readMore());
  });
  await withClient(server.url, async (client, watch) => {
    assertEquals(await bodyOf(await client.request(GET, watch)), "0");
    await new Promise((resolve) => setTimeout(resolve, 40));
    assertEquals(await bodyOf(await client.request(GET, watch)), "1");
  });
});

Deno.test("a request whose connection breaks before its response has been sent once", async () => {
  await using server = startRaw(async (talk, index) => {
    await talk.request();
    if (index === 0) await talk.send(`${OK}content-length: 1\r\n\r\nx`);
    await talk.request();
  });
  await withClient(server.url, async (client, watch) => {
    assertEquals(await bodyOf(await client.request(GET, watch)), "x");
    const error = await assertRejects(() => client.request(GET, watch), TransferError);
    assertEquals([error.kind, error.message], ["network", "Cannot read s3://b/k: the connection broke"]);
  });
  assertEquals(server.talks.map(({ reads }) => reads.join("").split("GET ").length - 1), [2]);
});

Deno.test("requests at the same time have connections of their own, which are all used again", async () => {
  await using server = startRaw(responses(...Array<string>(4).fill(`${OK}content-length: 1\r\n\r\nx`)));
  await withClient(server.url, async (client, watch) => {
    for (let times = 0; times < 3; times++) {
      const bodies = await Promise.all(Array.from({ length: 5 }, async () => await bodyOf(await client.request(GET, watch))));
      assertEquals(bodies.join(""), "xxxxx");
    }
  });
  assertEquals(server.talks.length, 5);
});

Deno.test("a head and a small body leave in one write, header bytes as they are", async () => {
  await using server = startRaw(responses(`${OK}content-length: 0\r\n\r\n`, `${OK}content-length: 0\r\n\r\n`));
  await withClient(server.url, async (client, watch) => {
    const headers = { "x-amz-meta-a": "gr\xc3\xbcn" };
    await client.request({ ...GET, method: "POST", headers }, watch, new TextEncoder().encode("<x/>"));
    const body = new TextEncoder().encode("body");
    await client.upload({ ...GET, method: "PUT" }, { sizeBytes: 8, write: async (sink) => (await sink(body), await sink(body)) }, watch);
  });
  const [talk] = server.talks;
  assertEquals(talk?.reads.length, 2);
  assertStringIncludes(talk?.reads[0] ?? "", "x-amz-meta-a: gr\xc3\xbcn\r\ncontent-length: 4\r\n\r\n<x/>");
  assert(talk?.reads[1]?.endsWith("content-length: 8\r\n\r\nbodybody"), talk?.reads[1]);
});

Deno.test("an interrupt and the time limit end a request that has no response, and its connection", async () => {
  for (const ends of ["interrupt", "time"] as const) {
    const stop = new AbortController();
    let ended = false;
    await using server = startRaw(async (talk) => {
      await talk.request();
      if (ends === "interrupt") stop.abort();
      ended = !await talk.readMore();
    });
    await withClient(server.url, async (client, watch) => {
      const error = await assertRejects(() => client.request(GET, watch), TransferError);
      assertEquals(error.kind, ends === "interrupt" ? "cancelled" : "network");
    }, { timeoutMs: 150, signal: stop.signal });
    while (!ended) await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
