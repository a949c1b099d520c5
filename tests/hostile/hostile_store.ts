/**
 * A store that lists whatever it likes: any keys, in the order of a listing, with any bytes, headers and answers. It takes every signature.
 */
import { createHash } from "node:crypto";
import { compareKeys } from "../../lib/bytes/key_order.ts";
import { type Answer, type Asked, errorXml, type ScriptedServer, startScripted } from "../remote/scripted_server.ts";

/** What the store says it holds. */
export interface HostileObject {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the object. */
  readonly answer?: Answer;
}

/** Unfinished uploads that the store says it holds. */
export interface HostileUpload {
  readonly key: string;
  readonly uploadId: string;
}

/** Starts a store with one bucket, `bucket`; object keys are sent in URL encoding, as every client asks for. */
export async function startHostileStore(
  objects: Readonly<Record<string, HostileObject>>,
  uploads: readonly HostileUpload[] = [],
): Promise<ScriptedServer> {
  const keys = Object.keys(objects).sort(compareKeys);
  return await startScripted((asked) => {
    const [path = "", query = ""] = asked.target.split("?");
    const key = decodeURIComponent(path.replace(/^\/bucket\/?/, ""));
    const asks = new URLSearchParams(query);
    if (asked.method !== "GET" && asked.method !== "HEAD") return { status: 403, body: errorXml("AccessDenied") };
    if (asks.has("uploads")) return { body: uploadsXml(uploads) };
    if (asks.has("uploadId")) return { status: 403, body: errorXml("AccessDenied", `no ${key}`) };
    if (key === "") return asked.method === "HEAD" ? {} : { body: listXml(keys, objects, asks) };
    return objectAnswer(objects[key], asked);
  });
}

function objectAnswer(object: HostileObject | undefined, { method, headers }: Asked): Answer {
  if (object === undefined) return { status: 404, body: errorXml("NoSuchKey") };
  if (object.answer !== undefined) return object.answer;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
  const body = first === undefined ? object.body : object.body.slice(Number(first), Number(last) + 1);
  return {
    status: first === undefined ? 200 : 206,
    headers: {
      "content-type": "text/plain",
      "content-length": String(body.length),
      etag: `"${md5(object.body)}"`,
      "last-modified": "Tue, 03 Nov 2026 10:00:00 GMT",
      ...(first !== undefined && { "content-range": `bytes ${first}-${last}/${object.body.length}` }),
      ...object.headers,
    },
    ...(method === "GET" && { body }),
  };
}

function listXml(keys: readonly string[], objects: Readonly<Record<string, HostileObject>>, asks: URLSearchParams): string {
  const prefix = asks.get("prefix") ?? "";
  const entries = keys.filter((key) => key.startsWith(prefix)).map((key) => {
    const body = objects[key]?.body ?? "";
    const facts = `<LastModified>2026-11-03T10:00:00.000Z</LastModified><ETag>"${md5(body)}"</ETag><Size>${body.length}</Size>`;
    return `<Contents><Key>${encodeURIComponent(key)}</Key>${facts}<StorageClass>STANDARD</StorageClass></Contents>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>bucket</Name><Prefix>${encodeURIComponent(prefix)}</Prefix>` +
    `<KeyCount>${entries.length}</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>` +
    `${entries.join("")}</ListBucketResult>`;
}

function uploadsXml(uploads: readonly HostileUpload[]): string {
  const entries = uploads.map(({ key, uploadId }) =>
    `<Upload><Key>${encodeURIComponent(key)}</Key><UploadId>${uploadId}</UploadId><Initiated>2026-11-03T10:00:00.000Z</Initiated></Upload>`
  );
  return `<?xml version="1.0" encoding="UTF-8"?><ListMultipartUploadsResult><Bucket>bucket</Bucket><EncodingType>url</EncodingType>` +
    `<IsTruncated>false</IsTruncated>${entries.join("")}</ListMultipartUploadsResult>`;
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
