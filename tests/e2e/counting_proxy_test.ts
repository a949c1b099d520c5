/** The counting relay: a wrong count here would make every wire test worthless. */
import { assertEquals } from "@std/assert";
import { carriesObject, CountingProxy } from "./counting_proxy.ts";
import { randomBytes } from "./trees.ts";
import { RequestTally } from "./http_tally.ts";

async function withEcho(body: (proxy: CountingProxy) => Promise<void>): Promise<void> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, onError: () => new Response(null, { status: 500 }) },
    async (request) => {
      return new Response(String((await request.bytes()).length));
    },
  );
  const proxy = new CountingProxy(`http://127.0.0.1:${server.addr.port}`);
  try {
    await body(proxy);
  } finally {
    await proxy.close();
    await server.shutdown();
  }
}

Deno.test("CountingProxy counts bodies with a length, one connection after another request", async () => {
  await withEcho(async (proxy) => {
    for (const length of [0, 1, 70_000, 1_000_000]) {
      const response = await fetch(`${proxy.endpoint}/bucket/key?partNumber=1`, { method: "PUT", body: randomBytes(length) });
      assertEquals(await response.text(), String(length));
    }
    assertEquals(proxy.exchanges.map((exchange) => exchange.sentBytes), [0, 1, 70_000, 1_000_000]);
    assertEquals(proxy.exchanges.map((exchange) => exchange.status), [200, 200, 200, 200]);
    assertEquals(proxy.total("sent", carriesObject), 1_070_001);
  });
});

Deno.test("CountingProxy counts a chunked body and finds the request after it", async () => {
  await withEcho(async (proxy) => {
    const body = new ReadableStream({
      start(controller) {
        for (let index = 0; index < 3; index++) controller.enqueue(randomBytes(1000, index));
        controller.close();
      },
    });
    assertEquals(await (await fetch(`${proxy.endpoint}/b/k`, { method: "PUT", body })).text(), "3000");
    assertEquals(await (await fetch(`${proxy.endpoint}/b/k2`, { method: "PUT", body: "xy" })).text(), "2");
    assertEquals(proxy.exchanges[0]?.head.headers.get("transfer-encoding"), "chunked");
    assertEquals(proxy.exchanges[1]?.sentBytes, 2);
  });
});

Deno.test("CountingProxy.holdAfter() lets nothing pass until release()", async () => {
  await withEcho(async (proxy) => {
    const held = proxy.holdAfter("sent", 500_000);
    let ended = false;
    const request = fetch(`${proxy.endpoint}/b/k`, { method: "PUT", body: randomBytes(1_000_000) }).then(() => "answered", () => "cut")
      .finally(() => ended = true);
    await held;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(ended, false);
    proxy.release();
    assertEquals(await request, "cut");
  });
});

Deno.test("RequestTally.push() finds the same requests however the bytes are cut", () => {
  const text = [
    "PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
    "PUT /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\nt: v\r\n\r\n",
    "GET /c HTTP/1.1\r\n\r\n",
  ].join("");
  const bytes = new TextEncoder().encode(text);
  for (let step = 1; step <= bytes.length; step++) {
    const seen: string[] = [];
    const tally = new RequestTally({ head: (head) => seen.push(`${head.method} ${head.target}`), body: () => {} });
    for (let offset = 0; offset < bytes.length; offset += step) tally.push(bytes.subarray(offset, offset + step));
    assertEquals(seen, ["PUT /a", "PUT /b", "GET /c"], `step ${step}`);
  }
});
