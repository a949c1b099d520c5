/** A context for checks: no outside, and the mistakes of a text as lines. */
import { JobFileError, mistakeText } from "../../lib/job/mistake.ts";
import { parseJobFile } from "../../lib/job/job_file.ts";
import type { JobContext } from "../../lib/job/raw_job.ts";
import type { Job } from "../../lib/job_types.ts";

/** Nothing exists, two cores, `/work` is the working folder. */
export function contextOf(changes: Partial<JobContext> = {}): JobContext {
  return { file: "jobs.ini", env: () => undefined, cwd: "/work", isFolder: () => undefined, cores: 2, ...changes };
}

/** A file of one job `a` with these lines, source and destination given unless the lines do. */
export function jobText(lines: string): string {
  const given = lines.split("\n").map((line) => line.split("=")[0]?.trim());
  const source = given.includes("source") ? "" : "source = in/\n";
  const destination = given.includes("destination") ? "" : "destination = s3://bucket/out/\n";
  return `[job.a]\n${source}${destination}${lines}\n`;
}

/** The one job of a text. */
export function onlyJob(text: string, changes: Partial<JobContext> = {}): Job {
  const [job] = parseJobFile(text, contextOf(changes));
  if (job === undefined) throw new Error("no job");
  return job;
}

/** The mistakes of a text, each as its line; empty when there are none. */
export function mistakesOf(text: string, changes: Partial<JobContext> = {}): string[] {
  try {
    parseJobFile(text, contextOf(changes));
    return [];
  } catch (error) {
    if (error instanceof JobFileError) return error.mistakes.map(mistakeText);
    throw error;
  }
}
