/**
 * The front door of s3copy: its command line to jobs. Opens nothing and copies nothing; the keys of the jobs say it all. Must never put
 * a secret into a notice.
 */
import { absolutePath } from "../job/local_path.ts";
import { regionGlob } from "../job/overlap.ts";
import { nameLines } from "../job/settings/kinds.ts";
import { MIB, PART_SIZE_MAX_BYTES, PART_SIZE_MIN_BYTES } from "../limits.ts";
import type { CompatContext, CompatRun, CompatText, FrontDoor, UploadsRequest } from "./compat_run.ts";
import { JobDraft } from "./job_draft.ts";
import { readS3cmdKeys, type S3cmdKeys } from "./s3cmd_config.ts";
import { readS3copyArgs, type S3copyArgs, S3copyUsage } from "./s3copy_args.ts";
import { S3COPY_HELP } from "./s3copy_help.ts";
import { destinationText, pieceOf, readUri, type S3copyPiece, type S3Uri } from "./s3copy_paths.ts";

/** Where s3copy looked for keys when nobody said where. */
const DEFAULT_CONFIG = "~/.s3cfg";
/** Ends the old program had: 1 for what its options say, 2 for options that it does not have. */
const CONFIG_EXIT = 1;
const USAGE_EXIT = 2;
const LEVELS: Readonly<Record<string, string>> = {
  CRITICAL: "error",
  FATAL: "error",
  ERROR: "error",
  WARNING: "warn",
  WARN: "warn",
  INFO: "info",
  DEBUG: "debug",
  NOTSET: "debug",
};

/** See the file comment. */
export const S3COPY: FrontDoor = { help: S3COPY_HELP, usageExit: CONFIG_EXIT, translate };

function translate(args: readonly string[], context: CompatContext): CompatRun | CompatText | UploadsRequest {
  try {
    return new Translation(readS3copyArgs(args), context).run();
  } catch (error) {
    if (!(error instanceof S3copyUsage)) throw error;
    return { kind: "text", text: `error: ${error.message}`, to: "people", exitCode: USAGE_EXIT };
  }
}

/** What one job is about. */
interface Part {
  /** Key of the source tree. */
  readonly root: string;
  fill(draft: JobDraft): void;
}

class Translation {
  readonly #args: S3copyArgs;
  readonly #context: CompatContext;
  readonly #draft = new JobDraft("command line", "s3copy");
  readonly #notices: string[] = [];
  readonly #source: S3Uri;
  readonly #bucket: string;
  /** Prefix that names get at the destination. */
  readonly #prefix: string;

  constructor(args: S3copyArgs, context: CompatContext) {
    this.#args = args;
    this.#context = context;
    const [source = "", destination] = args.words;
    this.#source = this.#place("source", source);
    this.#bucket = destination === undefined ? this.#source.bucket : this.#place("destination", destination).bucket;
    const destPrefix = args.texts.get("--dest-prefix");
    this.#prefix = destinationText(source, destination, { destPrefix, s3Prefixes: args.flags.has("--s3-prefixes") });
  }

