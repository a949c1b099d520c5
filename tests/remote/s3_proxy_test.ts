import { assertEquals, assertStringIncludes } from "@std/assert";
import { openRemoteStore } from "../../lib/remote/remote_store.ts";
import { openStore } from "../../lib/store/open.ts";
import { assertKind } from "../store/collect.ts";
import { readyS3 } from "./s3_under_test.ts";
import { startScripted } from "./scripted_server.ts";

Deno.test("control requests go through the proxy, their keys raw", async () => {
  const proxied = await startScripted(() => ({ status: 404 }));
  const account = { endpoint: "http://store.example.org:9000", region: "us-east-1", accessKeyId: "id", secretAccessKey: "s" };
  const ready = { ...readyS3(account, "bucket"), proxy: proxied.endpoint };
  const store = openRemoteStore(ready, () => Promise.resolve(ready.credentials), { timeoutMs: 5000 });
  try {
    assertEquals(await store.head("x/../y"), undefined);
    assertEquals(proxied.asked.map(({ target }) => target), ["http://store.example.org:9000/bucket/x/../y"]);
  } finally {
    store.close();
    await proxied.stop();
  }
});

Deno.test("a CA file that cannot be read is a mistake of the job file", async () => {
  const account = { endpoint: "https://127.0.0.1:1", region: "us-east-1", accessKeyId: "id", secretAccessKey: "s" };
  const ready = { ...readyS3(account, "bucket"), caFile: "/no/such/file.pem" };
  const error = await assertKind(() => openStore(ready, () => Promise.resolve(ready.credentials), { timeoutMs: 5000 }), "config");
  assertStringIncludes(error.message, "Cannot read ca_file /no/such/file.pem");
});
