/** Command lines with wounds: a command, or one clear error that repeats no value of a flag. */
import { assert } from "@std/assert";
import { CHECK } from "../../lib/command/check.ts";
import type { Command } from "../../lib/command/command.ts";
import { CP } from "../../lib/command/cp.ts";
import { jobOfPlaces } from "../../lib/command/places_request.ts";
import { readCommandLine } from "../../lib/command/commands.ts";
import { RUN } from "../../lib/command/run.ts";
import { SERVE } from "../../lib/command/serve.ts";
import { UPLOADS, uploadsPlace } from "../../lib/command/uploads.ts";
import { contextOf } from "../job/context.ts";
import { CANARY, type Chance, INHERITED, ODD_NUMBERS } from "./chance.ts";
import { fuzz } from "./rounds.ts";
import { assertNumbers, valueOrOwnError } from "./verdict.ts";

const LINES: readonly (readonly string[])[] = [
  ["cp", "in/", "s3://bucket/out/", "--part-size", "8 MiB", "--delete", "--max-delete=3", "--include=*.jpg", "--include", "*.png"],
  ["cp", "s3://a/b", "s3://c/d", `--source-secret-access-key=${CANARY}`, "--source-access-key-id=AK", "--source-endpoint=http://h"],
  ["cp", "s3://a/b/", "oss://c/d/", "--destination-secret-access-key", CANARY, "--destination-access-key-id", "AK", "--tags", "a=b"],
  ["uploads", "s3://bucket/p/", "--older-than", "7d", "--abort", "--json", `--secret-access-key=${CANARY}`, "--access-key-id=x"],
  ["serve", "folder", "--port=0", "--access-key-id=AK", `--secret-access-key=${CANARY}`],
  ["run", "jobs.ini", "a", "b", "--set", "retries=3", "--dry-run", "--json"],
  ["check", "jobs.ini", "--set=part_size=5 MiB"],
  ["help", "cp"],
];
const WORDS = LINES.flat().filter((word) => !word.includes(CANARY));

function wound(args: readonly string[], chance: Chance): string[] {
  const wounded = [...args];
  for (let count = chance.below(4); count >= 0; count--) {
    const at = chance.below(wounded.length + 1);
    const word = wounded[at] ?? "";
    // A secret that loses its flag is an ordinary word.
    const bare = word === CANARY || wounded[at + 1] === CANARY;
    if (bare) continue;
    switch (chance.below(5)) {
      case 0:
        if (wounded[at] === undefined || !wounded[at].includes("=")) break;
        wounded.splice(at, 0, wounded[at]);
        break;
      case 1:
        if (!word.includes(CANARY)) wounded.splice(at, 1);
        break;
      case 2:
        wounded.splice(at, 0, chance.pick(WORDS.filter((other) => !other.startsWith("--") || other.includes("="))));
        break;
      case 3:
        if (!word.includes(CANARY)) wounded[at] = chance.mutate(word, WORDS);
        break;
      default:
        wounded.push(`--${chance.pick([...INHERITED, "part-size", "tags", "retries"])}=${chance.pick([...ODD_NUMBERS, chance.junk()])}`);
    }
  }
  return wounded;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  run: RUN,
  check: CHECK,
  help: (await readCommandLine(["help"])).command,
  serve: SERVE,
};

function read([name = "", ...args]: readonly string[]): unknown {
  if (name === "cp") return jobOfPlaces("cp", CP.read(args), contextOf());
  if (name === "uploads") {
    const request = UPLOADS.read(args);
    return [uploadsPlace(request, contextOf()), request];
  }
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name]?.read(args) : RUN.read([name, ...args]);
}

Deno.test("the unharmed command lines are accepted", () => {
  for (const args of LINES) assert(read(args) !== undefined);
});

fuzz("a command line becomes a command with numbers that can be reckoned with, or one clear error", 3000, (chance) => {
  const read_ = valueOrOwnError(() => read(wound(chance.pick(LINES), chance)));
  if (read_ !== undefined) assertNumbers(read_);
});

for (
  const [what, args] of [
    ["an endless flag", ["cp", `--${"a-".repeat(200_000)}`, "x", "y"]],
    ["ten thousand flags", ["cp", "a/", "s3://b/", ...Array.from({ length: 10_000 }, (_, index) => `--include=${index}`)]],
    ["a flag that objects inherit", ["cp", "a/", "s3://b/", "--__proto__=1", "--constructor.prototype.polluted=1", "--no-constructor"]],
    ["dotted flags", ["run", "x.ini", "--set.__proto__.polluted=1", "--a.b.c=1"]],
  ] as const
) {
  Deno.test(`a command line with ${what} is read at once`, () => void valueOrOwnError(() => read(args)));
}
