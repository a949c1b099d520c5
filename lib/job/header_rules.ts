/**
 * The keys that say what a destination object carries, to {@link HeaderRules}.
 */
import type { HeaderRules } from "../job_types.ts";
import type { ObjectHeaders } from "../types.ts";
import { absolutePath } from "./local_path.ts";
import type { JobContext } from "./raw_job.ts";
import { readHeaderList } from "./header_list.ts";
import { readGrants } from "./grants.ts";
import type { JobKey } from "./keys.ts";
import { Problem } from "./mistake.ts";
import type { SectionReader } from "./section_reader.ts";

/** Header names are tokens (RFC 9110, section 5.6.2); user metadata follows `x-amz-meta-` in one. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
/** Amazon S3: at most 10 tags an object, keys up to 128 and values up to 256 characters (S3 user guide, "Object tagging"). */
const TAGS_MAX = 10;
const TAG_KEY_CHARS_MAX = 128;
const TAG_VALUE_CHARS_MAX = 256;

/** Rules of one job; mistakes go to the reader. */
export function readHeaderRules(reader: SectionReader<JobKey>, context: JobContext): HeaderRules {
  const { words, pairs } = reader.pairs("metadata");
  if (words.length > 1) reader.wrong("metadata", "copy and replace exclude each other; keep one of them");
  const metadata = readMetadata(pairs, reader);
  const texts: [keyof Omit<ObjectHeaders, "metadata" | "tags" | "grants" | "other">, JobKey][] = [
    ["storageClass", "storage_class"],
    ["acl", "acl"],
    ["cacheControl", "cache_control"],
    ["expires", "expires"],
    ["kmsKeyId", "kms_key_id"],
  ];
  const listed = readHeaderList(reader.list("headers"));
  if (listed instanceof Problem) reader.wrong("headers", listed.text);
  const set: ObjectHeaders = listed instanceof Problem ? {} : listed;
  const contentType = reader.text("content_type");
  const found = contentType === "guess" || contentType === "magic" ? contentType : undefined;
  if (contentType !== undefined && found === undefined) set.contentType = contentType;
  for (const [name, key] of texts) {
    const text = reader.text(key);
    if (text !== undefined) set[name] = text;
  }
  const sse = reader.choice<"" | "AES256" | "aws:kms">("sse");
  if (sse !== "") set.sse = sse;
  if (set.kmsKeyId !== undefined && sse !== "aws:kms") reader.wrong("kms_key_id", "a KMS key needs sse = aws:kms beside it");
  const grants = readGrants(reader.list("grant"));
  if (grants instanceof Problem) reader.wrong("grant", grants.text, grants.nearest);
  else if (grants.length > 0) {
    set.grants = grants;
    if (set.acl !== undefined) reader.wrong("acl", "a canned ACL and grants exclude each other; keep one of them");
  }
  if (Object.keys(metadata).length > 0) set.metadata = { ...set.metadata, ...metadata };
  return {
    mode: words[0] === "replace" ? "replace" : "copy",
    set,
    ...(found && { contentType: found }),
    ...readMimeTypes(reader, context),
    tags: readTags(reader),
  };
}

/** Lines of a type and its extensions, as in /etc/mime.types. */
function readMimeTypes(reader: SectionReader<JobKey>, context: JobContext): Pick<HeaderRules, "mimeTypes"> {
  const named = reader.text("mime_types");
  if (named === undefined) return {};
  const path = absolutePath(named, context);
  const text = context.readText === undefined ? "" : context.readText(path);
  if (text === undefined) reader.wrong("mime_types", "there is no such file");
  const types: Record<string, string> = {};
  for (const line of (text ?? "").split(/\r?\n/)) {
    const [type = "", ...extensions] = line.replace(/#.*$/, "").trim().split(/\s+/);
    for (const extension of extensions) types[extension.toLowerCase()] ??= type;
  }
  return { mimeTypes: { path, types } };
}

function readMetadata(pairs: Readonly<Record<string, string>>, reader: SectionReader<JobKey>): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(pairs)) {
    const lower = name.toLowerCase();
    if (!TOKEN.test(name)) reader.wrong("metadata", `${name} is no header name; use letters, digits and dashes`);
    else if (lower === "__proto__") reader.wrong("metadata", `${name} cannot be a name`);
    else if (lower.startsWith("x-amz-meta-")) reader.wrong("metadata", `write ${lower.slice("x-amz-meta-".length)} without x-amz-meta-`);
    else if (Object.hasOwn(metadata, lower)) reader.wrong("metadata", `${lower} is given twice; case does not count`);
    else metadata[lower] = value;
  }
  return metadata;
}

function readTags(reader: SectionReader<JobKey>): HeaderRules["tags"] {
  const { words, pairs } = reader.pairs("tags");
  const names = Object.keys(pairs);
  if (words.length > 1 || (words.length === 1 && names.length > 0)) {
    reader.wrong("tags", "copy, none and KEY=VALUE exclude each other; keep one of them");
  }
  if (names.length > TAGS_MAX) reader.wrong("tags", `${names.length} tags; an object can have ${TAGS_MAX}`);
  const long = names.find((name) => name.length > TAG_KEY_CHARS_MAX || (pairs[name] ?? "").length > TAG_VALUE_CHARS_MAX);
  if (long !== undefined) {
    reader.wrong("tags", `a tag's key has at most ${TAG_KEY_CHARS_MAX} characters and its value ${TAG_VALUE_CHARS_MAX}`);
  }
  if (names.length > 0) return pairs;
  return words[0] === "none" ? "none" : "copy";
}
