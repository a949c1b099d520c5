/**
 * Request headers of a PUT: what the object shall carry, when the write may happen, and the digest that the destination shall insist on.
 * Pure.
 */
import type { Digests, Grant, ObjectHeaders, WriteCondition } from "../types.ts";
import { md5ToBase64 } from "../bytes/digest.ts";
import { encodeText } from "./encode_key.ts";
import { HEADER_OF_FIELD, METADATA_PREFIX } from "./header_names.ts";

/** The headers that make an object carry `headers`, written only under `condition`. Values are text. */
export function objectHeaders(headers: ObjectHeaders, condition: WriteCondition | undefined): Record<string, string> {
  const request: Record<string, string> = {};
  for (const [field, name] of HEADER_OF_FIELD) {
    const value = headers[field];
    if (value !== undefined) request[name] = value;
  }
  for (const [name, value] of Object.entries(headers.metadata ?? {})) request[METADATA_PREFIX.s3 + name.toLowerCase()] = value;
  const tags = Object.entries(headers.tags ?? {});
  if (tags.length > 0) request["x-amz-tagging"] = tags.map(([name, value]) => `${encodeText(name)}=${encodeText(value)}`).join("&");
  Object.assign(request, headers.other);
  if (headers.grants !== undefined) Object.assign(request, grantHeaders(headers.grants));
  if (condition !== undefined) Object.assign(request, conditionHeaders(condition));
  return request;
}

/** The headers by which a destination refuses other bytes than those of the digests. */
export function guardHeaders(digests: Digests): Record<string, string> {
  return Object.fromEntries(
    Object.entries(digests).map(([name, value]) =>
      name === "md5" ? ["content-md5", md5ToBase64(value)] : [`x-amz-checksum-${name}`, value]
    ),
  );
}

function conditionHeaders(condition: WriteCondition): Record<string, string> {
  return "absent" in condition ? { "if-none-match": "*" } : { "if-match": `"${condition.etag}"` };
}

/** "Access control list (ACL) overview" in the S3 user guide. */
const GRANT_HEADERS = {
  READ: "x-amz-grant-read",
  READ_ACP: "x-amz-grant-read-acp",
  WRITE_ACP: "x-amz-grant-write-acp",
  FULL_CONTROL: "x-amz-grant-full-control",
} as const satisfies Record<Grant["permission"], string>;

/** One header for each permission, its grantees separated by commas. */
function grantHeaders(grants: readonly Grant[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { permission, by, grantee } of grants) {
    const name = GRANT_HEADERS[permission];
    const one = `${by}="${grantee}"`;
    headers[name] = headers[name] === undefined ? one : `${headers[name]}, ${one}`;
  }
  return headers;
}
