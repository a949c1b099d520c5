/** The settings that say what a destination object carries, and the {@link HeaderRules} that they make together. */
import type { HeaderRules } from "../../job_types.ts";
import type { ObjectHeaders } from "../../types.ts";
import { contentTypesFile, grants, headerItems, headers, metadata, tags } from "./header_kinds.ts";
import { oneOf, text } from "./kinds.ts";
import { setting, type Values } from "./setting.ts";

/** Settings whose value is the header of the same field. */
const SAME = {
  storageClass: setting("storage_class", text(), { help: "Storage class to set; without it the source's", example: "STANDARD_IA" }),
  acl: setting("acl", text(), { help: "Canned ACL to set, such as bucket-owner-full-control", example: "bucket-owner-full-control" }),
  cacheControl: setting("cache_control", text(), { help: "Cache control to set; without it the source's", example: "max-age=3600" }),
  expires: setting("expires", text(), {
    help: "Expires header to set, as it is; without it the source's",
    example: "Thu, 01 Dec 2033 16:00:00 GMT",
  }),
  sse: setting("sse", oneOf(["AES256", "aws:kms"]), { help: "Server-side encryption to ask for", example: "aws:kms" }),
  kmsKeyId: setting("kms_key_id", text(), { help: "KMS key; needs sse = aws:kms", example: "alias/backup" }),
};

/** All of them. */
export const HEADERS = {
  contentType: setting("content_type", text(), {
    help: "Content type to set; guess: by the name; magic: by name, then first bytes; without it the source's",
    example: "application/octet-stream",
  }),
  mimeTypes: setting("mime_types", contentTypesFile(), {
    help: "File like /etc/mime.types: content types by extension, before the built-in ones",
    example: "/etc/mime.types",
  }),
  ...SAME,
  grants: setting("grant", grants(), {
    help: "PERMISSION:GRANTEE, …: READ, READ_ACP, WRITE_ACP, FULL_CONTROL; to an email address, a user id or a group URI",
    example: "READ:auditor@example.com",
  }),
  headers: setting("headers", headers(), {
    help: "NAME:VALUE, …: further headers to set, the last of equal names; a content type found by guess or magic is stronger",
    example: "Content-Disposition:attachment, X-Amz-Meta-Origin:camera",
  }),
  metadata: setting("metadata", metadata(), {
    default: "copy",
    help: "copy: the source's headers and metadata; replace: none; KEY=VALUE: set as well",
  }),
  tags: setting("tags", tags(), { default: "copy", help: "copy: the source's tags; none; or exactly KEY=VALUE, …" }),
};

/** The rules that the settings make. */
export function headerRules(values: Values<typeof HEADERS>): HeaderRules {
  const set: ObjectHeaders = { ...values.headers };
  const found = values.contentType === "guess" || values.contentType === "magic" ? values.contentType : undefined;
  if (values.contentType !== undefined && found === undefined) set.contentType = values.contentType;
  for (const field of fieldsOf(SAME)) if (values[field] !== undefined) set[field] = values[field];
  if (values.grants?.length) set.grants = values.grants;
  if (Object.keys(values.metadata.set).length > 0) set.metadata = { ...set.metadata, ...values.metadata.set };
  const { mimeTypes, tags } = values;
  return { mode: values.metadata.mode, set, ...(found && { contentType: found }), ...(mimeTypes && { mimeTypes }), tags };
}

/** The settings that make these rules; `further`: items for `headers`, which writes what no other setting says. */
export function headerValues(rules: HeaderRules): Values<typeof HEADERS> {
  const { set, mode, contentType = set.contentType, mimeTypes, tags } = rules;
  const same = Object.fromEntries(fieldsOf(SAME).flatMap((field) => set[field] === undefined ? [] : [[field, set[field]]]));
  const { metadata = {}, grants } = set;
  const said = new Set<keyof ObjectHeaders>(fieldsOf(SAME));
  // A content type of `headers` is the one that `guess` and `magic` fall back to.
  if (rules.contentType === undefined) said.add("contentType");
  const further = Object.fromEntries(Object.entries(set).filter(([field]) => !said.has(field as keyof ObjectHeaders))) as ObjectHeaders;
  return {
    ...same as Values<typeof SAME>,
    ...(contentType !== undefined && { contentType }),
    ...(mimeTypes && { mimeTypes }),
    ...(grants && { grants }),
    ...(headerItems(further).length > 0 && { headers: further }),
    metadata: { mode, set: metadata },
    tags,
  };
}

function fieldsOf<T extends object>(table: T): (keyof T)[] {
  return Object.keys(table) as (keyof T)[];
}
