/**
 * `headers`: NAME:VALUE items to what an object carries. Headers that make up the request itself are refused: they are sluice's own.
 */
import type { ObjectHeaders } from "../types.ts";
import { Problem } from "./mistake.ts";

/** Header names are tokens (RFC 9110, section 5.6.2). */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** Headers that have a field of their own, by their names. */
const FIELDS: Readonly<Record<string, keyof Omit<ObjectHeaders, "metadata" | "tags" | "grants" | "other">>> = {
  "content-type": "contentType",
  "cache-control": "cacheControl",
  "content-encoding": "contentEncoding",
  "content-disposition": "contentDisposition",
  "content-language": "contentLanguage",
  "expires": "expires",
  "x-amz-website-redirect-location": "websiteRedirectLocation",
  "x-amz-storage-class": "storageClass",
  "x-amz-acl": "acl",
  "x-amz-server-side-encryption": "sse",
  "x-amz-server-side-encryption-aws-kms-key-id": "kmsKeyId",
};

/** What makes up, signs or conditions a request. */
const OWN = new Set([
  ...["host", "authorization", "connection", "content-length", "content-md5", "date", "expect", "range", "te", "trailer", "upgrade"],
  ...["transfer-encoding", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-trailer", "x-amz-tagging"],
  "x-amz-decoded-content-length",
]);
const OWN_PREFIXES = /^(?:if-|x-amz-(?:copy|checksum|sdk)-)/;

/** The headers of a list; the last of equal names wins, upper or lower case. */
export function readHeaderList(items: readonly string[]): ObjectHeaders | Problem {
  const headers: ObjectHeaders = {};
  for (const item of items) {
    const colon = item.indexOf(":");
    const name = item.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    const value = item.slice(colon + 1).trim();
    if (colon < 0) return new Problem(`${item} is not a header; write NAME:VALUE`);
    if (!TOKEN.test(name)) return new Problem(`${name} is not a header name; use letters, digits and dashes`);
    if (OWN.has(name) || OWN_PREFIXES.test(name)) return new Problem(`${name} belongs to the request itself and cannot be set`);
    const field = FIELDS[name];
    if (field !== undefined) headers[field] = value;
    else if (name.startsWith("x-amz-meta-")) headers.metadata = { ...headers.metadata, [name.slice("x-amz-meta-".length)]: value };
    else headers.other = { ...headers.other, [name]: value };
  }
  return headers;
}

/** The items that make these headers. Tags and grants have keys of their own. */
export function headerItems(headers: ObjectHeaders): string[] {
  const items = Object.entries(FIELDS).flatMap(([name, field]) => headers[field] === undefined ? [] : [`${name}:${headers[field]}`]);
  return [...items, ...Object.entries(headers.other ?? {}).map(([name, value]) => `${name}:${value}`)];
}
