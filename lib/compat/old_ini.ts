/**
 * What `s3_upload_config.ini` and `s3_download_config.ini` have in common: how their files are found and their values read. Values that the
 * older programs stopped at become mistakes with section and line; keys that they did not know are named and skipped.
 */
import type { JobKey } from "../job/settings/tables.ts";
import { Problem, shownKey, shownValue } from "../job/mistake.ts";
import { MIB, PART_SIZE_MIN_BYTES } from "../limits.ts";
import { TransferError } from "../errors.ts";
import type { CompatContext } from "./compat_run.ts";
import { type OldSections, readConfigParser } from "./config_parser.ts";
import { JobDraft, type Origin } from "./job_draft.ts";
import { type OwnFlags, readOwnFlags } from "./own_flags.ts";

/** Keys that other editions of the tool have, with where they belong. */
const ELSEWHERE = new Map([
  ["resumablethreshold", "the cluster edition"],
  ["ifverifymd5twice", "the cluster edition"],
  ["cleanunfinishedupload", "the cluster edition"],
  ["localprofilemode", "the cluster edition"],
]);

/** Levels of Python that mean something here. */
const LEVELS = new Map([["INFO", "info"], ["DEBUG", "debug"]]);

/** An ini file with its flags, ready to be translated. */
export interface OpenIni {
  readonly ini: OldIni;
  readonly flags: OwnFlags;
  readonly notices: string[];
}

/** A tool with a file in the form of INI. */
export interface OldTool {
  /** The name of the job that its file becomes. */
  readonly job: string;
  /** All keys that it knows, by section. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
}

/** Reads the file that the arguments name, or the one beside it that ends in `.default`. Throws `config` when both are missing. */
export function openIni(args: readonly string[], context: CompatContext, { job, keys }: OldTool): OpenIni {
  const flags = readOwnFlags(args, ["--gui", "--nogui"]);
  const [named = "", ...more] = flags.words;
  const notices = [...flags.notices, ...more.map((word) => `Not used: ${shownValue(word)}`)];
  const text = context.readText(named);
  const file = text === undefined ? `${named}.default` : named;
  const found = text ?? context.readText(file);
  if (found === undefined) throw new TransferError("config", `Cannot read ${named}: there is no such file, and no ${file}`);
  if (text === undefined) notices.push(`There is no ${named}: using ${file}`);
  if (flags.old.has("--gui") && !flags.old.has("--nogui")) notices.push("--gui: there is no window and no page; the file is run as it is");
  const draft = new JobDraft(file, job);
  const ini = new OldIni(draft, readConfigParser(found, draft.mistakes, ["ALIOSS_TO_S3"]));
  notices.push(...ini.unknownKeys(keys), ...ini.comments());
  return { ini, flags, notices };
}

/** Typed access to the values; the first of two reads of a wrong value reports the mistake. */
export class OldIni {
  constructor(readonly draft: JobDraft, private readonly sections: OldSections) {}

  /** Where a key stands, for messages. */
  origin(section: string, key: string): Origin {
    const line = this.sections.get(section)?.get(key.toLowerCase())?.line;
    return { shown: key, section, ...(line !== undefined && { line }) };
  }

  has(section: string, key: string): boolean {
    return this.sections.get(section)?.has(key.toLowerCase()) ?? false;
  }

  /** A section that the older program did not start without. */
  require(section: string): void {
    if (!this.sections.has(section)) this.draft.mistakes.ofFile(new Problem(`the section [${section}] is missing`));
  }

  /** A text; without the key `fallback`, and a mistake where there is none. */
  text(section: string, key: string, fallback?: string): string {
    const value = this.sections.get(section)?.get(key.toLowerCase())?.text ?? fallback;
    if (value === undefined && this.sections.has(section)) this.draft.wrong(this.origin(section, key), undefined, "the key is missing");
    return value ?? "";
  }

  /** A text that must not be empty. */
  filled(section: string, key: string): string {
    const value = this.text(section, key);
    if (value === "" && this.has(section, key)) this.draft.wrong(this.origin(section, key), undefined, "no value");
    return value;
  }

  /** A whole number of at least `min`, as Python's `int()` reads it. */
  count(section: string, key: string, min: number): number {
    const text = this.text(section, key).trim();
    const value = /^[+-]?\d+(?:_\d+)*$/.test(text) ? Number(text.replaceAll("_", "")) : Number.NaN;
    if (value >= min && Number.isSafeInteger(value)) return value;
    if (this.has(section, key)) {
      this.draft.wrong(this.origin(section, key), text, `not a whole number of at least ${min}; a comment needs a line of its own`);
    }
    return min;
  }

  /** A boolean as ConfigParser reads it; without the key `fallback`, and a mistake where there is none. */
  yesNo(section: string, key: string, fallback?: boolean): boolean {
    if (fallback !== undefined && !this.has(section, key)) return fallback;
    const text = this.text(section, key).toLowerCase();
    if (["1", "yes", "true", "on"].includes(text)) return true;
    if (!["0", "no", "false", "off"].includes(text) && this.has(section, key)) {
      this.draft.wrong(this.origin(section, key), text, "write True or False");
    }
    return false;
  }

