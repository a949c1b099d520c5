import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openRemoteStore } from "../../lib/remote/remote_store.ts";
import type { CredentialSource, Store } from "../../lib/store/store.ts";
import type { ReadyS3 } from "../../lib/types.ts";
import { assertKind, layoutOf, listKeys, partsAll, uploadsAll } from "../store/collect.ts";
import { readyS3 } from "./s3_under_test.ts";
import { type Answer, type Asked, errorXml, type ScriptedServer, startScripted } from "./scripted_server.ts";

interface Scene {
  script: (asked: Asked, count: number) => Answer;
  ready?: Partial<ReadyS3>;
  credentials?: CredentialSource;
  timeoutMs?: number;
}

async function withStore(scene: Scene, run: (store: Store, server: ScriptedServer) => Promise<void>): Promise<void> {
  const server = await startScripted(scene.script);
  const account = { endpoint: server.endpoint, region: "us-east-1", accessKeyId: "id", secretAccessKey: "topsecret" };
  const ready = { ...readyS3(account, "bucket"), ...scene.ready };
  const credentials = scene.credentials ?? (() => Promise.resolve(ready.credentials));
  const store = openRemoteStore(ready, credentials, { timeoutMs: scene.timeoutMs ?? 10_000 });
  try {
    await run(store, server);
  } finally {
    store.close();
    await server.stop();
  }
}

