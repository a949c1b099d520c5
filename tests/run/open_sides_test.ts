/** A side that cannot be opened: whatever the store answers, the job cannot run, and that is a matter of its configuration. */
import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { plan } from "../../lib/mod.ts";
import { startScripted } from "../store/scripted_server.ts";

for (const status of [400, 404, 405, 409, 500, 501, 503]) {
  Deno.test(`a store that answers ${status} to the first question is a job that cannot run`, async () => {
    const server = await startScripted(() => ({ status }));
    const source = {
      type: "s3" as const,
      endpoint: server.endpoint,
      region: "us-east-1",
      addressing: "path" as const,
      accessKeyId: "AKIDEXAMPLE",
      secretAccessKey: "secret-of-the-example",
    };
    const job = { source: "old://bucket/", destination: "./nowhere/", stores: { old: source } };
    try {
      const error = await assertRejects(() => Array.fromAsync(plan(job)), TransferError, "bucket");
      assertEquals(error.kind, "config");
    } finally {
      await server.stop();
    }
  });
}
