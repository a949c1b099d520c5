/** RE2 expressions, which match in linear time. The library costs 20 ms and 5 MB, so that only a job with patterns loads it. */
import type { RE2JS } from "re2js";
import type { Job } from "../job_types.ts";

let loaded: typeof RE2JS | undefined;

/** Loads the library when the job has a pattern; awaited before a filter is made. */
export async function loadRe2(
  { include, exclude, selection: { excludeRegex, shellRules } = {} }: Pick<Job, "include" | "exclude" | "selection">,
) {
  if (include.length + exclude.length > 0 || excludeRegex || shellRules) loaded ??= (await import("re2js")).RE2JS;
}

/** The library. */
export function re2(): typeof RE2JS {
  if (loaded === undefined) throw new Error("A pattern is read before loadRe2()");
  return loaded;
}
