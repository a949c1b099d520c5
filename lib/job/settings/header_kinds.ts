/** The kinds of values that only headers have: grants, header lines, metadata, tags and files of content types. */
import type { Grant, ObjectHeaders } from "../../types.ts";
import { nearestName, Problem } from "../mistake.ts";
import { listText, orList, pairsText } from "../value.ts";
import { fileOf, list, oneLine } from "./kinds.ts";
import type { ValueKind, Written } from "./setting.ts";

/** Rights that an object can carry (S3 user guide, "Access control list (ACL) overview"); WRITE is a right on buckets only. */
const PERMISSIONS = ["READ", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"] as const;
/** "A maximum of 100 grants" (same page). */
const GRANTS_MAX = 100;

/** PERMISSION:GRANTEE items. */
export function grants(): ValueKind<readonly Grant[]> {
  const write = (grants: readonly Grant[]) => listText(grants.map(({ permission, grantee }) => `${permission}:${grantee}`));
  return { ...list(), read: ({ items }) => readGrants(items()), write };
}

function readGrants(items: readonly string[]): Grant[] {
  if (items.length > GRANTS_MAX) throw new Problem(`${items.length} grants; an object can have ${GRANTS_MAX}`);
  return items.map((item) => {
    const [name, grantee] = halves(item);
    const permission = PERMISSIONS.find((one) => one === name.toUpperCase());
    if (name === "" || grantee === "") throw new Problem("write PERMISSION:GRANTEE, such as READ:someone@example.com");
    if (name.toUpperCase() === "WRITE") throw new Problem("WRITE is a right on buckets and means nothing on an object; leave it out");
    if (permission === undefined) {
      const shown = name.toUpperCase();
      throw new Problem(`${shown} is not a permission; write ${orList(PERMISSIONS)}`, nearestName(shown, PERMISSIONS));
    }
    if (!/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(grantee)) {
      throw new Problem("a grantee is an email address, a canonical user id or a group URI");
    }
    return { permission, by: /:\/\//.test(grantee) ? "uri" : grantee.includes("@") ? "emailAddress" : "id", grantee };
  });
}

/** What stands before the first colon, and behind it. */
function halves(item: string): [name: string, value: string] {
  const colon = item.indexOf(":");
  return [item.slice(0, Math.max(colon, 0)).trim(), item.slice(colon + 1).trim()];
}

/** Header names are tokens (RFC 9110, section 5.6.2); user metadata follows `x-amz-meta-` in one. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const METADATA = "x-amz-meta-";

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

/** What makes up, signs or conditions a request: sluice's own. */
const OWN = new RegExp(
  "^(?:host|authorization|connection|content-length|content-md5|date|expect|range|te|trailer|upgrade|transfer-encoding|if-.*|" +
    "x-amz-(?:date|content-sha256|security-token|trailer|tagging|decoded-content-length|(?:copy|checksum|sdk)-.*))$",
);

/** NAME:VALUE items: what an object carries. The last of equal names wins, upper or lower case. */
export function headers(): ValueKind<ObjectHeaders> {
  return { ...list(), read: (written) => readHeaders(oneLines(written)), write: (headers) => listText(headerItems(headers)) };
}

function readHeaders(items: readonly string[]): ObjectHeaders {
  const headers: ObjectHeaders = {};
  for (const item of items) {
    if (!item.includes(":")) throw new Problem(`${item} is not a header; write NAME:VALUE`);
    const [written, value] = halves(item);
    const name = written.toLowerCase();
    if (!TOKEN.test(name)) throw new Problem(`${name} is not a header name; use letters, digits and dashes`);
    if (OWN.test(name)) throw new Problem(`${name} belongs to the request itself and cannot be set`);
    const field = FIELDS[name];
    if (field !== undefined) headers[field] = value;
    else if (name.startsWith(METADATA)) headers.metadata = { ...headers.metadata, [name.slice(METADATA.length)]: value };
    else headers.other = { ...headers.other, [name]: value };
  }
  return headers;
}

/** The items that make these headers. Metadata, tags and grants have keys of their own. */
export function headerItems(headers: ObjectHeaders): string[] {
  const items = Object.entries(FIELDS).flatMap(([name, field]) => headers[field] === undefined ? [] : [`${name}:${headers[field]}`]);
  return [...items, ...Object.entries(headers.other ?? {}).map(([name, value]) => `${name}:${value}`)];
}

/** Metadata to set, and whether the source's is copied first. Names in lower case. */
export interface MetadataRule {
  readonly mode: "copy" | "replace";
  readonly set: Readonly<Record<string, string>>;
}

/** A word and KEY=VALUE items; names are those of headers, and case does not count. */
export function metadata(): ValueKind<MetadataRule> {
  const words = ["copy", "replace"];
  return {
    ...pairsKind(words),
    read(written) {
      const { given, pairs } = readPairs(oneLines(written), words);
      if (given.length > 1) throw new Problem("copy and replace exclude each other; keep one of them");
      const set: Record<string, string> = {};
      for (const [name, value] of Object.entries(pairs)) {
        const lower = name.toLowerCase();
        if (!TOKEN.test(name)) throw new Problem(`${name} is not a header name; use letters, digits and dashes`);
        if (lower === "__proto__") throw new Problem(`${name} cannot be a name`);
        if (lower.startsWith(METADATA)) throw new Problem(`write ${lower.slice(METADATA.length)} without ${METADATA}`);
        if (Object.hasOwn(set, lower)) throw new Problem(`${lower} is given twice; case does not count`);
        set[lower] = value;
      }
      return { mode: given[0] === "replace" ? "replace" : "copy", set };
    },
    write: ({ mode, set }) => [mode, pairsText(set)].filter((text) => text !== "").join(", "),
  };
}

/** Amazon S3: at most 10 tags an object, keys up to 128 and values up to 256 characters (S3 user guide, "Object tagging"). */
const TAGS_MAX = 10;
const TAG_KEY_CHARS_MAX = 128;
const TAG_VALUE_CHARS_MAX = 256;

/** copy, none or KEY=VALUE items. */
export function tags(): ValueKind<"copy" | "none" | Readonly<Record<string, string>>> {
  const words = ["copy", "none"];
  return {
    ...pairsKind(words),
    read(written) {
      const { given, pairs } = readPairs(oneLines(written), words);
      const tags = Object.entries(pairs);
      if (given.length > 1 || (given.length === 1 && tags.length > 0)) {
        throw new Problem("copy, none and KEY=VALUE exclude each other; keep one of them");
      }
      if (tags.length > TAGS_MAX) throw new Problem(`${tags.length} tags; an object can have ${TAGS_MAX}`);
      if (tags.some(([name, value]) => name.length > TAG_KEY_CHARS_MAX || value.length > TAG_VALUE_CHARS_MAX)) {
        throw new Problem(`a tag's key has at most ${TAG_KEY_CHARS_MAX} characters and its value ${TAG_VALUE_CHARS_MAX}`);
      }
      if (tags.length > 0) return pairs;
      return given[0] === "none" ? "none" : "copy";
    },
    write: (value) => typeof value === "string" ? value : pairsText(value),
  };
}

/** Content types by extension (lower case, without the dot), from a file like /etc/mime.types. */
export interface ContentTypes {
  readonly path: string;
  readonly types: Readonly<Record<string, string>>;
}

/** A file with lines of a type and its extensions. */
export function contentTypesFile(): ValueKind<ContentTypes> {
  return fileOf((path, content) => {
    const types: Record<string, string> = {};
    for (const line of content.split(/\r?\n/)) {
      const [type = "", ...extensions] = line.replace(/#.*$/, "").trim().split(/\s+/);
      for (const extension of extensions) types[extension.toLowerCase()] ??= type;
    }
    return { path, types };
  });
}

function pairsKind(words: readonly string[]): Pick<ValueKind<never>, "is" | "hint" | "input"> {
  return { is: "list", hint: orList([...words, "KEY=VALUE, …"]), input: "string | Readonly<Record<string, string>>" };
}

/** The words among the items in their order, and the KEY=VALUE pairs; a pair named twice is a problem. */
export function readPairs(items: readonly string[], words: readonly string[]): { given: string[]; pairs: Record<string, string> } {
  const short = (text: string) => text.length > 60 ? `${text.slice(0, 60)}…` : text;
  const given = items.filter((item) => words.includes(item));
  const pairs = new Map<string, string>();
  for (const item of items.filter((item) => !words.includes(item))) {
    const equals = item.indexOf("=");
    if (equals < 1) throw new Problem(`${short(item)} is not ${orList([...words, "KEY=VALUE"])}`, nearestName(item, words));
    const name = item.slice(0, equals).trim();
    if (pairs.has(name)) throw new Problem(`${short(name)} is given twice`);
    pairs.set(name, item.slice(equals + 1).trim());
  }
  return { given, pairs: Object.fromEntries(pairs) };
}

/** The items, each of which must be one line. */
function oneLines({ items }: Written): string[] {
  return items().map(oneLine);
}
