/**
 * Which operation a request line asks for: the same walk for each dialect, by its tables. A sub-resource that is known but not built is
 * refused, never ignored: ignoring it would do another thing than was asked.
 */

type Names = Readonly<Record<string, string>>;

/** The operations of a dialect. */
export interface OperationTable {
  /** By method and sub-resource, such as `GET uploads`; the first sub-resource in the query decides. */
  readonly bucket: Names;
  readonly object: Names;
  /** By method alone. */
  readonly plainBucket: Names;
  readonly plainObject: Names;
  /** Sub-resources that are refused where no operation names them. */
  readonly refused: ReadonlySet<string>;
  /** The header that makes a PUT a copy. */
  readonly copyHeader: string;
}

/** A request line, read. */
export interface RequestLine {
  readonly method: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** The name of the operation, as S3 calls it; `NotImplemented` and `MethodNotAllowed` are answers, too. */
export function operationOf(table: OperationTable, { method, bucket, key, query, headers }: RequestLine): string {
  if (bucket === undefined) return method === "GET" ? "ListBuckets" : "MethodNotAllowed";
  const hasKey = key !== undefined;
  const copies = hasKey && method === "PUT" && headers.has(table.copyHeader);
  if (hasKey && method === "PUT" && query.has("uploadId")) return copies ? "UploadPartCopy" : "UploadPart";
  const known = hasKey ? table.object : table.bucket;
  for (const name of query.keys()) {
    const operation = known[`${method} ${name}`];
    if (operation !== undefined) return operation;
    if (table.refused.has(name)) return "NotImplemented";
  }
  if (copies) return "CopyObject";
  if (!hasKey && method === "GET" && query.get("list-type") === "2") return "ListObjectsV2";
  return (hasKey ? table.plainObject : table.plainBucket)[method] ?? "MethodNotAllowed";
}
