/** What real servers say to wrong keys, and that one line comes of it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { prepareS3 } from "../../lib/remote/s3_prepare.ts";
import type { S3Spec } from "../../lib/job_types.ts";
import { BucketAdmin } from "../bucket_admin.ts";
import { startFoundServers, type TestServer } from "../servers.ts";
import { assertKind } from "../store/collect.ts";

const BUCKET = "prepare-me";

function prepareOn(server: TestServer, bucket: string, keys: { accessKeyId?: string; secretAccessKey?: string } = {}) {
  const spec: S3Spec = {
    type: "s3",
    name: "store",
    endpoint: server.endpoint,
    region: server.region,
    addressing: "auto",
    requesterPays: false,
    credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey, ...keys },
  };
  return prepareS3(spec, bucket, { signal: new AbortController().signal, timeoutMs: 20_000 });
}

async function checkServer(server: TestServer): Promise<void> {
  const admin = new BucketAdmin(server, BUCKET);
  try {
    await admin.create();
    assertEquals((await prepareOn(server, BUCKET)).ready.baseUrl, `${server.endpoint}/${BUCKET}`);
    const secret = await assertKind(() => prepareOn(server, BUCKET, { secretAccessKey: "not-the-secret-at-all" }), "credentials");
    assertStringIncludes(secret.message, "check secret_access_key");
    assert(!secret.message.includes("not-the-secret-at-all"), secret.message);
    const unknown = await assertKind(() => prepareOn(server, BUCKET, { accessKeyId: "nobody" }), "credentials");
    assertStringIncludes(unknown.message, "check access_key_id");
    const missing = await assertKind(() => prepareOn(server, "no-such-bucket"), "config");
    assertStringIncludes(missing.message, "no such bucket");
  } finally {
    admin.close();
  }
}

Deno.test("prepareS3() tells wrong secret, unknown key id and missing bucket apart on every server that is found", async (t) => {
  for (const server of await startFoundServers()) {
    try {
      await t.step(server.name, () => checkServer(server));
    } finally {
      await server.stop();
    }
  }
});
