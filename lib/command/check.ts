/**
 * `sluice check …`: compares both sides of the jobs of a file, or two locations. Copies nothing.
 */
import type { Command } from "./command.ts";
import { type Flags, readFlags, unknownFlag } from "./flags.ts";
import { FILE_FLAGS, FILE_FLAGS_HELP, type FileRequest, insteadOfFlag, readFileRequest } from "./job_file_flags.ts";
import { LOCATIONS, placeFlagsText } from "./key_help.ts";
import { placeFlags, type PlacesRequest, readPlaces } from "./place_flags.ts";

/** Jobs of a file, or two locations. */
export type CheckRequest = ({ readonly kind: "check" } & FileRequest) | ({ readonly kind: "checkPlaces" } & PlacesRequest);

/** See the file comment. */
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
    const own: readonly string[] = FILE_FLAGS.map(([name]) => name);
    const other = [...flags.values.keys()].find((flag) => !own.includes(flag));
    if (other !== undefined) throw unknownFlag(`--${other}`, { command: "check", explain: insteadOfFlag });
    return { kind: "check", ...readFileRequest(flags, "check") };
  },
  async run(request, terminal) {
    const { checkFile, checkPlaces } = await import("./check_jobs.ts");
    return await (request.kind === "check" ? checkFile(await terminal(), request) : checkPlaces(await terminal(), request));
  },
};

/** Two words of which the second cannot be the name of a job: locations, not a job file. */
function namesPlaces({ words }: Flags): boolean {
  return words.length === 2 && /[/\\]|^\.+$/.test(words[1] ?? "") && !/\.ini$/i.test(words[0] ?? "");
}
