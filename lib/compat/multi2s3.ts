/**
 * `config.py` of multi2s3.py to one job: the files of one folder into an S3 bucket. The module is read as data and never run; see
 * docs/switching.md.
 */
import { TransferError } from "../errors.ts";
import { Problem, shownValue } from "../job/mistake.ts";
import { MIB, PART_SIZE_MIN_BYTES } from "../limits.ts";
import type { CompatContext, CompatRun, FrontDoor } from "./compat_run.ts";
import { JobDraft, type Origin, plainPath } from "./job_draft.ts";
import { RETRIES_MAX } from "./old_ini.ts";
import { OWN_FLAGS_HELP, readOwnFlags } from "./own_flags.ts";
import { type PythonValue, readPythonConfig } from "./python_config.ts";

/** Where the settings are looked for when none are named: the program's own name, and the one that its README writes. */
const DEFAULT_FILES = ["config.py", "Config.py"];

const HELP = `sluice multi2s3 [config.py]      the job of multi2s3.py; without a file config.py or Config.py of the working folder

Settings of config.py, which is read and never run: NAME = a string, a number, True, False, or a product of numbers
  srcdir               folder to send; its own files only, no sub-folders
  srcfileIndex         "*": every file; else one file, by its literal name
  chunksize            bytes: size of a part, and files of at least this size go in parts; raised to S3's 5 MiB
  splitdir             not used: no parts are written to the disk
  s3bucket             bucket
  s3key                text in front of each name, without a slash of its own: pre and f make pref
  MaxRetry             further tries of each request; the n-th waits n x 5 s
  MaxThread            parts at a time
  IgnoreSmallFile      1: with "*", files smaller than chunksize are skipped
  MaunalMerge          not used: nothing waits for a person

Keys, region and endpoint come from the SDK's own chain: environment, shared files, instance.

${OWN_FLAGS_HELP}
`;

/** The front door of multi2s3.py. */
export const MULTI2S3: FrontDoor = { help: HELP, usageExit: 2, translate };

function translate(args: readonly string[], context: CompatContext): CompatRun {
  const flags = readOwnFlags(args, []);
  const [file = DEFAULT_FILES.find((name) => context.readText(name) !== undefined) ?? DEFAULT_FILES[0] ?? "", ...more] = flags.words;
  const text = context.readText(file);
  if (text === undefined) throw new TransferError("config", `Cannot read ${file}: there is no such file; write multi2s3 config.py`);
  const draft = new JobDraft(file, "multi2s3");
  const settings = new Settings(draft, readPythonConfig(text, draft.mistakes));
  places(draft, settings);
  tuning(draft, settings);
  const notices = [...flags.notices, ...more.map((word) => `Not used: ${shownValue(word)}`)];
  if (settings.has("splitdir")) notices.push("Not used: splitdir, because no parts are written to the disk");
  return { kind: "jobs", jobs: [draft.check({ ...context, overrides: flags.overrides })], notices, json: flags.json };
}

function places(draft: JobDraft, settings: Settings): void {
  const name = settings.text("srcfileIndex");
  const bucket = settings.text("s3bucket");
  const key = settings.text("s3key");
  draft.set("special", "skip");
  draft.set("source", `${plainPath(settings.text("srcdir") || ".")}/`, settings.origin("srcdir"));
  draft.set("destination", `s3://${bucket.includes("/") ? "bucket" : bucket}/`, settings.origin("s3bucket"));
  if (bucket.includes("/")) draft.wrong(settings.origin("s3bucket"), bucket, "the name of a bucket only; its prefix is s3key");
  if (key !== "") draft.set("key_prefix", key, settings.origin("s3key"));
  if (name === "*") draft.set("include", ["/*"], settings.origin("srcfileIndex"));
  else draft.set("files", [name], settings.origin("srcfileIndex"));
}

function tuning(draft: JobDraft, settings: Settings): void {
  const chunk = settings.count("chunksize", 1);
  const retries = settings.count("MaxRetry", 0);
  draft.set("part_size", `${Math.max(chunk, PART_SIZE_MIN_BYTES)} B`, settings.origin("chunksize"));
  draft.set("multipart_threshold", `${chunk} B`, settings.origin("chunksize"));
  draft.set("retries", String(Math.min(retries, RETRIES_MAX)), settings.origin("MaxRetry"));
  draft.set("retry_delay", "5s", settings.origin("MaxRetry"));
  draft.set("retry_growth", "linear", settings.origin("MaxRetry"));
  draft.set("workers", "1");
  draft.set("parts_in_flight", String(settings.count("MaxThread", 1)), settings.origin("MaxThread"));
  draft.set("objects_in_flight", "1");
  if (settings.flag("IgnoreSmallFile") && settings.text("srcfileIndex") === "*") {
    draft.set("min_size", `${chunk} B`, settings.origin("IgnoreSmallFile"));
  }
}

/** Typed access to the settings; a setting that is missing or of another type is a mistake. */
class Settings {
  constructor(private readonly draft: JobDraft, private readonly values: ReadonlyMap<string, PythonValue>) {}

  has(name: string): boolean {
    return this.values.has(name);
  }

  origin(name: string): Origin {
    const line = this.values.get(name)?.line;
    return { shown: name, ...(line !== undefined && { line }) };
  }

  text(name: string): string {
    const value = this.#read(name);
    if (typeof value === "string") return value;
    if (value !== undefined) this.draft.wrong(this.origin(name), String(value), "write a string in quotes");
    return "";
  }

  count(name: string, min: number): number {
    const value = this.#read(name);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= min) return value;
    if (value !== undefined) this.draft.wrong(this.origin(name), String(value), `write a whole number of at least ${min}`);
    return Math.max(min, MIB);
  }

  flag(name: string): boolean {
    const value = this.#read(name);
    if (typeof value === "boolean" || value === 0 || value === 1) return Boolean(value);
    if (value !== undefined) this.draft.wrong(this.origin(name), String(value), "write 0 or 1");
    return false;
  }

  #read(name: string): PythonValue["value"] | undefined {
    const found = this.values.get(name);
    if (found === undefined) this.draft.mistakes.ofFile(new Problem(`${name} is missing`));
    return found?.value;
  }
}
