/** `sluice check …`: compares both sides of the jobs of a file, or two locations. Copies nothing. */
import { EXIT } from "../errors.ts";
import type { Job } from "../job_types.ts";
import { jsonText, printable } from "../report/escape.ts";
import { differenceLine, differenceRecord } from "../report/records.ts";
import { formatBytes, formatCount } from "../report/units.ts";
import { EmbeddedHost } from "../run/embedded_host.ts";
import { checkSides } from "../run/job_calls.ts";
import { systemContext } from "../run/system_context.ts";
import type { Command } from "./command.ts";
import { FILE_FLAGS, FILE_FLAGS_HELP, type FileRequest, insteadOfFlag, jobsOf, readFileRequest } from "./file_request.ts";
import { type Flags, readFlags, unknownFlag } from "./flags.ts";
import { LOCATIONS, placeFlagsText } from "./key_help.ts";
import { jobOfPlaces, placeFlags, type PlacesRequest, readPlaces } from "./places_request.ts";
import { learnSecrets, type Terminal } from "./terminal.ts";

/** Jobs of a file, or two locations. */
type CheckRequest = ({ readonly kind: "check" } & FileRequest) | ({ readonly kind: "checkPlaces" } & PlacesRequest);

/** See the file comment. Returns 0 when all sides agree, 1 when some differ. */
export const CHECK: Command<CheckRequest> = {
  usage: `sluice check JOB.ini [NAME…]       compare both sides, copy nothing; exit code 1 on differences
${FILE_FLAGS_HELP}
sluice check SOURCE DESTINATION    the same of two locations, with the flags of cp`,
  examples: [
    "sluice check jobs.ini photos",
    "sluice check ./photos/ s3://bucket/photos/",
    "sluice check s3://one/ s3://two/ --compare size --json",
  ],
  more: () => `${LOCATIONS}\n\n${placeFlagsText()}`,
  read(args) {
    const flags = readFlags(args, new Map([...placeFlags(), ...FILE_FLAGS]), { command: "check" });
    if (namesPlaces(flags)) return { kind: "checkPlaces", ...readPlaces(flags) };
    const other = [...flags.values.keys()].find((flag) => !FILE_FLAGS.has(flag));
    if (other !== undefined) throw unknownFlag(`--${other}`, { command: "check", explain: insteadOfFlag });
    return { kind: "check", ...readFileRequest(flags, "check") };
  },
  async run(request, open) {
    const terminal = await open();
    const jobs = request.kind === "check" ? jobsOf(request) : [jobOfPlaces("check", request, systemContext())];
    const host = new EmbeddedHost();
    let different = 0;
    try {
      for (const job of jobs) different += await checkJob(terminal, job, { host, json: request.json });
    } finally {
      await host.close();
    }
    return different > 0 ? EXIT.failed : EXIT.ok;
  },
};

/** Two words of which the second cannot be the name of a job: locations, not a job file. */
function namesPlaces({ words }: Flags): boolean {
  return words.length === 2 && /[/\\]|^\.+$/.test(words[1] ?? "") && !/\.ini$/i.test(words[0] ?? "");
}

/** Returns how many keys differ. */
async function checkJob(
  { redactor, people, out, signal }: Terminal,
  job: Job,
  how: { host: EmbeddedHost; json: boolean },
): Promise<number> {
  learnSecrets(redactor, job);
  const { counts: { same, sameBytes, different, extra } } = await checkSides(job, {
    signal,
    host: how.host,
    onNote: (line) => people.line(printable(line)),
    onDifference: (difference) => out(how.json ? jsonText(differenceRecord(difference)) : differenceLine(difference)),
  });
  const equal = `${formatCount(same)} the same (${formatBytes(sameBytes)})`;
  people.line(`Check ${printable(job.name)}: ${equal}, ${formatCount(different)} differ, ${formatCount(extra)} extra`);
  return different + extra;
}
