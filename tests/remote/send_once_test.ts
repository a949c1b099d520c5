/** No request is sent twice, whatever becomes of a kept connection: only sessions repeat, and they look before they do. */
import { assertEquals } from "@std/assert";
import { openRemoteStore } from "../../lib/remote/remote_store.ts";
import type { Store } from "../../lib/store/store.ts";
import { partOf, withFolder, withWire } from "../wire/scripted_store.ts";
import { assertKind, layoutOf } from "../store/collect.ts";
import { readyOss } from "./oss_under_test.ts";
import { readyS3 } from "./s3_under_test.ts";
import { type Answer, type ScriptedServer, startScripted } from "./scripted_server.ts";

/** The least that a job can ask for. */
const TIMEOUT_MS = 1000;
const FAULTS = ["cut", "hang"] as const;
const SHOWS = { cut: "breaks before the answer", hang: "keeps silent until time is over" };

/** Answers the first request, which leaves a kept connection, and fails the second; a third one should not be, and breaks. */
function scriptedOnce(fault: Answer): Promise<ScriptedServer> {
  return startScripted((_asked, count) =>
    count === 1 ? { status: 200, headers: { etag: '"e"', "content-length": "0" } } : count === 2 ? fault : "cut"
  );
}

const STORES: readonly [string, (server: ScriptedServer) => Store][] = [
  ["S3", (server) => {
    const ready = readyS3({ endpoint: server.endpoint, region: "us-east-1", accessKeyId: "id", secretAccessKey: "secret" }, "bucket");
    return openRemoteStore(ready, () => Promise.resolve(ready.credentials), { timeoutMs: TIMEOUT_MS });
  }],
  ["OSS", (server) => {
    const account = { endpoint: server.endpoint, accessKeyId: "id", secretAccessKey: "secret" };
    const ready = readyOss(account as Parameters<typeof readyOss>[0], "bucket");
    return openRemoteStore(ready, () => Promise.resolve(ready.credentials), { timeoutMs: TIMEOUT_MS });
  }],
];

for (const fault of FAULTS) {
  for (const [kind, open] of STORES) {
    Deno.test(`${kind}: a create whose kept connection ${SHOWS[fault]} has been sent once, and fails in time`, async () => {
      const server = await scriptedOnce(fault);
      const store = open(server);
      try {
        await store.head("k");
        await assertKind(() => store.createUpload("k", { headers: {}, layout: layoutOf(10, 10), token: "t" }), "network");
        assertEquals(server.asked.map(({ method }) => method), ["HEAD", "POST"]);
      } finally {
        store.close();
        await server.stop();
      }
    });
  }

  Deno.test(`a part of a file whose kept connection ${SHOWS[fault]} has been sent once, and fails in time`, async () => {
    await withFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/f`, "0123456789");
      const server = await scriptedOnce(fault);
      const ready = readyS3({ endpoint: server.endpoint, region: "us-east-1", accessKeyId: "id", secretAccessKey: "secret" }, "bucket");
      try {
        await withWire({ type: "local", name: "local", bucket: folder }, ready, async (wire) => {
          const part = partOf("f", 10, { pin: {} });
          await wire.movePart(part, new AbortController().signal);
          await assertKind(() => wire.movePart(part, new AbortController().signal), "network");
        }, { timeoutMs: TIMEOUT_MS });
        assertEquals(server.asked.length, 2);
      } finally {
        await server.stop();
      }
    });
  });
}
