import { assertEquals, assertStringIncludes } from "@std/assert";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { openS3Store } from "../../lib/remote/s3.ts";
import { assertKind } from "../store/collect.ts";
import { readyS3 } from "./s3_under_test.ts";
import { startScripted } from "./scripted_server.ts";

Deno.test("control requests go through the proxy as a tunnel, their keys raw", async () => {
  const tunnels: string[] = [];
  const server = await startScripted(() => ({ status: 404 }));
  const proxy = createServer();
  proxy.on("connect", (request, socket, head) => {
    tunnels.push(request.url ?? "");
    const [host, port] = (request.url ?? "").split(":");
    const target = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      target.write(head);
      target.pipe(socket);
      socket.pipe(target);
    });
    target.on("error", () => socket.destroy());
    socket.on("error", () => target.destroy());
    socket.on("close", () => target.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", () => resolve()));
  const account = { endpoint: server.endpoint, region: "us-east-1", accessKeyId: "id", secretAccessKey: "s" };
  const ready = { ...readyS3(account, "bucket"), proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
  const store = openS3Store(ready, () => Promise.resolve(ready.credentials), { timeoutMs: 5000 });
  try {
    assertEquals(await store.head("x/../y"), undefined);
    assertEquals(server.asked.map(({ target }) => target), ["/bucket/x/../y"]);
    assertEquals(tunnels, [server.endpoint.slice("http://".length)]);
  } finally {
    store.close();
    await server.stop();
    await new Promise<void>((resolve) => {
      proxy.close(() => resolve());
      proxy.closeAllConnections();
    });
  }
});

Deno.test("a CA file that cannot be read is a mistake of the job file", async () => {
  const account = { endpoint: "https://127.0.0.1:1", region: "us-east-1", accessKeyId: "id", secretAccessKey: "s" };
  const ready = { ...readyS3(account, "bucket"), caFile: "/no/such/file.pem" };
  const store = openS3Store(ready, () => Promise.resolve(ready.credentials), { timeoutMs: 5000 });
  const error = await assertKind(() => store.head("k"), "config");
  assertStringIncludes(error.message, "Cannot read ca_file /no/such/file.pem");
  store.close();
});
