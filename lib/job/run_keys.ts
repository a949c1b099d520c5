/**
 * The keys that bound or report a run: part of the one table in keys.ts.
 */
import { GIB, KIB, MIB, RETRY_WAIT_MAX_MS } from "../limits.ts";
import type { KeyRule } from "./key_rule.ts";

const DAY_MS = 86_400_000;

/** Keys of `[job.NAME]` and `[defaults]` that bound a run and say how it reports. */
export const RUN_KEYS = [
  {
    key: "workers",
    group: "run",
    type: { is: "count", min: 1, max: 64, word: "auto" },
    fallback: "auto",
    help: "Threads that move objects; auto: one less than the cores, at least one",
  },
  { key: "parts_in_flight", group: "run", type: { is: "count", min: 1, max: 256 }, fallback: "8", help: "Parts under way, per worker" },
  {
    key: "objects_in_flight",
    group: "run",
    type: { is: "count", min: 1, max: 1024 },
    fallback: "32",
    help: "Small objects under way, per worker",
  },
  {
    key: "bandwidth",
    group: "run",
    type: { is: "rate", min: KIB, max: 1024 * GIB, word: "none" },
    fallback: "none",
    help: "Ceiling for all workers together, such as 50 MiB/s",
  },
  {
    key: "retries",
    group: "run",
    type: { is: "count", min: 0, max: 100 },
    fallback: "8",
    help: "Further attempts at a request after the first",
  },
  {
    key: "retry_delay",
    group: "run",
    type: { is: "time", min: 1, max: RETRY_WAIT_MAX_MS },
    fallback: "500ms",
    help: "Base of the growing wait between attempts",
  },
  {
    key: "retry_growth",
    group: "run",
    type: { is: "choice", of: ["double", "linear"] },
    fallback: "double",
    help: "double: each wait up to twice the last, jittered; linear: the n-th wait is n times retry_delay exactly",
  },
  {
    key: "timeout",
    group: "run",
    type: { is: "time", min: 1000, max: DAY_MS },
    fallback: "1m",
    help: "A request without any progress for this long has failed",
  },
  {
    key: "memory",
    group: "run",
    type: { is: "size", min: 64 * MIB, max: 1024 * GIB, word: "none" },
    fallback: "none",
    help: "Ceiling of the whole process; less is kept under way to stay below it",
  },
  {
    key: "log_level",
    group: "run",
    type: { is: "choice", of: ["error", "warn", "info", "debug"] },
    fallback: "info",
    help: "Least important messages that are told",
  },
  { key: "log_format", group: "run", type: { is: "choice", of: ["text", "json"] }, fallback: "text", help: "json: one object a line" },
  {
    key: "progress",
    group: "run",
    type: { is: "choice", of: ["auto", "bar", "lines", "none"] },
    fallback: "auto",
    help: "auto: a bar on a terminal, lines elsewhere",
  },
  {
    key: "log_objects",
    group: "run",
    type: { is: "yesNo" },
    fallback: "no",
    help: "Tell of each object at info: put PATH -> KEY, z> when compressed, or skipping PATH -> KEY",
  },
  {
    key: "log_file",
    group: "run",
    type: { is: "path" },
    fallback: "",
    help: "File that gets the log as well; {time} in its name is the time of the start, and its folder is made",
  },
  { key: "manifest", group: "run", type: { is: "path" }, fallback: "", help: "File that gets one line of JSON per object" },
] as const satisfies readonly KeyRule[];
