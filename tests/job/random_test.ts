/** Random job files and command lines: whatever the text, the answer is jobs or the one kind of error. `SLUICE_SEED=n` repeats a run. */
import { assert, assertEquals } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { CHECK } from "../../lib/command/check.ts";
import { CP } from "../../lib/command/cp.ts";
import { jobOfPlaces } from "../../lib/command/places_request.ts";
import { RUN } from "../../lib/command/run.ts";
import { SERVE } from "../../lib/command/serve.ts";
import { UPLOADS, uploadsPlace } from "../../lib/command/uploads.ts";
import { parseJobFile } from "../../lib/job/job_file.ts";
import { jobToIni } from "../../lib/job/job_ini.ts";
import { JOB_SETTINGS, STORE_SETTINGS } from "../../lib/job/settings/tables.ts";
import { JobFileError } from "../../lib/job/mistake.ts";
import type { Job } from "../../lib/job_types.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import { rounds, testSeed } from "../test_seed.ts";
import { contextOf } from "./context.ts";

const SEED = testSeed();
/** Fewer would often make not one good job. */
const ROUNDS = Math.max(3000, rounds(3000));

/** Whole numbers below a bound. */
function randomOf(seed: number): (below: number) => number {
  const random = seededRandom(seed);
  return (below) => Math.floor(random() * below);
}

const KEYS = [...JOB_SETTINGS.keys(), ...STORE_SETTINGS.keys(), "__proto__", "constructor", "toString", "x y", "空", ""];
const SECTIONS = ["[defaults]", "[job.a]", "[job.b]", "[store.m]", "[store.s3]", "[job.]", "[store.__proto__]", "[", "[]", "[x]", "[job.a"];
const VALUES = [
  "in/",
  "out",
  "s3://b/k",
  "s3://b/",
  "m://b//",
  "__proto__://b/",
  "constructor://b/",
  "oss://b/",
  "C:\\x",
  "~/",
  "\\\\x\\y",
  "5 MiB",
  "1e309",
  "99999999999999999999",
  "auto",
  "none",
  "copy",
  "yes",
  "30s",
  "a=b,c=d",
  "__proto__=1",
  "=,=",
  "{,}{{",
  "${A}",
  "${",
  "$${",
  "${__proto__}",
  '"',
  '""',
  "http://[::1",
  "http://u:p@h:99999/",
  "https://h",
  "embedded",
  "local",
  "s3",
  "\u0000",
  "\uD800",
  "\u2028",
  "x".repeat(2000),
  "",
];

function randomText(below: (n: number) => number): string {
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const junk = () => Array.from({ length: below(8) }, () => String.fromCharCode(below(2) ? below(128) : below(65536))).join("");
  const line = () => {
    const kind = below(10);
    if (kind < 2) return pick(SECTIONS);
    if (kind < 9) return `${pick(KEYS)}${pick([" = ", "=", " ", "=="])}${pick(VALUES)}${below(6) === 0 ? junk() : ""}`;
    return junk();
  };
  return Array.from({ length: below(30) }, line).join(pick(["\n", "\r\n", "\r"]));
}

/** Jobs, or undefined after the one kind of error. */
function jobsOf(parse: () => readonly Job[]): readonly Job[] | undefined {
  try {
    return parse();
  } catch (error) {
    assert(error instanceof TransferError && error.kind === "config", `${error instanceof Error ? error.stack : error}`);
    if (error instanceof JobFileError) assert(error.mistakes.length > 0);
    return undefined;
  }
}

Deno.test(`parseJobFile() throws nothing but its own error, whatever the text (seed ${SEED})`, () => {
  const below = randomOf(SEED);
  let good = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const text = (below(4) === 0 ? "[job.a]\nsource=s3://b/x/\ndestination=y/\n" : "") + randomText(below);
    const cwd = below(4) === 0 ? "C:\\work" : "/work";
    const isFolder = () => [true, false, undefined][below(3)];
    const jobs = jobsOf(() => parseJobFile(text, contextOf({ cwd, isFolder })));
    for (const job of jobs ?? []) {
      good++;
      jobToIni(job);
    }
  }
  assert(good > 0, "not one good job was made: the generator is too wild to show anything");
});

Deno.test(`the command line throws nothing but its own error, whatever the arguments (seed ${SEED})`, () => {
  const below = randomOf(SEED + 1);
  const flags = [
    ...KEYS.map((key) => `--${key.replaceAll("_", "-")}`),
    "--source-type",
    "--destination-folder",
    "--json",
    "--",
    "-",
    "-x",
    "--=",
  ];
  const words = [...VALUES, ...flags, ...flags.map((flag) => `${flag}=1`)];
  for (let round = 0; round < ROUNDS; round++) {
    const command = [CP, UPLOADS, SERVE, RUN, CHECK][below(5)];
    const args = ["a/", "s3://b/"].slice(0, below(3));
    while (below(3) > 0) args.push(words[below(words.length)] ?? "");
    jobsOf(() => {
      if (command === UPLOADS) uploadsPlace(UPLOADS.read(args), contextOf());
      else if (command === CP) return [jobOfPlaces("cp", CP.read(args), contextOf())];
      else command?.read(args);
      return [];
    });
  }
});

Deno.test("the random generator repeats itself by its seed", () => {
  assertEquals(randomText(randomOf(7)), randomText(randomOf(7)));
});