  run(): CompatRun | CompatText | UploadsRequest {
    const keys = this.#mainKeys();
    if (this.#args.flags.has("--clean-mpcopies")) return this.#clean(keys);
    const second = this.#secondKeys();
    const parts = [...this.#fileParts(), ...this.#prefixParts()];
    this.#draft.mistakes.throwIfAny(new Set());
    if (parts.length === 0) {
      return { kind: "text", text: "Nothing to copy: source and destination are the same place", to: "people", exitCode: 0 };
    }
    const jobs = parts.map((part, at) => {
      const name = at === 0 ? "s3copy" : `s3copy-${at + 1}`;
      const draft = new JobDraft("command line", name, this.#draft.mistakes);
      this.#setKeys(draft, keys, second);
      this.#setPlaces(draft, part, second);
      this.#setRest(draft);
      part.fill(draft);
      return draft.check(this.#context);
    });
    return { kind: "jobs", jobs, notices: [...new Set(this.#notices)] };
  }

  #place(side: string, text: string): S3Uri {
    const uri = readUri(text);
    if (uri !== undefined) return uri;
    this.#draft.wrong({ shown: side }, text, `the ${side} must be s3://bucket[/path]`);
    return { bucket: "", path: "" };
  }

  /** The configuration file wins over `-a` and `-k`, key by key. */
  #mainKeys(): S3cmdKeys {
    const { texts } = this.#args;
    const file = this.#config("--config_file", texts.get("--config_file"), "-c");
    const accessKey = file.accessKey ?? texts.get("-a");
    const secretKey = file.secretKey ?? texts.get("-k");
    return { ...(accessKey !== undefined && { accessKey }), ...(secretKey !== undefined && { secretKey }) };
  }

  /** Only to list the destination. Without `-d`, a main file other than the usual one leaves the usual one for this. */
  #secondKeys(): S3cmdKeys | undefined {
    const { texts } = this.#args;
    const given = texts.get("--dest-config");
    if (given === undefined && texts.get("--config_file") === undefined) return undefined;
    const keys = this.#config("--dest-config", given, "-d");
    return keys.accessKey === undefined || keys.secretKey === undefined ? undefined : keys;
  }

  #config(option: string, path: string | undefined, letter: string): S3cmdKeys {
    if (path === undefined && !this.#context.env("HOME") && !this.#context.env("USERPROFILE")) return {};
    const text = this.#context.readText(absolutePath(path ?? DEFAULT_CONFIG, this.#context));
    if (text !== undefined) return readS3cmdKeys(text);
    if (path !== undefined) this.#draft.wrong({ shown: `${letter} (${option})` }, path, "there is no such s3cmd configuration file");
    return {};
  }

  #setKeys(draft: JobDraft, keys: S3cmdKeys, second: S3cmdKeys | undefined): void {
    for (const store of second === undefined ? ["s3"] : ["s3", "destination"]) {
      if (store === "destination") draft.setStore(store, "type", "s3");
      if (keys.accessKey !== undefined) draft.setStore(store, "access_key_id", keys.accessKey, { shown: "-a or access_key" });
      if (keys.secretKey !== undefined) draft.setStore(store, "secret_access_key", keys.secretKey, { shown: "-k or secret_key" });
    }
    if (second?.accessKey === undefined || second.secretKey === undefined) return;
    draft.setStore("destination", "list_access_key_id", second.accessKey, { shown: "access_key of -d" });
    draft.setStore("destination", "list_secret_access_key", second.secretKey, { shown: "secret_key of -d" });
  }

  #setPlaces(draft: JobDraft, part: Part, second: S3cmdKeys | undefined): void {
    const cut = this.#prefix.lastIndexOf("/") + 1;
    draft.set("source", `s3://${this.#source.bucket}/${part.root}`);
    draft.set("destination", `${second === undefined ? "s3" : "destination"}://${this.#bucket}/${this.#prefix.slice(0, cut)}`);
    if (cut < this.#prefix.length) draft.set("key_prefix", this.#prefix.slice(cut));
    // What a copy within one bucket writes is not to be copied again.
    if (this.#bucket === this.#source.bucket && this.#prefix.length > part.root.length && this.#prefix.startsWith(part.root)) {
      draft.set("exclude", [regionGlob(this.#prefix.slice(part.root.length))]);
    }
  }

  /** Options that mean the same for all that is copied. */
  #setRest(draft: JobDraft): void {
    const { flags, texts } = this.#args;
    if (flags.has("--dry-run")) draft.set("dry_run", "yes", { shown: "-n" });
    const threads = Number(texts.get("-t") ?? 40);
    const workers = Math.max(1, Math.min(this.#context.cores, threads, 64));
    const each = Math.max(1, Math.ceil(threads / workers));
    draft.set("workers", String(workers), { shown: "-t" });
    draft.set("objects_in_flight", String(Math.min(each, 1024)), { shown: "-t" });
    draft.set("parts_in_flight", String(Math.min(each, 256)), { shown: "-t" });
    draft.set("retries", texts.get("--retries") ?? "3", { shown: "--retries" });
    draft.set("part_size", String(this.#size("--part-size", 64 * MIB)));
    const whole = Math.max(this.#size("--large-file", PART_SIZE_MAX_BYTES), this.#size("--reassemble-large-file", PART_SIZE_MAX_BYTES));
    draft.set("copy_threshold", String(whole));
    this.#setLog(draft, texts.get("-l") ?? "CRITICAL", texts.get("-L") ?? "STDOUT");
    this.#setGrant(draft, texts.get("--acl-grant"));
    for (const option of ["--work-bucket", "--work-prefix"]) {
      if (texts.has(option)) this.#notices.push(`Not used: ${option}, because parts are copied straight to where they belong`);
    }
  }

  #size(option: string, fallback: number): number {
    const bytes = Number(this.#args.texts.get(option) ?? fallback);
    const fit = Math.min(Math.max(bytes, PART_SIZE_MIN_BYTES), PART_SIZE_MAX_BYTES);
    if (fit > bytes) this.#notices.push(`${option} = ${bytes}: raised to ${fit}, the least that S3 allows`);
    return fit;
  }

  #setLog(draft: JobDraft, level: string, file: string): void {
    const known = LEVELS[level.toUpperCase()];
    if (known === undefined) draft.wrong({ shown: "-l" }, level, `write ${Object.keys(LEVELS).join(", ")}`);
    else draft.set("log_level", known, { shown: "-l" });
    if (file !== "STDOUT") draft.set("log_file", file, { shown: "-L" });
  }

  #setGrant(draft: JobDraft, grant: string | undefined): void {
    if (grant === undefined) return;
    const [permission = "", email, ...more] = grant.split(":");
    if (email === undefined || email === "" || more.length > 0) {
      draft.wrong({ shown: "--acl-grant" }, grant, "write PERMISSION:EMAIL, with one colon");
    } else if (permission.toUpperCase() === "WRITE") {
      this.#notices.push("Not granted: WRITE, which is a right on buckets and means nothing on an object");
    } else draft.set("grant", [grant], { shown: "--acl-grant" });
  }

  /** `-f` and `-F`: names are glued to the source's path as they are, and are what the objects are called at the destination. */
  #fileParts(): Part[] {
    const files = this.#args.lists.get("--file");
    const list = this.#args.texts.get("--files");
    const { path } = this.#source;
    if (files === undefined && list === undefined) return [];
    if (this.#isSame(path)) return [];
    const cut = path.lastIndexOf("/") + 1;
    return [{
      root: path.slice(0, cut),
      fill(draft) {
        if (cut < path.length) draft.set("cut_prefix", path.slice(cut));
        if (files !== undefined) draft.set("files", files, { shown: "-f" });
        if (list !== undefined) draft.set("files_from", list, { shown: "-F" });
      },
    }];
  }

  /** The source's path, or each of `-p` and `-P` glued to it. */
  #prefixParts(): Part[] {
    const { lists, texts } = this.#args;
    const list = texts.get("--prefixes");
    const given = [...lists.get("--prefix") ?? [], ...list === undefined ? [] : this.#lines(list)];
    const named = lists.has("--file") || texts.has("--files") || list !== undefined;
    const prefixes = given.length > 0 || named ? given : [""];
    const pieces = prefixes.map((prefix) => pieceOf(this.#source.path + prefix)).filter(({ head }) => !this.#isSame(head));
    const plain = pieces.filter(({ text }) => !text.endsWith("/"));
    const groups = new Map<string, S3copyPiece[]>();
    for (const piece of pieces) groups.set(piece.head, [...groups.get(piece.head) ?? [], piece]);
    if (groups.size > 1 && plain.length === pieces.length) return [manyHeads(pieces)];
    return [...groups].map(([head, group]) => oneHead(head, group));
  }

  #lines(path: string): string[] {
    const text = this.#context.readText(absolutePath(path, this.#context));
    if (text === undefined) this.#draft.wrong({ shown: "-P" }, path, "there is no such file");
    return nameLines(text ?? "");
  }

  /** What is cut off is what is put in front: every object would be copied onto itself. */
  #isSame(head: string): boolean {
    return this.#bucket === this.#source.bucket && this.#prefix === head;
  }

  #clean(keys: S3cmdKeys): UploadsRequest {
    this.#draft.mistakes.throwIfAny(new Set());
    const store = {
      ...(keys.accessKey !== undefined && { access_key_id: keys.accessKey }),
      ...(keys.secretKey !== undefined && { secret_access_key: keys.secretKey }),
    };
    const abort = !this.#args.flags.has("--dry-run");
    return { kind: "uploads", location: `s3://${this.#source.bucket}/`, abort, olderThanMs: 0, store, json: false };
  }
}

function oneHead(head: string, pieces: readonly S3copyPiece[]): Part {
  return {
    root: head,
    fill(draft) {
      if (pieces.some(({ kind, text }) => kind === "prefix" && text === "")) return;
      setPieces(draft, pieces.map(({ kind, text }) => ({ kind, text })));
    },
  };
}

/** Pieces from several folders, each of which loses its own. */
function manyHeads(pieces: readonly S3copyPiece[]): Part {
  return {
    root: "",
    fill(draft) {
      draft.set("keep_path", "no");
      setPieces(draft, pieces.map(({ kind, head, text }) => ({ kind, text: head + text })));
    },
  };
}

function setPieces(draft: JobDraft, pieces: readonly Pick<S3copyPiece, "kind" | "text">[]): void {
  for (const [kind, key] of [["name", "names"], ["prefix", "prefixes"]] as const) {
    const texts = pieces.filter((piece) => piece.kind === kind).map(({ text }) => text);
    if (texts.length > 0) draft.set(key, texts, { shown: "-p" });
  }
}
