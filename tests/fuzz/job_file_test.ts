/** Job files with wounds: jobs that mean what they say, or one clear error. */
import { assert, assertEquals } from "@std/assert";
import type { Job } from "../../lib/job_types.ts";
import { parseJobFile } from "../../lib/job/job_file.ts";
import { jobToIni } from "../../lib/job/job_ini.ts";
import { contextOf } from "../job/context.ts";
import { CANARY, type Chance } from "./chance.ts";
import { JOB_FILES } from "./documents.ts";
import { fuzz } from "./rounds.ts";
import { assertNumbers, assertOwnError, valueOrOwnError } from "./verdict.ts";

const ENV: Readonly<Record<string, string>> = { HOME: "/home/me", A: "a" };

function read(text: string): readonly Job[] {
  return parseJobFile(text, contextOf({ env: (name) => Object.hasOwn(ENV, name) ? ENV[name] : undefined }));
}

/** The secret stays only where its line is whole: elsewhere it would be an ordinary value. */
function withoutStraySecrets(text: string): string {
  const whole = new Set(JOB_FILES.flatMap((file) => file.split("\n")));
  return text.split(/(\r\n|\r|\n)/).map((line) => (whole.has(line) ? line : line.replaceAll(CANARY, "plain"))).join("");
}

function woundedFile(chance: Chance): string {
  return withoutStraySecrets(chance.mutate(chance.pick(JOB_FILES), JOB_FILES));
}

/** Without keys, which are not written out, and without the words in which a place was written. */
function meaning(job: Job): unknown {
  return JSON.parse(
    JSON.stringify(job, (name, value) => (["name", "text", "credentials", "listCredentials", "proxy"].includes(name) ? undefined : value)),
  );
}

Deno.test("the unharmed job files are accepted", () => {
  for (const file of JOB_FILES) assert(read(file).length > 0);
});

fuzz("a job file is accepted with numbers that can be reckoned with, or refused in clear words", 1000, (chance) => {
  const text = woundedFile(chance);
  for (const job of valueOrOwnError(() => read(text)) ?? []) assertNumbers(job);
});

fuzz("a job that was accepted means the same when it is written out and read again", 400, (chance) => {
  const [job] = valueOrOwnError(() => read(woundedFile(chance))) ?? [];
  if (job === undefined) return;
  const text = jobToIni(job);
  // Said in a comment, because INI or a terminal must not have it.
  if (/^# [a-z_]+ = /m.test(text)) return;
  assertEquals(read(text).map(meaning), [meaning(job)]);
});

const KEPT: [string, string][] = [
  ["a very long line without a sign", `[job.a]\n${"x ".repeat(300_000)}`],
  ["a value of opening braces", `[job.a]\nsource=in/\ndestination=s3://b/\ninclude=${"{".repeat(100_000)}`],
  ["a value of commas and braces", `[job.a]\nsource=in/\ndestination=s3://b/\nheaders=${"{,".repeat(100_000)}`],
  ["nested groups", `[job.a]\nsource=in/\ndestination=s3://b/\nexclude_regex=${"(".repeat(50_000)}`],
  ["an endless run of spaces in a value", `[job.a]\nsource=in/\ndestination=s3://b/\nproxy=http://${"a".repeat(100_000)} @x`],
  ["many sections of one name", "[job.a]\n".repeat(20_000)],
  ["many sections", Array.from({ length: 5_000 }, (_, index) => `[job.n${index}]`).join("\n")],
  ["references without end", `[job.a]\nsource=${"${".repeat(100_000)}\ndestination=s3://b/`],
];

for (const [what, text] of KEPT) {
  Deno.test(`a job file with ${what} is refused at once, in clear words`, () => {
    try {
      read(text);
    } catch (error) {
      assertOwnError(error);
    }
  });
}
