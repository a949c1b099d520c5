/**
 * Headers of an object that all dialects carry alike: the standard ones, user metadata, and what a GET asks to have in their place.
 */
import type { ObjectHeaders } from "../types.ts";
import type { Context, StoreRequest } from "./request.ts";

type TextField = "contentType" | "cacheControl" | "contentEncoding" | "contentDisposition" | "contentLanguage" | "expires";

const TEXT_HEADERS: readonly (readonly [TextField, string])[] = [
  ["contentType", "Content-Type"],
  ["cacheControl", "Cache-Control"],
  ["contentEncoding", "Content-Encoding"],
  ["contentDisposition", "Content-Disposition"],
  ["contentLanguage", "Content-Language"],
  ["expires", "Expires"],
];

/** The standard headers of a request. `aws-chunked` is the framing of the request and not a property of the object. */
export function textHeadersFrom(request: StoreRequest): ObjectHeaders {
  const headers: ObjectHeaders = {};
  for (const [field, name] of TEXT_HEADERS) {
    const value = request.headers.get(name.toLowerCase())?.join(",");
    const kept = value?.includes("aws-chunked")
      ? value.split(",").map((coding) => coding.trim()).filter((coding) => coding !== "aws-chunked").join(",")
      : value;
    if (kept) headers[field] = kept;
  }
  return headers;
}

/** The standard headers of a response. */
export function textHeadersOf(headers: ObjectHeaders): Record<string, string> {
  return Object.fromEntries(TEXT_HEADERS.flatMap(([field, name]) => headers[field] === undefined ? [] : [[name, headers[field]]]));
}

/** User metadata: the headers that begin with `prefix`. Throws `tooLarge` when names and values have more bytes than `mostBytes`. */
export function metadataFrom(
  request: StoreRequest,
  prefix: string,
  { mostBytes, tooLarge }: { mostBytes: number; tooLarge: () => Error },
): Pick<ObjectHeaders, "metadata"> {
  const metadata: Record<string, string> = {};
  let sizeBytes = 0;
  for (const [name, values] of request.headers) {
    if (!name.startsWith(prefix)) continue;
    const value = values.join(",").trim();
    const short = name.slice(prefix.length);
    sizeBytes += short.length + value.length;
    metadata[short] = value;
  }
  if (sizeBytes > mostBytes) throw tooLarge();
  return Object.keys(metadata).length > 0 ? { metadata } : {};
}

/** Headers that the query of a GET asks for in place of the stored ones. Throws InvalidArgument for what no header can hold. */
export function responseOverrides({ request, words }: Context): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const [, header] of TEXT_HEADERS) {
    const name = `response-${header.toLowerCase()}`;
    const value = request.query.get(name);
    if (value === undefined) continue;
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw words.refusal("InvalidArgument", `Invalid value of ${name}`);
    overrides[header] = value;
  }
  return overrides;
}
