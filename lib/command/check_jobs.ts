/**
 * `main.ts check JOB.ini [NAME…]`: compares both sides of jobs and moves nothing.
 */
import { EXIT } from "../errors.ts";
import type { CheckCommand } from "../job/command.ts";
import { check } from "../mod.ts";
import { differenceLine } from "../report/plan_text.ts";
import { differenceRecord } from "../report/records.ts";
import { formatBytes, formatCount } from "../report/units.ts";
import { EmbeddedHost } from "../run/embedded_host.ts";
import { learnSecrets, type Terminal } from "./terminal.ts";
import { readJobs } from "./read_jobs.ts";

/** Answers 0 when all sides agree, 1 when some differ. */
export async function checkFile(terminal: Terminal, command: CheckCommand): Promise<number> {
  const jobs = await readJobs(command.file, command);
  const host = new EmbeddedHost();
  let different = 0;
  try {
    for (const job of jobs) {
      learnSecrets(terminal.redactor, job);
      const { counts } = await check(job, {
        signal: terminal.signal,
        host,
        onDifference: (difference) =>
          terminal.out(command.json ? JSON.stringify(differenceRecord(difference)) : differenceLine(difference)),
      });
      different += counts.different + counts.extra;
      const same = `${formatCount(counts.same)} the same (${formatBytes(counts.sameBytes)})`;
      terminal.people.line(`Check ${job.name}: ${same}, ${formatCount(counts.different)} differ, ${formatCount(counts.extra)} extra`);
    }
  } finally {
    await host.close();
  }
  return different > 0 ? EXIT.failed : EXIT.ok;
}
