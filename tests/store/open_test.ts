import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { openStore } from "../../lib/store/open.ts";
import { readyS3 } from "../remote/s3_under_test.ts";

const ACCOUNT = { endpoint: "http://127.0.0.1:1", region: "us-east-1", accessKeyId: "id", secretAccessKey: "s" };

Deno.test("openStore() opens each kind of store without sending anything", async () => {
  const s3 = await openStore(readyS3(ACCOUNT, "bucket"), () => Promise.reject(new Error("never asked")), { timeoutMs: 1000 });
  assertEquals([s3.label, s3.capabilities.provider], ["test://bucket", "generic"]);
  s3.close();
  const local = await openStore({ type: "local", name: "local", bucket: "/no/such/folder" }, undefined, { timeoutMs: 1000 });
  assertEquals(local.capabilities.provider, "local");
  local.close();
});

Deno.test("openStore() of S3 without credentials is our own bug", async () => {
  const error = await assertRejects(() => openStore(readyS3(ACCOUNT, "bucket"), undefined, { timeoutMs: 1000 }), TransferError);
  assertEquals(error.kind, "bug");
});
