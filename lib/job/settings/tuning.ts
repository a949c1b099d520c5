/** The settings that limit a run, and those that say how it reports. */
import { GIB, KIB, MIB, RETRY_WAIT_MAX_MS } from "../../limits.ts";
import { count, oneOf, onlyYes, path, rate, size, time } from "./kinds.ts";
import { setting } from "./setting.ts";

const DAY_MS = 86_400_000;
const WORKERS_MAX = 64;

/** Fields of a job's tuning. */
export const TUNING = {
  workers: setting(
    "workers",
    // One core is for main and the kernel: measured, a worker for it too costs CPU and brings no speed.
    count({ min: 1, max: WORKERS_MAX, word: "auto", means: ({ cores }) => Math.min(Math.max(1, Math.floor(cores) - 1), WORKERS_MAX) }),
    { default: "auto", help: "Threads that copy objects; auto: one less than the cores, at least one" },
  ),
  partsInFlight: setting("parts_in_flight", count({ min: 1, max: 256 }), { default: "8", help: "Parts in progress, per worker" }),
  objectsInFlight: setting("objects_in_flight", count({ min: 1, max: 1024 }), {
    default: "32",
    help: "Small objects in progress, per worker",
  }),
  bandwidthBytesPerSecond: setting("bandwidth", rate({ min: KIB, max: 1024 * GIB, word: "none", means: 0 }), {
    default: "none",
    help: "Limit for all workers together, such as 50 MiB/s",
  }),
  retries: setting("retries", count({ min: 0, max: 100 }), { default: "8", help: "Further attempts at a request after the first" }),
  retryDelayMs: setting("retry_delay", time({ min: 1, max: RETRY_WAIT_MAX_MS }), {
    default: "500ms",
    help: "Base of the wait between attempts",
  }),
  retryGrowth: setting("retry_growth", oneOf(["double", "linear", "constant"]), {
    default: "double",
    help: "double: each wait up to twice the last, jittered; linear: the n-th is n times retry_delay; constant: retry_delay",
  }),
  timeoutMs: setting("timeout", time({ min: 1000, max: DAY_MS }), {
    default: "1m",
    help: "A request without any progress for this long has failed",
  }),
  memoryBytes: setting("memory", size({ min: 64 * MIB, max: 1024 * GIB, word: "none", means: 0 }), {
    default: "none",
    help: "Limit of the whole process; fewer requests are in progress at a time to stay below it",
  }),
};

/** Fields of a job's report rules. */
export const REPORT = {
  logLevel: setting("log_level", oneOf(["error", "warn", "info", "debug"]), {
    default: "info",
    help: "Least important messages that are printed",
  }),
  logFormat: setting("log_format", oneOf(["text", "json"]), { default: "text", help: "json: one object a line" }),
  progress: setting("progress", oneOf(["auto", "bar", "lines", "none"]), {
    default: "auto",
    help: "auto: a bar on a terminal, lines elsewhere",
  }),
  logObjects: setting("log_objects", onlyYes(), {
    default: "no",
    help: "Log each object at info: put PATH -> KEY, z> when compressed, or skipping PATH -> KEY",
  }),
  logFile: setting("log_file", path(), {
    help: "File that gets the log as well; {time} in its name is the time of the start, and its folder is made",
    example: "./log/sluice-{time}.log",
  }),
  manifest: setting("manifest", path(), { help: "File that gets one line of JSON per object", example: "./manifest.ndjson" }),
};
