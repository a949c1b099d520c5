/**
 * Compares both sides of jobs and copies nothing.
 */
import { EXIT } from "../errors.ts";
import type { Job } from "../job_types.ts";
import { checkSides } from "../run/job_calls.ts";
import { jsonText, printable } from "../report/escape.ts";
import { differenceLine } from "../report/plan_text.ts";
import { differenceRecord } from "../report/records.ts";
import { formatBytes, formatCount } from "../report/units.ts";
import { EmbeddedHost } from "../run/embedded_host.ts";
import { systemContext } from "../run/system_context.ts";
import { cpToJob } from "./flag_job.ts";
import type { FileRequest } from "./job_file_flags.ts";
import type { PlacesRequest } from "./place_flags.ts";
import { readJobs } from "./read_jobs.ts";
import { learnSecrets, type Terminal } from "./terminal.ts";

/** The jobs of a file, or those named. Returns 0 when all sides agree, 1 when some differ. */
export async function checkFile(terminal: Terminal, request: FileRequest): Promise<number> {
  return await checkAll(terminal, readJobs(request.file, request), request.json);
}

/** Two locations from flags. Returns 0 when they agree, 1 when they differ. */
export async function checkPlaces(terminal: Terminal, request: PlacesRequest): Promise<number> {
  return await checkAll(terminal, [cpToJob("check", request, systemContext())], request.json);
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
        onNote: (line) => terminal.people.line(printable(line)),
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
