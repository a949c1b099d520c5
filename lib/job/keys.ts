/**
 * The one table of keys: the checker, the flags, the help, the script API's input and the test of jobs.example.ini all read it. A key that
 * is not here does not exist.
 */
import { GIB, PART_SIZE_MAX_BYTES, PART_SIZE_MIN_BYTES } from "../limits.ts";
import type { KeyRule } from "./key_rule.ts";
import { RUN_KEYS } from "./run_keys.ts";
import { STORE_KEYS } from "./store_keys.ts";

const DAY_MS = 86_400_000;

/** Keys of `[job.NAME]` that say what is moved and how it arrives; all but source and destination may stand in `[defaults]`. */
export const JOB_KEYS = [
  {
    key: "source",
    group: "job",
    type: { is: "location" },
    fallback: "",
    notDefault: true,
    help: "What is moved: path, NAME://bucket/prefix/ (s3, oss) or tar://FILE; a tree if it ends in / or is a bucket or folder",
  },
  {
    key: "destination",
    group: "job",
    type: { is: "location" },
    fallback: "",
    notDefault: true,
    help: "Where it goes; one object keeps its name when this ends in / or is a bucket or folder",
  },
  { key: "include", group: "job", type: { is: "list" }, fallback: "", help: "Globs of keys relative to the source; without them all" },
  { key: "exclude", group: "job", type: { is: "list" }, fallback: "", help: "Globs of keys to leave out, stronger than include" },
  {
    key: "exclude_regex",
    group: "job",
    type: { is: "texts" },
    fallback: "",
    help: "Regular expressions (RE2) found in keys to leave out; found in a folder's path, one leaves out all below it",
  },
  {
    key: "filter",
    group: "job",
    type: { is: "texts" },
    fallback: "",
    help: "+PATTERN and -PATTERN, whose * and ? match a slash too: the first that matches keeps or leaves out; else kept",
  },
  {
    key: "filter_by",
    group: "job",
    type: { is: "choice", of: ["key", "parts"] },
    fallback: "key",
    help: "What the filter looks at: the key, or its folder and its name, which must both be kept",
  },
  {
    key: "filter_base",
    group: "job",
    type: { is: "text" },
    fallback: "",
    help: "Path put in front of keys and folders before the filter looks at them",
  },
  {
    key: "max_age",
    group: "job",
    type: { is: "time", min: 1000, max: 100_000 * DAY_MS, word: "none" },
    fallback: "none",
    help: "Objects last modified longer ago than this are left out",
  },
  {
    key: "special",
    group: "job",
    type: { is: "choice", of: ["fail", "skip"] },
    fallback: "fail",
    help: "Links to folders or to nothing, devices, sockets: told as failures, or left out",
  },
  {
    key: "depth",
    group: "job",
    type: { is: "count", min: 0, max: 1000, word: "all" },
    fallback: "all",
    help: "Levels below the source that are looked at: 1 is what lies in it, 0 the root alone (with root_node)",
  },
  {
    key: "limit",
    group: "job",
    type: { is: "count", min: 0, max: 1_000_000_000, word: "none" },
    fallback: "none",
    help: "Objects planned at most, those that need no move included; jobs of one run share it",
  },
  {
    key: "skip_keys_from",
    group: "job",
    type: { is: "texts" },
    fallback: "",
    help: "Manifests and logs of earlier runs, s3-parallel-put's too: what they tell as done is left alone",
  },
  {
    key: "tree_format",
    group: "job",
    type: { is: "choice", of: ["plain", "s3sync"] },
    fallback: "plain",
    help: "s3sync: between disk and store, folders and links are objects too, and owners and modes are kept, as s3sync does",
  },
  {
    key: "root_node",
    group: "job",
    type: { is: "yesNo" },
    fallback: "no",
    help: "With tree_format = s3sync: the tree's root has an object too, named like the prefix without its slash",
  },
  {
    key: "prefixes",
    group: "job",
    type: { is: "texts" },
    fallback: "",
    help: "Only keys of the tree that begin with one of these texts; only they are listed, and they keep their names",
  },
  {
    key: "files",
    group: "job",
    type: { is: "texts" },
    fallback: "",
    help: "Only these objects of the tree, by their literal names; one that is not there fails. They add to prefixes",
  },
  {
    key: "names",
    group: "job",
    type: { is: "texts" },
    fallback: "",
    help: "Only these names of the tree: objects, folders with all they hold, or both; one that is not there is no failure",
  },
  {
    key: "prefixes_from",
    group: "job",
    type: { is: "path" },
    fallback: "",
    help: "File with further prefixes, one a line; blank lines and lines that begin with # do not count",
  },
  { key: "files_from", group: "job", type: { is: "path" }, fallback: "", help: "File with further files, likewise" },
  {
    key: "keep_path",
    group: "job",
    type: { is: "yesNo" },
    fallback: "yes",
    help: "no: what stands before the last slash of each prefix, file or name is cut off at the destination",
  },
  {
    key: "cut_prefix",
    group: "job",
    type: { is: "text" },
    fallback: "",
    help: "Text behind the source that its keys must begin with, a slash or not; it is cut off like the source itself",
  },
  {
    key: "min_size",
    group: "job",
    type: { is: "size", min: 0, max: 1024 * GIB },
    fallback: "0 B",
    help: "Smaller objects are left out",
  },
  {
    key: "max_size",
    group: "job",
    type: { is: "size", min: 0, max: 1024 * GIB, word: "none" },
    fallback: "none",
    help: "Larger objects are skipped",
  },
  {
    key: "key_prefix",
    group: "job",
    type: { is: "text" },
    fallback: "",
    help: "Text put in front of each key of the tree at the destination, without a slash of its own",
  },
  {
    key: "compare",
    group: "job",
    type: { is: "choice", of: ["auto", "size", "mtime", "checksum", "absent", "always"] },
    fallback: "auto",
    help: "What is the same; auto: size and ETag where comparable, else size, time; absent: all that is there; always: none",
  },
  {
    key: "verify",
    group: "job",
    type: { is: "choice", of: ["auto", "size", "checksum", "full"] },
    fallback: "auto",
    help: "Evidence wanted for each object; full reads the destination again",
  },
  { key: "delete", group: "job", type: { is: "yesNo" }, fallback: "no", help: "Delete at the destination what the source does not have" },
  {
    key: "max_delete",
    group: "job",
    type: { is: "count", min: 0, max: 1_000_000_000 },
    fallback: "1000",
    help: "With more deletes than this, nothing is deleted",
  },
  {
    key: "allow_empty_source",
    group: "job",
    type: { is: "yesNo" },
    fallback: "no",
    help: "With delete: a source that holds no object at all empties the destination; without this the job is refused",
  },
  { key: "dry_run", group: "job", type: { is: "yesNo" }, fallback: "no", help: "Print the plan, move nothing" },
  { key: "final_check", group: "job", type: { is: "yesNo" }, fallback: "no", help: "List and compare both sides again after the run" },
  {
    key: "part_size",
    group: "job",
    type: { is: "size", min: PART_SIZE_MIN_BYTES, max: PART_SIZE_MAX_BYTES, word: "auto" },
    fallback: "auto",
    help: "Size of a part; auto: 8 MiB, doubled until 10,000 parts suffice, or the source's own",
  },
  {
    key: "multipart_threshold",
    group: "job",
    type: { is: "size", min: 1, max: PART_SIZE_MAX_BYTES },
    fallback: "16 MiB",
    help: "Objects of at least this size travel in parts",
  },
  {
    key: "copy_threshold",
    group: "job",
    type: { is: "size", min: PART_SIZE_MIN_BYTES, max: PART_SIZE_MAX_BYTES },
    fallback: "5 GiB",
    help: "Larger plain objects are copied on the server in parts; others in one request, which keeps their ETag",
  },
  {
    key: "gzip",
    group: "job",
    type: { is: "texts" },
    fallback: "",
    help: "Content types of local files that are sent compressed, with Content-Encoding gzip; all: every file",
  },
  { key: "storage_class", group: "job", type: { is: "text" }, fallback: "", help: "Storage class to set; without it the source's" },
  { key: "acl", group: "job", type: { is: "text" }, fallback: "", help: "Canned ACL to set, such as bucket-owner-full-control" },
  {
    key: "grant",
    group: "job",
    type: { is: "texts" },
    fallback: "",
    help: "PERMISSION:GRANTEE, …: READ, READ_ACP, WRITE_ACP, FULL_CONTROL; to an email address, a user id or a group URI",
  },
  {
    key: "content_type",
    group: "job",
    type: { is: "text" },
    fallback: "",
    help: "Content type to set; guess: by the name; magic: by name, then first bytes; without it the source's",
  },
  {
    key: "mime_types",
    group: "job",
    type: { is: "path" },
    fallback: "",
    help: "File like /etc/mime.types: content types by extension, before the built-in ones",
  },
  { key: "cache_control", group: "job", type: { is: "text" }, fallback: "", help: "Cache control to set; without it the source's" },
  { key: "expires", group: "job", type: { is: "text" }, fallback: "", help: "Expires header to set, as it is; without it the source's" },
  {
    key: "headers",
    group: "job",
    type: { is: "texts" },
    fallback: "",
    help: "NAME:VALUE, …: further headers to set, the last of equal names; a content type found by guess or magic is stronger",
  },
  {
    key: "metadata",
    group: "job",
    type: { is: "pairs", words: ["copy", "replace"] },
    fallback: "copy",
    help: "copy: the source's headers and metadata; replace: none of them; KEY=VALUE: set as well",
  },
  {
    key: "tags",
    group: "job",
    type: { is: "pairs", words: ["copy", "none"] },
    fallback: "copy",
    help: "copy: the source's tags; none; or exactly KEY=VALUE, …",
  },
  { key: "sse", group: "job", type: { is: "choice", of: ["AES256", "aws:kms"] }, fallback: "", help: "Server-side encryption to ask for" },
  { key: "kms_key_id", group: "job", type: { is: "text" }, fallback: "", help: "KMS key; needs sse = aws:kms" },
  {
    key: "unfinished",
    group: "job",
    type: { is: "choice", of: ["resume", "abort", "keep"] },
    fallback: "resume",
    help: "Unfinished uploads: resume goes on with what fits; abort also ends what does not; keep starts anew",
  },
  {
    key: "ask_to_clean",
    group: "job",
    type: { is: "yesNo" },
    fallback: "no",
    help: "On a terminal, when there are unfinished uploads below the destination, ask whether to abort them first",
  },
  {
    key: "hooks",
    group: "job",
    type: { is: "path" },
    fallback: "",
    help: "Module that exports select, rename, headers or onResult",
  },
] as const satisfies readonly KeyRule[];

/** Names of store keys. */
export type StoreKey = typeof STORE_KEYS[number]["key"];
/** Names of job keys, those of a run included. */
export type JobKey = typeof JOB_KEYS[number]["key"] | typeof RUN_KEYS[number]["key"];

/** Every rule of `[store.NAME]`, by name. */
export const STORE_RULES: ReadonlyMap<string, KeyRule> = new Map(STORE_KEYS.map((rule) => [rule.key, rule]));
/** Every rule of `[job.NAME]`, by name; `[defaults]` has those without `notDefault`. */
export const JOB_RULES: ReadonlyMap<string, KeyRule> = new Map([...JOB_KEYS, ...RUN_KEYS].map((rule) => [rule.key, rule]));
