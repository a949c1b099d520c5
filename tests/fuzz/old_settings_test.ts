/** Settings and command lines of older tools with wounds: jobs, a text, or one clear error; notices fit to be shown. */
import { assert } from "@std/assert";
import type { CompatContext, FrontDoor } from "../../lib/compat/compat_run.ts";
import { findDoor, openDoor, TOOLS } from "../../lib/compat/front_door.ts";
import { readS3cmdKeys } from "../../lib/compat/s3cmd_config.ts";
import { noticeLines } from "../../lib/command/older.ts";
import { CANARY, type Chance, INHERITED, ODD_NUMBERS } from "./chance.ts";
import { OLD_INIS, PYTHON_CONFIGS, S3CMD_CONFIGS } from "./documents.ts";
import { fuzz } from "./rounds.ts";
import { assertNumbers, assertOwnError, assertShown, valueOrOwnError } from "./verdict.ts";

const DOCUMENTS = [...OLD_INIS, ...PYTHON_CONFIGS, ...S3CMD_CONFIGS];
const WHOLE_LINES = new Set(DOCUMENTS.flatMap((text) => text.split("\n")));
const DOORS = new Map<string, FrontDoor>();
for (const tool of TOOLS) DOORS.set(tool, await openDoor(tool) as FrontDoor);

function doorOf(tool: string): FrontDoor {
  const door = DOORS.get(tool);
  if (door === undefined) throw new Error(`There is no door ${tool}`);
  return door;
}

function contextOf(text: string): CompatContext {
  return { env: () => undefined, cwd: "/work", isFolder: () => undefined, cores: 2, readText: () => text };
}

/** Translates; whatever is told to people is looked at. */
function translate(tool: string, args: readonly string[], text: string): boolean {
  const answer = valueOrOwnError(() => doorOf(tool).translate(args, contextOf(text)));
  if (answer?.kind === "jobs") {
    for (const job of answer.jobs) assertNumbers(job);
    for (const line of noticeLines(answer)) assertShown(line);
  }
  if (answer?.kind === "text") { for (const line of noticeLines(answer)) assertShown(line); }
  return answer !== undefined;
}

function wounded(chance: Chance, documents: readonly string[]): string {
  const text = chance.mutate(chance.pick(documents), documents);
  return text.split(/(\r\n|\r|\n)/).map((line) => (WHOLE_LINES.has(line) ? line : line.replaceAll(CANARY, "plain"))).join("");
}

Deno.test("the unharmed settings of the older tools are accepted", () => {
  for (const text of OLD_INIS) assert(translate(findDoor(["x.ini"], () => text)?.tool ?? "", ["x.ini"], text), text);
  for (const text of PYTHON_CONFIGS) assert(translate("multi2s3", ["config.py"], text), text);
  for (const text of S3CMD_CONFIGS) assert(readS3cmdKeys(text).secretKey === CANARY, text);
});

fuzz("settings of s3_upload and s3_download become jobs or one clear error", 800, (chance) => {
  const text = wounded(chance, OLD_INIS);
  translate(findDoor(["x.ini"], () => text)?.tool ?? "s3_upload_config.ini", ["x.ini"], text);
});

fuzz("settings of multi2s3 become jobs or one clear error", 500, (chance) => {
  translate("multi2s3", ["config.py"], wounded(chance, PYTHON_CONFIGS));
});

fuzz("keys of s3cmd's files are found or not, and nothing is told", 400, (chance) => {
  const text = wounded(chance, S3CMD_CONFIGS);
  const keys = valueOrOwnError(() => readS3cmdKeys(text)) ?? {};
  for (const value of Object.values(keys)) assert(!/\s/.test(value), JSON.stringify(value));
  translate("s3copy", ["s3://a/x", "s3://b/y"], text);
});

const WORDS: Readonly<Record<string, readonly string[]>> = {
  s3copy: (
    "s3://a/x s3://b/y s3:// x -n -f a b -p c -F files -P p -a AK -k -c cfg -d cfg2 --acl-grant READ:id=x " +
    "-t 5 -l log -L INFO --part-size 5 --retries 2 --dest-prefix z --clean-mpcopies"
  ).split(" "),
  "s3-parallel-put": (
    "--bucket=b --bucket_region=r --prefix=p --put=add --gzip --gzip-type=text/html --grant=public-read --header=a:b " +
    "--insecure --log-filename=l --limit=3 --processes=2 --resume=m --verbose -n -v -q . tar:x"
  ).split(" "),
  paras3: "-h sync get put ls s3://b/p ./x -j 3 --threads=2 --bucket b --prefix p --profile x --endpoint http://h --region r".split(" "),
  multi2s3: ["config.py", "--dry-run", "--set", "retries=3", "--json", "--what=1", "more"],
  "s3_upload_config.ini": ["x.ini", "--gui", "--nogui", "--set=retries=3", "--dryrun", "more"],
};

fuzz("command lines of the older tools become jobs, a text, or one clear error", 1500, (chance) => {
  const tool = chance.pick(Object.keys(WORDS));
  const words = WORDS[tool] ?? [];
  const args = Array.from({ length: 1 + chance.below(7) }, () => {
    const word = chance.pick(words);
    return chance.oneIn(4) ? chance.mutate(word, words) : chance.oneIn(10) ? chance.pick([...INHERITED, ...ODD_NUMBERS]) : word;
  });
  translate(tool, args, chance.pick(DOCUMENTS));
});

const references = Array.from({ length: 11 }, (_, level) => `k${level} = ${`%(k${level + 1})s`.repeat(20)}`).join("\n");
const KEPT: [string, string, string][] = [
  ["references that multiply", "s3_upload_config.ini", `[Basic]\n${references}\nk11 = x\nDesBucket = b`],
  ["a section that objects inherit", "s3_upload_config.ini", `[constructor]\na = b\n[Basic]\nDesBucket = b\n[__proto__]\nc = d`],
  ["a line of spaces", "s3_upload_config.ini", `[Basic]\na${" ".repeat(200_000)}b\n`],
  ["a level that objects inherit", "s3_upload_config.ini", (OLD_INIS[0] ?? "").replace("= WARNING", "= constructor")],
  ["a size without end", "s3_upload_config.ini", (OLD_INIS[0] ?? "").replace("= 10", "= 9007199254740991")],
  ["a string without an end", "multi2s3", `s3key = "${"\\".repeat(200_001)}`],
  ["many stars", "multi2s3", `chunksize = ${"9 * ".repeat(100_000)}9`],
  ["a line of spaces in Python", "multi2s3", `a${" ".repeat(300_000)}b`],
];

for (const [what, tool, text] of KEPT) {
  Deno.test(`settings of ${tool} with ${what} are read at once`, () => void translate(tool, ["x"], text));
}

Deno.test("a file of s3cmd with endless blanks is read at once", () => {
  for (const blank of [" ", "\t", "= ", ": x "]) readS3cmdKeys(`access_key${blank.repeat(200_000)}\nsecret_key = x`);
});

Deno.test("a notice never repeats the value of an option, nor a control character", () => {
  for (const tool of ["multi2s3", "s3_upload_config.ini"]) {
    const text = tool === "multi2s3" ? PYTHON_CONFIGS[0] ?? "" : OLD_INIS[0] ?? "";
    translate(tool, ["x", `--aws-secret=${CANARY}`, "--x\x1b[2J"], text);
    try {
      doorOf(tool).translate(["x", `--sett=${CANARY}`], contextOf(text));
    } catch (error) {
      assertOwnError(error);
    }
  }
});
