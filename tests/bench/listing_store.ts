/**
 * A scripted store that has nothing but a listing: any bucket holds the same made-up keys, any account may read them. For memory
 * measurements with more keys than anybody wants to upload. Never takes a write.
 */
import { Buffer } from "node:buffer";
import { createServer, type ServerResponse } from "node:http";

const PAGE_KEYS_MAX = 1000;
const ETAG = "&quot;d41d8cd98f00b204e9800998ecf8427e&quot;";

/** The scripted store. */
export interface ListingStore {
  readonly endpoint: string;
  /** Keys given out since the last `reset`. */
  listedKeys(): number;
  reset(): void;
  close(): Promise<void>;
}

/** Starts a store whose every bucket lists `keyCount` keys. */
export async function startListingStore(keyCount: number): Promise<ListingStore> {
  let listed = 0;
  const server = createServer((request, response) => {
    request.resume();
    const [path = "", query = ""] = (request.url ?? "").split("?");
    const params = new URLSearchParams(query);
    if (request.method === "GET" && params.has("list-type")) {
      const first = Number(params.get("continuation-token") ?? params.get("start-after")?.slice(-9) ?? 0);
      const count = Math.min(keyCount - first, Number(params.get("max-keys") ?? PAGE_KEYS_MAX), PAGE_KEYS_MAX);
      listed += count;
      answer(response, 200, listPage(path.split("/")[1] ?? "", first, count, keyCount));
    } else if (request.method === "GET" && params.has("location")) {
      answer(response, 200, "<LocationConstraint>us-east-1</LocationConstraint>");
    } else if (request.method === "GET" && params.has("uploads")) {
      answer(response, 200, "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>");
    } else if (request.method === "HEAD") {
      answer(response, 200, "");
    } else {
      answer(response, 501, "<Error><Code>NotImplemented</Code></Error>");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The scripted store has no port");
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    listedKeys: () => listed,
    reset: () => void (listed = 0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listPage(bucket: string, first: number, count: number, keyCount: number): string {
  const next = first + count;
  const entries = Array.from(
    { length: count },
    (_, index) =>
      `<Contents><Key>folder/some-object-name-${String(first + index).padStart(9, "0")}</Key>` +
      `<LastModified>2024-01-01T00:00:00.000Z</LastModified><ETag>${ETAG}</ETag><Size>0</Size>` +
      `<StorageClass>STANDARD</StorageClass></Contents>`,
  );
  const more = next < keyCount
    ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`
    : "<IsTruncated>false</IsTruncated>";
  return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name>` +
    `<Prefix></Prefix><KeyCount>${count}</KeyCount><MaxKeys>${PAGE_KEYS_MAX}</MaxKeys>${more}${entries.join("")}</ListBucketResult>`;
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "application/xml", "content-length": Buffer.byteLength(body) });
  response.end(body);
}
