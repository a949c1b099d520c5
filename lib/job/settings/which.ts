/** The settings that say which objects a job is about, and where it takes and puts them. */
import { TIB } from "../../limits.ts";
import { Problem } from "../mistake.ts";
import { count, list, location, meaning, nameFile, oneOf, onlyYes, paths, size, text, time, yesNo } from "./kinds.ts";
import { each, setting } from "./setting.ts";

const DAY_MS = 86_400_000;

/** The two sides of a job. */
export const PLACES = {
  source: setting("source", location(), {
    perJob: true,
    help: "What is copied: path, NAME://bucket/prefix/ (s3, oss) or tar://FILE; a tree if it ends in / or is a bucket or folder",
    example: "./photos/",
  }),
  destination: setting("destination", location(), {
    perJob: true,
    help: "Where it goes; one object keeps its name when this ends in / or is a bucket or folder",
    example: "s3://bucket/photos/",
  }),
};

/** Fields of a job itself. */
export const WHICH = {
  ...each({ trees: true }, {
    include: setting("include", list("glob"), {
      default: "",
      help: "Globs of keys relative to the source; without them all",
      example: "*.jpg, raw/**",
    }),
    exclude: setting("exclude", list("glob"), { default: "", help: "Globs of keys to skip, stronger than include", example: "**/*.tmp" }),
    prefixes: setting("prefixes", list(), {
      default: "",
      help: "Only keys of the tree that begin with one of these texts; only they are listed, and they keep their names",
      example: "2023/, 2024/0",
    }),
    files: setting("files", list(), {
      default: "",
      help: "Only these objects of the tree, by their literal names; a missing one fails. They add to prefixes",
      example: "index.html, 2022/summary.pdf",
    }),
    names: setting("names", list("text", (name) => name.replace(/\/+$/, "")), {
      default: "",
      help: "Only these names of the tree: objects, folders with all they hold, or both; a missing one does not fail",
      example: "2024, index.html",
    }),
    prefixesFrom: setting("prefixes_from", nameFile(), {
      help: "File with further prefixes, one a line; blank lines and lines that begin with # do not count",
      example: "prefixes.txt",
    }),
    filesFrom: setting("files_from", nameFile(), { help: "File with further files, likewise", example: "files.txt" }),
    keepPath: setting("keep_path", yesNo(), {
      default: "yes",
      help: "no: cut off at the destination what stands before the last slash of each prefix, file or name",
    }),
    cutPrefix: setting("cut_prefix", text(), {
      default: "",
      help: "Text behind the source that its keys must begin with, a slash or not; it is cut off like the source itself",
      example: "IMG_",
    }),
    keyPrefix: setting("key_prefix", text(), {
      default: "",
      help: "Text put in front of each key of the tree at the destination, without a slash of its own",
      example: "backup-",
    }),
  }),
  minSizeBytes: setting("min_size", size({ min: 0, max: TIB }), { default: "0 B", help: "Skip smaller objects" }),
  maxSizeBytes: setting("max_size", size({ min: 0, max: TIB, word: "none", means: undefined }), {
    default: "none",
    help: "Skip larger objects",
  }),
  rootNode: setting("root_node", onlyYes(), {
    default: "no",
    help: "With tree_format = s3sync: the tree's root has an object too, named like the prefix without its slash",
  }),
  excludeRegex: setting("exclude_regex", list(), {
    help: "Regular expressions (RE2) found in keys to skip; found in a folder's path, one skips all below it",
    example: "^cache/, \\.bak$",
  }),
  filter: setting("filter", list("text", readRule), {
    help: "+PATTERN and -PATTERN, whose * and ? match a slash too: the first that matches keeps or skips; else kept",
    example: "+keep.tmp, -*.tmp",
  }),
  filterBy: setting("filter_by", oneOf(["key", "parts"]), {
    default: "key",
    help: "What the filter looks at: the key, or its folder and its name, which must both be kept",
  }),
  filterBase: setting("filter_base", text(), {
    default: "",
    help: "Path put in front of keys and folders before the filter looks at them",
    example: "photos",
  }),
  maxAgeMs: setting("max_age", time({ min: 1000, max: 100_000 * DAY_MS, word: "none", means: undefined }), {
    default: "none",
    help: "Skip objects last modified longer ago than this",
  }),
  special: setting("special", meaning({ fail: undefined, skip: "skip", follow: "follow" }), {
    default: "fail",
    help: "Links to folders or to nothing, devices, sockets, links of OSS: fail, skip them, or follow those of OSS",
  }),
  depth: setting("depth", count({ min: 0, max: 1000, word: "all", means: undefined }), {
    default: "all",
    help: "Levels below the source: 1 is what lies in it, 0 the root alone (with root_node)",
  }),
  limit: setting("limit", count({ min: 0, max: 1_000_000_000, word: "none", means: undefined }), {
    default: "none",
    help: "Plan at most so many objects, skipped ones included; jobs of one run share it",
  }),
  skipKeysFrom: setting("skip_keys_from", paths(), {
    help: "Manifests and logs of earlier runs, s3-parallel-put's too: skip what they report as done",
    example: "yesterday.ndjson",
  }),
};

function readRule(rule: string): string {
  if (!/^[+-]\s*\S/.test(rule)) throw new Problem(`${rule} is not a rule; write +PATTERN or -PATTERN`);
  return rule;
}
