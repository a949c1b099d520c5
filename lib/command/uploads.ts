/**
 * `sluice uploads LOCATION`: unfinished uploads, and their end.
 */
import type { UploadsRequest } from "../compat/compat_run.ts";
import { STORE_SETTINGS } from "../job/settings/tables.ts";
import { readTime } from "../job/value.ts";
import type { Command } from "./command.ts";
import { flagOf, type FlagTakes, type FlagValues, isYes, readFlags, takesOf, textOf, usage } from "./flags.ts";
import { storeFlagsText } from "./key_help.ts";

/** See the file comment. */
export const UPLOADS: Command<UploadsRequest> = {
  usage: `sluice uploads LOCATION            unfinished uploads: key, age, bytes, parts
  --abort                          abort them and free their parts
  --older-than TIME                only those begun at least this long ago, such as 7d
  --endpoint URL, --region NAME, … keys of the store that s3:// or oss:// means
  --json                           results as one JSON object a line on stdout`,
  examples: [
    "sluice uploads s3://bucket/",
    "sluice uploads s3://bucket/photos/ --older-than 7d --abort",
    "sluice uploads oss://bucket/ --region cn-beijing --json",
  ],
  more: () => storeFlagsText("--"),
  read(args) {
    const own: [string, FlagTakes][] = [["abort", "yesNo"], ["json", "yesNo"], ["older-than", "value"], ["endpoint-url", "value"]];
    const keys = [...STORE_SETTINGS.values()].map((one) => [flagOf(one.key), takesOf(one)] as const);
    const flags = readFlags(args, new Map([...own, ...keys]), { command: "uploads" });
    const [location] = flags.words;
    if (location === undefined || flags.words.length > 1) throw usage("uploads takes one location: uploads s3://bucket/prefix/");
    const store: Record<string, FlagValues[string]> = {};
    for (const [flag, value] of flags.values) {
      const key = flag === "endpoint-url" ? "endpoint" : flag.replaceAll("-", "_");
      if (STORE_SETTINGS.has(key)) store[key] = value;
    }
    return { kind: "uploads", location, abort: isYes(flags, "abort"), olderThanMs: ageOf(flags), store, json: isYes(flags, "json") };
  },
  async run(request, terminal) {
    const { listUploads } = await import("./list_uploads.ts");
    return await listUploads(await terminal(), request);
  },
};

function ageOf(flags: Parameters<typeof textOf>[0]): number {
  const age = textOf(flags, "older-than");
  const ageMs = age === undefined ? 0 : readTime(age, { min: 0, max: Number.MAX_SAFE_INTEGER });
  if (typeof ageMs !== "number") throw usage("--older-than needs a time such as 7d, with the unit ms, s, m, h or d");
  return ageMs;
}