  /** Lines about keys that do nothing. */
  unknownKeys(known: Readonly<Record<string, readonly string[]>>): string[] {
    const lines: string[] = [];
    for (const [section, values] of this.sections) {
      const keys = Object.hasOwn(known, section) ? (known[section] ?? []).map((key) => key.toLowerCase()) : [];
      for (const key of values.keys()) {
        if (keys.includes(key)) continue;
        const edition = ELSEWHERE.get(key);
        lines.push(
          `Not used: [${shownValue(section)}] ${shownKey(key)}${
            edition === undefined ? ", which this tool does not have" : `, a key of ${edition}`
          }`,
        );
      }
    }
    return lines;
  }

  /** Profile, endpoint and bucket of an S3 side, as store `name`. Returns `NAME://BUCKET/`. */
  store(name: string, section: string, keys: { profile: string; endpoint: string; bucket: string }): string {
    const profile = this.filled(section, keys.profile);
    const endpoint = this.text(section, keys.endpoint, "AWS");
    const bucket = this.filled(section, keys.bucket);
    if (profile !== "") this.draft.setStore(name, "profile", profile, this.origin(section, keys.profile));
    if (!["", "AWS", "aws"].includes(endpoint)) this.draft.setStore(name, "endpoint", endpoint, this.origin(section, keys.endpoint));
    return `${name}://${this.bucketOnly(section, keys.bucket, bucket)}/`;
  }

  /** A bucket's name, which holds no prefix; one that is wrong is reported and replaced. */
  bucketOnly(section: string, key: string, bucket: string): string {
    if (bucket === "") return "bucket";
    if (!bucket.includes("/")) return this.draft.bucket(bucket, this.origin(section, key));
    this.draft.wrong(this.origin(section, key), bucket, "the name of a bucket only; its prefix is S3Prefix");
    return "bucket";
  }

  /** Lines about what looks like a comment behind a value: it was part of it before, and is now. */
  comments(): string[] {
    const lines: string[] = [];
    for (const [section, values] of this.sections) {
      for (const [key, { text }] of values) {
        if (!/\s[#;](?:\s|$)/.test(text)) continue;
        lines.push(
          `[${shownValue(section)}] ${shownKey(key)}: what looks like a comment is part of the value; a comment needs a line of its own`,
        );
      }
    }
    return lines;
  }

  /** ChunkSize, MaxRetry, MaxThread, MaxParallelFile and LoggingLevel of `[Advanced]`. Returns a notice where ChunkSize was too small. */
  advanced(cores: number): string[] {
    const set = (key: JobKey, value: string, old: string) => this.draft.set(key, value, this.origin("Advanced", old));
    const chunk = this.count("Advanced", "ChunkSize", 1) * MIB;
    set("part_size", `${Math.max(chunk, PART_SIZE_MIN_BYTES) / MIB} MiB`, "ChunkSize");
    set("multipart_threshold", `${chunk / MIB} MiB`, "ChunkSize");
    set("retries", String(Math.min(this.count("Advanced", "MaxRetry", 0), RETRIES_MAX)), "MaxRetry");
    const flight = inFlight(this.count("Advanced", "MaxThread", 1), this.count("Advanced", "MaxParallelFile", 1), cores);
    set("workers", String(flight.workers), "MaxParallelFile");
    set("parts_in_flight", String(flight.parts), "MaxThread");
    set("objects_in_flight", String(flight.objects), "MaxParallelFile");
    const level = LEVELS.get(this.text("Advanced", "LoggingLevel")) ?? "warn";
    set("log_level", level, "LoggingLevel");
    return chunk < PART_SIZE_MIN_BYTES ? [`ChunkSize = ${chunk / MIB}: S3 takes no parts below 5 MiB, so parts have 5 MiB`] : [];
  }
}

/** More tries than these never come to pass: the time for all of them ends first. */
export const RETRIES_MAX = 100;

/** Files at a time and parts of each, as threads of sluice: never more in all than their product. */
function inFlight(threads: number, files: number, cores: number): { workers: number; parts: number; objects: number } {
  const workers = Math.min(files, Math.max(1, cores - 1), 64);
  return {
    workers,
    parts: Math.min(256, Math.max(1, Math.floor(threads * files / workers))),
    objects: Math.min(1024, Math.ceil(files / workers)),
  };
}

/** A prefix as Python's PurePosixPath writes it: no repeated slashes, no `.`, no slash at its end; `..` and a leading `/` or `//` stay. */
export function posixPrefix(text: string): string {
  const lead = /^\/\/(?!\/)/.test(text) ? "//" : text.startsWith("/") ? "/" : "";
  const path = lead + text.split("/").filter((name) => name !== "" && name !== ".").join("/");
  return path === "/" ? "" : path;
}

/** A name below a prefix: an absolute one loses its slash, the prefix never. */
export function below(prefix: string, name: string): string {
  const relative = name.replace(/^\/+/, "");
  return prefix === "" ? relative : `${prefix.replace(/\/$/, "")}/${relative}`;
}
