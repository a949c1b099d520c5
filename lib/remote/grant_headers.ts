/**
 * Grants of an object as the headers of PutObject, CreateMultipartUpload and CopyObject ("Access control list (ACL) overview" in the S3
 * user guide). Pure; whether a store takes grants at all is its own answer.
 */
import type { Grant } from "../types.ts";

const HEADERS = {
  READ: "x-amz-grant-read",
  READ_ACP: "x-amz-grant-read-acp",
  WRITE_ACP: "x-amz-grant-write-acp",
  FULL_CONTROL: "x-amz-grant-full-control",
} as const satisfies Record<Grant["permission"], string>;

/** One header for each permission, its grantees separated by commas. */
export function grantHeaders(grants: readonly Grant[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { permission, by, grantee } of grants) {
    const name = HEADERS[permission];
    const one = `${by}="${grantee}"`;
    headers[name] = headers[name] === undefined ? one : `${headers[name]}, ${one}`;
  }
  return headers;
}
