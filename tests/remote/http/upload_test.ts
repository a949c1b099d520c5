/** Requests with bodies: responses that come early, late, or not at all. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../../lib/errors.ts";
import type { HttpRequest } from "../../../lib/remote/http/head.ts";
import type { WriteBody } from "../../../lib/remote/http/upload.ts";
import { sampleBytes } from "../../wire/scripted_store.ts";
import { bodyOf, GET, startRaw, withClient } from "./raw_server.ts";

const PUT: HttpRequest = { ...GET, what: "Cannot write s3://b/k", method: "PUT" };
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const REFUSAL = "HTTP/1.1 503 Slow Down\r\ncontent-length: 2\r\n\r\nno";
const CHUNK = sampleBytes(256 * 1024);
const CHUNKS = 64;
const LARGE = CHUNK.length * CHUNKS;

const writeLarge: WriteBody = async (sink) => {
  for (let index = 0; index < CHUNKS; index++) await sink(CHUNK);
};

Deno.test("upload() sends every byte of a large body, and the connection is used again", async () => {
  const sums: number[] = [];
  await using server = startRaw(async (talk) => {
    for (let times = 0; times < 2; times++) {
      const request = await talk.request() ?? "";
      sums.push(request.length - request.indexOf("\r\n\r\n") - 4);
      await talk.send(OK);
    }
    await talk.readMore();
  });
  const small = 3 * CHUNK.length;
  await withClient(server.url, async (client, watch) => {
    for (let times = 0; times < 2; times++) {
      const write: WriteBody = async (sink) => {
        for (let index = 0; index < 3; index++) await sink(CHUNK);
      };
      const response = await client.upload(PUT, { sizeBytes: small, write }, watch);
      assertEquals([response.head.status, await bodyOf(response)], [200, ""]);
    }
  }, { timeoutMs: 20_000 });
  assertEquals([sums, server.talks.length], [[small, small], 1]);
});

Deno.test("upload() returns a refusal that comes before the body is sent, though nobody reads the rest, and closes", async () => {
  await using server = startRaw(async (talk, index) => {
    await talk.readMore();
    await talk.send(index === 0 ? REFUSAL : OK);
    await new Promise((resolve) => setTimeout(resolve, index === 0 ? 300 : 0));
  });
  await withClient(server.url, async (client, watch) => {
    const response = await client.upload(PUT, { sizeBytes: LARGE, write: writeLarge }, watch);
    assertEquals([response.head.status, await bodyOf(response)], [503, "no"]);
    assertEquals((await client.request(GET, watch)).head.status, 200);
  });
  assertEquals(server.talks.length, 2);
});

Deno.test("upload() returns a refusal also where the connection is closed behind it", async () => {
  await using server = startRaw(async (talk) => {
    while (talk.bytes < 100_000) await talk.readMore();
    await talk.send(REFUSAL);
  });
  await withClient(server.url, async (client, watch) => {
    const slowly: WriteBody = async (sink) => {
      for (let index = 0; index < CHUNKS; index++) {
        await sink(CHUNK);
        if (index === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const response = await client.upload(PUT, { sizeBytes: LARGE, write: slowly }, watch);
    assertEquals(response.head.status, 503);
    response.cancel();
  });
});

Deno.test("upload() does not believe a success that comes before the last byte was handed over", async () => {
  const responded = Promise.withResolvers<void>();
  await using server = startRaw(async (talk) => {
    await talk.readMore();
    await talk.send(OK);
    responded.resolve();
    while (await talk.readMore());
  });
  await withClient(server.url, async (client, watch) => {
    const write: WriteBody = async (sink) => {
      await sink(CHUNK);
      await responded.promise;
      await new Promise((resolve) => setTimeout(resolve, 50));
      await sink(CHUNK);
    };
    const error = await assertRejects(() => client.upload(PUT, { sizeBytes: 2 * CHUNK.length, write }, watch), TransferError);
    assertEquals(error.kind, "network");
  });
});

for (const sizeBytes of [10, LARGE]) {
  Deno.test(`upload() of ${sizeBytes} bytes passes the errors of whoever writes them unchanged, and closes the connection`, async () => {
    let rest = 0;
    await using server = startRaw(async (talk) => {
      while (await talk.readMore());
      rest = talk.bytes;
    });
    await withClient(server.url, async (client, watch) => {
      const mine = new Error("of my own");
      const write: WriteBody = async (sink) => {
        await sink(CHUNK.subarray(0, Math.min(5, sizeBytes)));
        throw mine;
      };
      assertEquals(await assertRejects(() => client.upload(PUT, { sizeBytes, write }, watch)), mine);
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert(rest < 1000, "the whole body came");
  });

  for (const [name, factor] of [["fewer", 0], ["more", 2]] as const) {
    Deno.test(`upload() never completes a request of ${sizeBytes} bytes for which ${name} are handed over`, async () => {
      // Made before the request begins: its time limit runs from there on.
      const bytes = sampleBytes(sizeBytes);
      await using server = startRaw(async (talk) => {
        if (await talk.request() !== undefined) await talk.send(OK);
      });
      await withClient(server.url, async (client, watch) => {
        const write: WriteBody = async (sink) => {
          for (let times = 0; times < factor; times++) await sink(bytes);
          if (factor === 0) await sink(bytes.subarray(1));
        };
        const error = await assertRejects(() => client.upload(PUT, { sizeBytes, write }, watch), TransferError);
        assertEquals(error.kind, "bug");
      });
    });
  }
}

Deno.test("upload() whose reader stalls ends by the time limit, and one that moves does not", async () => {
  for (const stalls of [true, false]) {
    await using server = startRaw(async (talk) => {
      await talk.readMore();
      while (!stalls && talk.bytes < LARGE) {
        if (talk.reads.length % 4 === 0 && talk.bytes < LARGE / 2) await new Promise((resolve) => setTimeout(resolve, 20));
        if (!await talk.readMore()) return;
      }
      if (!stalls) await talk.send(OK);
      else await new Promise((resolve) => setTimeout(resolve, 900));
    });
    await withClient(server.url, async (client, watch) => {
      const sent = client.upload(PUT, { sizeBytes: LARGE, write: writeLarge }, watch);
      if (stalls) assertEquals((await assertRejects(() => sent, TransferError)).message, "Cannot go on: nothing moved for 0.5 s");
      else assertEquals((await sent).head.status, 200);
    }, { timeoutMs: 500 });
  }
});
