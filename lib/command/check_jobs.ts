/**
 * `main.ts check …`: compares both sides of jobs and moves nothing.
 */
import { EXIT } from "../errors.ts";
import type { CheckCommand, CheckPlacesCommand } from "../job/command.ts";
import { cpToJob } from "../job/flag_job.ts";
import type { Job } from "../job_types.ts";
import { checkSides } from "../run/job_calls.ts";
import { jsonText, printable } from "../report/escape.ts";
import { differenceLine } from "../report/plan_text.ts";
import { differenceRecord } from "../report/records.ts";
import { formatBytes, formatCount } from "../report/units.ts";
import { EmbeddedHost } from "../run/embedded_host.ts";
import { jobContext, learnSecrets, type Terminal } from "./terminal.ts";
import { readJobs } from "./read_jobs.ts";

/** The jobs of a file, or those named. Answers 0 when all sides agree, 1 when some differ. */
export async function checkFile(terminal: Terminal, command: CheckCommand): Promise<number> {
  return await checkAll(terminal, readJobs(command.file, command), command.json);
}

/** Two locations from flags. Answers 0 when they agree, 1 when they differ. */
export async function checkPlaces(terminal: Terminal, command: CheckPlacesCommand): Promise<number> {
  return await checkAll(terminal, [cpToJob(command, jobContext())], command.json);
}

async function checkAll(terminal: Terminal, jobs: readonly Job[], json: boolean): Promise<number> {
  const host = new EmbeddedHost();
  let different = 0;
  try {
    for (const job of jobs) {
      learnSecrets(terminal.redactor, job);
      const { counts } = await checkSides(job, {
        signal: terminal.signal,
        host,
        onDifference: (difference) => terminal.out(json ? jsonText(differenceRecord(difference)) : differenceLine(difference)),
      });
      different += counts.different + counts.extra;
      const same = `${formatCount(counts.same)} the same (${formatBytes(counts.sameBytes)})`;
      terminal.people.line(
        `Check ${printable(job.name)}: ${same}, ${formatCount(counts.different)} differ, ${formatCount(counts.extra)} extra`,
      );
    }
  } finally {
    await host.close();
  }
  return different > 0 ? EXIT.failed : EXIT.ok;
}
