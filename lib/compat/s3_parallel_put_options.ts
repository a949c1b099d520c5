/**
 * The command line of s3-parallel-put as plain values: every option of its seed and of its last version. Judges what its own parser judged
 * (choices and numbers); the rest is for the translator.
 */
import { TransferError } from "../errors.ts";
import { type GivenOption, type OptionRule, OWN_OPTIONS, readLongOptions } from "./long_options.ts";

/** See the file comment. */
export interface ParallelPutOptions {
  readonly sources: readonly string[];
  readonly bucket: string;
  readonly bucketRegion: string | undefined;
  readonly host: string | undefined;
  readonly secure: boolean;
  readonly walk: "filesystem" | "tar" | "s3";
  readonly exclude: readonly string[];
  readonly include: readonly string[];
  /** 0 means any age. */
  readonly olderThanDays: number;
  readonly contentType: string;
  readonly gzip: boolean;
  readonly gzipTypes: readonly string[];
  readonly put: "add" | "stupid" | "update" | "copy";
  readonly prefix: string;
  readonly resume: readonly string[];
  readonly grant: string | undefined;
  readonly headers: readonly string[];
  readonly encrypt: boolean;
  readonly logFile: string | undefined;
  /** Quiet options less verbose ones. */
  readonly quiet: number;
  readonly dryRun: boolean;
  /** 0 means none. */
  readonly limit: number;
  readonly processes: number;
  /** All as given, for sluice's own among them. */
  readonly options: readonly GivenOption[];
}

const FLAGS = ["secure", "insecure", "gzip", "encrypt-key", "dry-run"];
const VALUES = [
  "bucket",
  "bucket_region",
  "host",
  "walk",
  "exclude",
  "include",
  "ignore-files-older-than-days",
  "content-type",
  "gzip-type",
  "put",
  "prefix",
  "resume",
  "grant",
  "header",
  "log-filename",
  "limit",
  "processes",
];
const RULES: readonly OptionRule[] = [
  ...FLAGS.map((name) => ({ names: [name], takesValue: false })),
  ...VALUES.map((name) => ({ names: [name], takesValue: true })),
  { names: ["quiet", "q"], takesValue: false },
  { names: ["verbose", "v"], takesValue: false },
  ...OWN_OPTIONS,
];

/** Canned ACLs as boto knows them. */
const GRANTS = [
  "private",
  "public-read",
  "public-read-write",
  "authenticated-read",
  "bucket-owner-read",
  "bucket-owner-full-control",
  "log-delivery-write",
];

/** Reads a command line. Throws TransferError `config` for a bad option, as the old parser did. */
export function readParallelPutOptions(args: readonly string[]): ParallelPutOptions {
  const { options, operands } = readLongOptions(args, RULES);
  const all = (name: string) => options.filter((option) => option.name === name).map(({ value }) => value);
  const last = (name: string) => all(name).at(-1);
  const grant = last("grant");
  const headers = all("header");
  const bare = headers.find((header) => !header.includes(":"));
  if (bare !== undefined) throw new TransferError("config", `option --header: ${bare} has no colon; write NAME:VALUE`);
  const secure = options.findLast(({ name }) => name === "secure" || name === "insecure")?.name !== "insecure";
  return {
    sources: operands,
    bucket: last("bucket") ?? "",
    bucketRegion: last("bucket_region"),
    host: last("host"),
    secure,
    walk: choice("walk", last("walk"), ["filesystem", "tar", "s3"]) ?? "filesystem",
    exclude: all("exclude"),
    include: all("include"),
    olderThanDays: whole("ignore-files-older-than-days", last("ignore-files-older-than-days")),
    contentType: last("content-type") ?? "guess",
    gzip: all("gzip").length > 0,
    gzipTypes: all("gzip-type"),
    put: choice("put", last("put"), ["add", "stupid", "update", "copy"]) ?? "update",
    prefix: last("prefix") ?? "",
    resume: all("resume"),
    grant: choice("grant", grant, GRANTS),
    headers,
    encrypt: all("encrypt-key").length > 0,
    logFile: last("log-filename"),
    quiet: all("quiet").length - all("verbose").length,
    dryRun: all("dry-run").length > 0,
    limit: whole("limit", last("limit")),
    options,
    processes: whole("processes", last("processes"), { min: 1, fallback: 8 }),
  };
}

function choice<Word extends string>(name: string, value: string | undefined, of: readonly Word[]): Word | undefined {
  if (value === undefined) return undefined;
  const word = of.find((one) => one === value);
  if (word === undefined) throw new TransferError("config", `option --${name}: invalid choice: ${value} (choose from ${of.join(", ")})`);
  return word;
}

function whole(name: string, value: string | undefined, { min = 0, fallback = 0 } = {}): number {
  if (value === undefined) return fallback;
  const number = /^\s*\d{1,9}\s*$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min)) throw new TransferError("config", `option --${name}: invalid whole number: ${value} (at least ${min})`);
  return number;
}