function listing(keys: readonly string[], more?: { token?: string; encoding?: string }): Answer {
  const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size><ETag>&quot;e&quot;</ETag></Contents>`).join("");
  const truncated = `<IsTruncated>${more?.token !== undefined}</IsTruncated>`;
  const token = more?.token === undefined ? "" : `<NextContinuationToken>${more.token}</NextContinuationToken>`;
  const encoding = more?.encoding === undefined ? "" : `<EncodingType>${more.encoding}</EncodingType>`;
  return { body: `<?xml version="1.0"?><ListBucketResult>${truncated}${token}${encoding}${contents}</ListBucketResult>` };
}

Deno.test("list() throws on a listing out of order, within a page and across pages", async () => {
  await withStore({ script: () => listing(["b", "a"]) }, async (store) => {
    const error = await assertKind(() => listKeys(store), "disorder");
    assertStringIncludes(error.message, "listing out of order");
  });
  const pages = [listing(["a", "b"], { token: "t" }), listing(["b", "c"])];
  await withStore({ script: (_asked, count) => pages[count - 1]! }, async (store) => {
    await assertKind(() => listKeys(store), "disorder");
  });
});

Deno.test("list() replaces a refused token by the last key", async () => {
  const script = ({ target }: Asked) => {
    const query = new URL(target, "http://store").searchParams;
    if (query.get("start-after") === "b") return listing(["c"]);
    if (query.has("continuation-token")) return { status: 400, body: errorXml("InvalidArgument") };
    return listing(["a", "b"], { token: "t" });
  };
  await withStore({ script }, async (store, { asked }) => {
    assertEquals(await listKeys(store), ["a", "b", "c"]);
    assertEquals(asked.length, 3);
  });
});

Deno.test("list() ends in an error, not in a circle, when the store repeats itself", async () => {
  await withStore({ script: (_asked, count) => listing([`k${count}`], { token: "same" }) }, async (store, { asked }) => {
    await assertKind(() => listKeys(store), "unsupported");
    assertEquals(asked.length, 2);
  });
  await withStore({ script: (_asked, count) => listing([], { token: `t${count}` }) }, async (store, { asked }) => {
    await assertKind(() => listKeys(store), "unsupported");
    assert(asked.length < 200, `${asked.length} requests`);
  });
});

Deno.test("list() decodes keys only when the store says that it encoded them", async () => {
  const text = "a%20b+c%2Fd";
  await withStore(
    { script: () => listing([text], { encoding: "url" }) },
    async (store) => assertEquals(await listKeys(store), ["a b c/d"]),
  );
  await withStore({ script: () => listing([text]) }, async (store) => assertEquals(await listKeys(store), [text]));
  await withStore(
    { script: () => listing(["100% é"], { encoding: "url" }) },
    async (store) => assertEquals(await listKeys(store), ["100% é"]),
  );
});

Deno.test("listUploads() and listParts() end in an error when the store repeats itself", async () => {
  const uploads = `<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>
    <NextUploadIdMarker>u</NextUploadIdMarker></ListMultipartUploadsResult>`;
  await withStore({ script: () => ({ body: uploads }) }, async (store, { asked }) => {
    await assertKind(() => uploadsAll(store, { prefix: "k" }), "unsupported");
    assertEquals(asked.length, 2);
    assertEquals(await uploadsAll(store, { key: "k" }), [], "only to find what can be resumed");
  });
  const parts = "<ListPartsResult><IsTruncated>true</IsTruncated><Part><PartNumber>1</PartNumber><Size>1</Size></Part></ListPartsResult>";
  await withStore({ script: () => ({ body: parts }) }, async (store) => {
    await assertKind(() => partsAll(store, "k", "u"), "server");
  });
});

Deno.test("completeUpload() and copyObject() see an error inside a 200", async () => {
  const script = () => ({ body: errorXml("InternalError", "We encountered an internal error") });
  await withStore({ script }, async (store, { asked }) => {
    const parts = [{ partNumber: 1, sizeBytes: 1, etag: "e", checksums: [] }];
    const error = await assertKind(() => store.completeUpload("k", "u", { parts, sizeBytes: 1 }), "server");
    assertStringIncludes(error.message, "InternalError");
    await assertKind(() => store.copyObject({ bucket: "b", key: "k", pin: {} }, "k2", {}), "server");
    assertEquals(asked.length, 2, "nothing is tried again here");
  });
});

Deno.test("completeUpload() takes the ETags that a store did not name with the parts from their list, and fails without any", async () => {
  const listed = (etag: string) =>
    `<ListPartsResult><IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber><Size>1</Size>${etag}</Part></ListPartsResult>`;
  const done = "<CompleteMultipartUploadResult><ETag>&quot;whole&quot;</ETag></CompleteMultipartUploadResult>";
  const parts = [{ partNumber: 1, sizeBytes: 1, checksums: [] }];
  const script = ({ method }: Asked) => ({ body: method === "GET" ? listed("<ETag>&quot;one&quot;</ETag>") : done });
  await withStore({ script }, async (store, { asked }) => {
    assertEquals((await store.completeUpload("k", "u", { parts, sizeBytes: 1 })).etag, "whole");
    assertStringIncludes(asked[1]?.body ?? "", "<PartNumber>1</PartNumber><ETag>&quot;one&quot;</ETag>");
  });
  await withStore({ script: () => ({ body: listed("") }) }, async (store) => {
    const error = await assertKind(() => store.completeUpload("k", "u", { parts, sizeBytes: 1 }), "unsupported");
    assertStringIncludes(error.message, "the store names no ETag of part 1");
  });
  await withStore({ script }, async (store) => {
    await assertKind(() => store.completeUpload("k", "u", { parts: [{ ...parts[0]!, sizeBytes: 2 }], sizeBytes: 2 }), "unsupported");
  });
});

Deno.test("copyObject() and copyPart() take no empty ETag for one", async () => {
  const body = "<CopyResult><ETag>&quot;&quot;</ETag></CopyResult>";
  await withStore({ script: () => ({ body }) }, async (store) => {
    const source = { bucket: "bucket", key: "k", pin: {} };
    await assertKind(() => store.copyObject(source, "to", {}), "server");
    await assertKind(() => store.copyPart(source, "to", { uploadId: "u", partNumber: 1, first: 0, last: 4 }), "server");
  });
});

Deno.test("a store that says SlowDown is throttled, with the time it asked for", async () => {
  await withStore(
    { script: () => ({ status: 503, headers: { "retry-after": "7" }, body: errorXml("SlowDown") }) },
    async (store, server) => {
      const error = await assertKind(() => store.readTags("k"), "throttled");
      assertEquals([error.retryAfterMs, error.status, error.code, server.asked.length], [7000, 503, "SlowDown", 1]);
    },
  );
});

Deno.test("head() tells denied from missing, and a missing bucket ends the job in a listing", async () => {
  await withStore({ script: () => ({ status: 403 }) }, async (store) => {
    await assertKind(() => store.head("k"), "denied");
    await assertKind(() => listKeys(store), "config");
  });
  await withStore({ script: () => ({ status: 404, body: errorXml("NoSuchBucket") }) }, async (store) => {
    assertEquals(await store.head("k"), undefined);
    await assertKind(() => listKeys(store), "config");
    await assertKind(() => store.createUpload("k", { headers: {}, layout: layoutOf(1, 1), token: "t" }), "config");
  });
});

Deno.test("an answer that is cut, hangs or is no XML is an error that can be tried again", async () => {
  await withStore({ script: () => "cut" }, async (store) => void await assertKind(() => listKeys(store), "network"));
  await withStore({ script: () => "hang", timeoutMs: 300 }, async (store) => void await assertKind(() => listKeys(store), "network"));
  await withStore({ script: () => ({ body: "<html><p>proxy" }) }, async (store) => {
    await assertKind(() => listKeys(store), "server", "network");
  });
});

Deno.test("an answer that hangs ends when the signal fires", async () => {
  const controller = new AbortController();
  const script = () => {
    queueMicrotask(() => controller.abort());
    return "hang" as const;
  };
  await withStore({ script }, async (store) => {
    await assertKind(() => store.head("k", { signal: controller.signal }), "cancelled");
  });
});

Deno.test("keys reach the server raw, dots, slashes and all", async () => {
  await withStore({ script: () => ({ status: 404 }) }, async (store, { asked }) => {
    for (const key of ["x/../y", "..", "./a", "a//b", "/a", "a b+c%d", "a?b#c", "é\u0001"]) await store.head(key);
    assertEquals(asked.map(({ target }) => target), [
      "/bucket/x/../y",
      "/bucket/..",
      "/bucket/./a",
      "/bucket/a//b",
      "/bucket//a",
      "/bucket/a%20b%2Bc%25d",
      "/bucket/a%3Fb%23c",
      "/bucket/%C3%A9%01",
    ]);
  });
});

Deno.test("credentials are asked for before every request, and the secret never travels", async () => {
  let count = 0;
  const credentials = () => Promise.resolve({ accessKeyId: `id${++count}`, secretAccessKey: "topsecret" });
  await withStore({ script: () => ({ status: 403, body: errorXml("SignatureDoesNotMatch") }), credentials }, async (store, { asked }) => {
    const first = await assertKind(() => store.head("k"), "denied", "credentials");
    const second = await assertKind(() => listKeys(store), "credentials");
    const ids = asked.map(({ headers }) => /Credential=(\w+)\//.exec(headers["authorization"] ?? "")?.[1]);
    assert(ids[0] !== undefined && ids[1] !== undefined && ids[0] !== ids[1], `${ids}`);
    assert(!JSON.stringify([asked, first.message, second.message]).includes("topsecret"));
  });
});

Deno.test("credentials that cannot be had are an error of their own kind", async () => {
  const credentials = () => Promise.reject(Object.assign(new Error("Token is expired."), { name: "CredentialsProviderError" }));
  await withStore({ script: () => ({}), credentials }, async (store, { asked }) => {
    await assertKind(() => listKeys(store), "credentials");
    assertEquals(asked.length, 0);
  });
});

Deno.test("requester pays is said on every request, and never without being asked", async () => {
  await withStore({ script: () => listing([]), ready: { requesterPays: true } }, async (store, { asked }) => {
    await listKeys(store);
    await store.deleteObjects(["a"]).catch(() => {});
    assert(asked.some(({ method }) => method === "GET") && asked.some(({ method }) => method === "POST"));
    assertEquals([...new Set(asked.map(({ headers }) => headers["x-amz-request-payer"]))], ["requester"]);
  });
  await withStore({ script: () => listing([]) }, async (store, { asked }) => {
    await listKeys(store);
    assertEquals(asked[0]?.headers["x-amz-request-payer"], undefined);
  });
});

Deno.test("deleteObjects() answers the keys that could not be deleted, and goes on", async () => {
  const body = "<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>";
  await withStore({ script: () => ({ body }) }, async (store, { asked }) => {
    const keys = ["a", "b", ...Array.from({ length: 1000 }, (_, index) => `k${index}`)];
    const failed = await store.deleteObjects(keys);
    assertEquals(failed[0], { key: "b", kind: "denied", message: "AccessDenied, no" });
    assertEquals(asked.length, 2, "a thousand a request");
    assert(asked[0]?.headers["content-md5"] !== undefined);
  });
});
