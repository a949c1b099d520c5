/**
 * The keys that narrow a tree by rules, to the job's {@link Selection}. Patterns are judged by the plan, which knows how to read them.
 */
import type { Job, Selection } from "../job_types.ts";
import type { JobKey } from "./keys.ts";
import { absolutePath } from "./local_path.ts";
import type { JobContext } from "./raw_job.ts";
import type { SectionReader } from "./section_reader.ts";
import { listText, timeText } from "./value.ts";

/** The selection of one job; undefined when nothing narrows it. Mistakes go to the reader. */
export function readKeySelection(reader: SectionReader<JobKey>, context: JobContext): Selection | undefined {
  const excludeRegex = reader.list("exclude_regex");
  const rules = reader.list("filter");
  const wrong = rules.find((rule) => !/^[+-]\s*\S/.test(rule));
  if (wrong !== undefined) reader.wrong("filter", `${wrong} is no rule; write +PATTERN or -PATTERN`);
  const by = reader.choice<"key" | "parts">("filter_by");
  const base = reader.text("filter_base") ?? "";
  const limit = reader.number("limit", "none");
  const skipKeysFrom = reader.list("skip_keys_from").map((path) => absolutePath(path, context));
  const depth = reader.number("depth", "all");
  const maxAgeMs = reader.number("max_age", "none");
  const selection: Selection = {
    ...(excludeRegex.length > 0 && { excludeRegex }),
    ...(rules.length > 0 && { shellRules: { rules, by, base } }),
    ...(maxAgeMs !== "none" && { maxAgeMs }),
    ...(reader.choice("special") === "skip" && { skipSpecial: true }),
    ...(depth !== "all" && { depth }),
    ...(limit !== "none" && { limit }),
    ...(skipKeysFrom.length > 0 && { skipKeysFrom }),
  };
  return Object.keys(selection).length === 0 ? undefined : selection;
}

/** The keys of a selection, for a job file. */
export function keySelectionLines({ selection = {} }: Job): [JobKey, string | undefined][] {
  const { excludeRegex = [], shellRules, maxAgeMs, skipSpecial, depth, limit, skipKeysFrom = [] } = selection;
  return [
    ["exclude_regex", listText(excludeRegex)],
    ["filter", listText(shellRules?.rules ?? [])],
    ["filter_by", shellRules?.by],
    ["filter_base", shellRules?.base],
    ["max_age", maxAgeMs === undefined ? undefined : timeText(maxAgeMs)],
    ["special", skipSpecial ? "skip" : "fail"],
    ["depth", depth === undefined ? undefined : String(depth)],
    ["limit", limit === undefined ? undefined : String(limit)],
    ["skip_keys_from", listText(skipKeysFrom)],
  ];
}
