/**
 * What every dialect reads off the raw request line and headers. Never uses a URL object, which would fold `a/../b` into `b`.
 */
import { parseQuery, type SignedParts } from "./s3/signature.ts";

/** The target of a request, its path not decoded. */
export interface Target {
  readonly rawPath: string;
  /** As sent: what a signature is over. */
  readonly queryPairs: SignedParts["query"];
  readonly query: ReadonlyMap<string, string>;
}

/** Reads a request target, absolute or not. Throws S3Error for a query that is no UTF-8. */
export function readTarget(url: string): Target {
  const target = url.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = target.indexOf("?");
  const queryPairs = parseQuery(mark < 0 ? "" : target.slice(mark + 1));
  return { rawPath: mark < 0 ? target : target.slice(0, mark), queryPairs, query: new Map(queryPairs) };
}

/** The first segment of a path and all behind it, not decoded; what is not there is empty. */
export function cutPath(rawPath: string): { readonly first: string; readonly rest: string } {
  const slash = rawPath.indexOf("/", 1);
  return slash < 0 ? { first: rawPath.slice(1), rest: "" } : { first: rawPath.slice(1, slash), rest: rawPath.slice(slash + 1) };
}

/** Pairs of names and values, as node:http hands them over, to values by lower-case name. */
export function headersFrom(rawHeaders: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    headers.set(name, [...headers.get(name) ?? [], rawHeaders[index + 1] ?? ""]);
  }
  return headers;
}

/** A header, repeated ones joined by commas. */
export function headerOf(request: { readonly headers: ReadonlyMap<string, readonly string[]> }, name: string): string | undefined {
  return request.headers.get(name)?.join(",");
}
