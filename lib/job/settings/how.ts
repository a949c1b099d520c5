/** The settings that say how objects are compared, copied, proved and deleted. */
import { PART_SIZE_MAX_BYTES, PART_SIZE_MIN_BYTES } from "../../limits.ts";
import { count, list, meaning, oneOf, path, size, yesNo } from "./kinds.ts";
import { setting } from "./setting.ts";

/** Fields of a job itself. */
export const HOW = {
  compare: setting("compare", oneOf(["auto", "size", "mtime", "checksum", "absent", "always"]), {
    default: "auto",
    help: "What is equal; auto: size and ETag where comparable, else size, time; absent: all that exists; always: nothing",
  }),
  delete: setting("delete", yesNo(), { default: "no", help: "Delete at the destination what the source does not have" }),
  maxDelete: setting("max_delete", count({ min: 0, max: 1_000_000_000 }), {
    default: "1000",
    help: "With more deletes than this, delete nothing",
  }),
  allowEmptySource: setting("allow_empty_source", yesNo(), {
    default: "no",
    help: "With delete: a source that holds no object at all empties the destination; otherwise such a job is refused",
  }),
  dryRun: setting("dry_run", yesNo(), { default: "no", help: "Print the plan, copy nothing" }),
  finalCheck: setting("final_check", yesNo(), { default: "no", help: "List and compare both sides again after the run" }),
  askToClean: setting("ask_to_clean", yesNo(), {
    default: "no",
    help: "On a terminal, when there are unfinished uploads below the destination, ask whether to abort them first",
  }),
  hooks: setting("hooks", path(), { help: "Module that exports select, rename, headers or onResult", example: "./hooks.ts" }),
};

/** Fields of a job's transfer rules. */
export const TRANSFER = {
  verify: setting("verify", oneOf(["auto", "size", "checksum", "full"]), {
    default: "auto",
    help: "Evidence wanted for each object; full reads the destination again",
  }),
  partSizeBytes: setting("part_size", size({ min: PART_SIZE_MIN_BYTES, max: PART_SIZE_MAX_BYTES, word: "auto", means: "auto" }), {
    default: "auto",
    help: "Size of a part; auto: 8 MiB, doubled until 10,000 parts suffice, or the source's own",
  }),
  multipartThresholdBytes: setting("multipart_threshold", size({ min: 1, max: PART_SIZE_MAX_BYTES }), {
    default: "16 MiB",
    help: "Objects of at least this size are copied in parts",
  }),
  copyThresholdBytes: setting("copy_threshold", size({ min: PART_SIZE_MIN_BYTES, max: PART_SIZE_MAX_BYTES }), {
    default: "5 GiB",
    help: "Larger plain objects are copied on the server in parts, others in one request: the same ETag",
  }),
  unfinished: setting("unfinished", oneOf(["resume", "abort", "keep"]), {
    default: "resume",
    help: "Unfinished uploads: resume continues what fits; abort also aborts what does not; keep starts anew",
  }),
  gzip: setting("gzip", list(), {
    help: "Content types of local files that are sent compressed, with Content-Encoding gzip; all: every file",
    example: "text/html, text/css",
  }),
  treeFormat: setting("tree_format", meaning({ plain: undefined, s3sync: "s3sync" }), {
    default: "plain",
    help: "s3sync: between disk and store, folders and links are objects too, and owners and modes are kept, as s3sync does",
  }),
  times: setting("times", meaning({ keep: undefined, skip: "skip" }), {
    default: "keep",
    help: "keep: downloaded files get the source's time; skip: they keep the time of writing, for file systems that refuse it",
  }),
};
