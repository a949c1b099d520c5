/** A side that cannot be opened: whatever the store answers, the job cannot run, and that is a matter of its configuration. */
import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import type { StoreInput } from "../../lib/job/input_types.ts";
import { plan } from "../../lib/mod.ts";
import { startScripted } from "../remote/scripted_server.ts";

function sourceAt(endpoint: string): StoreInput {
  const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret-of-the-example" };
  return { type: "s3", endpoint, region: "us-east-1", addressing: "path", ...keys };
}

for (const status of [400, 404, 405, 409, 500, 501, 503]) {
  Deno.test(`a store that answers ${status} to the first question is a job that cannot run`, async () => {
    const server = await startScripted(() => ({ status }));
    const job = { source: "old://bucket/", destination: "./nowhere/", stores: { old: sourceAt(server.endpoint) }, retries: 0 };
    try {
      const error = await assertRejects(() => Array.fromAsync(plan(job)), TransferError, "bucket");
      assertEquals(error.kind, "config");
    } finally {
      await server.stop();
    }
  });
}

Deno.test("a store that is busy at first is asked again", async () => {
  const empty = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
  const server = await startScripted((_asked, count) => count <= 4 ? { status: 503 } : { body: empty });
  const job = { source: "old://bucket/", destination: "./nowhere/", stores: { old: sourceAt(server.endpoint) }, retryDelay: 1 };
  try {
    assertEquals(await Array.fromAsync(plan(job)), []);
  } finally {
    await server.stop();
  }
});
