/**
 * `main.ts paras3 …`: its command line and settings to one job in s3sync's format. What its documents promise and its ancestor s3sync did,
 * without the sibling folders that the ancestor took along and deleted.
 */
import { TransferError } from "../errors.ts";
import type { StoreKey } from "../job/settings/tables.ts";
import { absolutePath } from "../job/local_path.ts";
import type { CompatContext, CompatRun, CompatText, FrontDoor } from "./compat_run.ts";
import { hostOf } from "./host.ts";
import { JobDraft, plainPath, typedPath } from "./job_draft.ts";
import { type LongOptions, type OptionRule, OWN_OPTIONS, readLongOptions, withOwnOptions } from "./long_options.ts";
import { PARAS3_HELP } from "./paras3_help.ts";
import { type Paras3Setting, type Paras3Value, readParas3Settings } from "./paras3_settings.ts";

const USAGE_EXIT = 2;

const RULES: readonly OptionRule[] = [
  { names: ["recursive", "r"], takesValue: false },
  { names: ["dryrun", "dry-run", "n"], takesValue: false },
  { names: ["delete", "d", "D"], takesValue: false },
  { names: ["public-read", "p"], takesValue: false },
  { names: ["ssl", "s"], takesValue: false },
  { names: ["make-dirs", "m"], takesValue: false },
  { names: ["no-md5", "5"], takesValue: false },
  { names: ["verbose", "v"], takesValue: false },
  { names: ["progress", "P"], takesValue: false },
  { names: ["expires", "x"], takesValue: true },
  { names: ["cache-control", "c"], takesValue: true },
  { names: ["exclude", "X"], takesValue: true },
  ...OWN_OPTIONS,
];

/** See the file comment. */
export const PARAS3: FrontDoor = { help: PARAS3_HELP, usageExit: USAGE_EXIT, translate };

function translate(args: readonly string[], context: CompatContext): CompatRun | CompatText {
  let given: LongOptions;
  try {
    given = readLongOptions(args, RULES);
  } catch (error) {
    if (error instanceof TransferError) return usage(USAGE_EXIT, error.message);
    throw error;
  }
  const [source, destination, ...more] = given.operands;
  if (source === undefined) return usage(0);
  if (destination === undefined || more.length > 0) return usage(USAGE_EXIT, "a source and a destination are wanted");
  const [from, to] = [readS3Place(source), readS3Place(destination)];
  if (from !== undefined && to !== undefined) return usage(USAGE_EXIT, "both sides are in S3; one of them must be local");
  if (from === undefined && to === undefined) return usage(USAGE_EXIT, "both sides are local; one of them must be BUCKET:PREFIX");
  return new Translation(given, context).run({ source, destination, from, to });
}

function usage(exitCode: number, mistake?: string): CompatText {
  return { kind: "text", text: mistake === undefined ? PARAS3_HELP : `error: ${mistake}\n\n${PARAS3_HELP}`, to: "results", exitCode };
}

/** `BUCKET:PREFIX`, slashes squeezed. */
interface S3Place {
  readonly bucket: string;
  readonly prefix: string;
}

/** What has a colon is in S3, but for a drive letter with a slash behind its colon. */
function readS3Place(text: string): S3Place | undefined {
  const colon = text.indexOf(":");
  if (colon < 0 || /^[A-Za-z]:[\\/]/.test(text)) return undefined;
  return { bucket: text.slice(0, colon), prefix: squeeze(text.slice(colon + 1)).replace(/^\//, "") };
}

function squeeze(path: string): string {
  return path.replaceAll(/\/{2,}/g, "/");
}

/** Both sides as given; `from` or `to` is set for the one in S3. */
interface Sides {
  readonly source: string;
  readonly destination: string;
  readonly from: S3Place | undefined;
  readonly to: S3Place | undefined;
}

class Translation {
  readonly #options: LongOptions["options"];
  readonly #context: CompatContext;
  readonly #settings: ReadonlyMap<Paras3Setting, Paras3Value>;
  readonly #draft = new JobDraft("paras3 settings", "paras3");
  readonly #notices: string[] = [];

  constructor({ options }: LongOptions, context: CompatContext) {
    this.#options = options;
    this.#context = withOwnOptions(options, context);
    this.#settings = readParas3Settings(context);
  }

  run({ source, destination, from, to }: Sides): CompatRun {
    this.#setStore((from ?? to)?.bucket ?? "");
    if (to !== undefined) this.#setUpload(squeeze(source), to);
    else if (from !== undefined) this.#setDownload(from, squeeze(destination));
    this.#setRules();
    this.#setRun();
    return { kind: "jobs", jobs: [this.#draft.check(this.#context)], notices: this.#notices, json: this.#has("json") };
  }

  #has(name: string): boolean {
    return this.#options.some((option) => option.name === name);
  }

  #last(name: string): string | undefined {
    return this.#options.findLast((option) => option.name === name)?.value;
  }

  #setUpload(source: string, { bucket, prefix }: S3Place): void {
    const root = `s3://${bucket}/`;
    const above = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
    const path = absolutePath(plainPath(source), this.#context);
    const name = path.slice(path.lastIndexOf("/") + 1);
    const isFolder = this.#context.isFolder(path) !== false;
    this.#draft.set("source", isFolder ? `${typedPath(source.replace(/\/$/, ""))}/` : typedPath(source), { shown: "source" });
    this.#draft.set("destination", source.endsWith("/") ? root + above : `${root}${above}${name}${isFolder ? "/" : ""}`, {
      shown: "destination",
    });
    if (isFolder) this.#setDepth(source.endsWith("/"));
  }

  #setDownload({ bucket, prefix }: S3Place, destination: string): void {
    const isContents = prefix === "" || prefix.endsWith("/");
    const name = prefix.slice(prefix.lastIndexOf("/") + 1);
    const folder = typedPath(destination.endsWith("/") ? destination : `${destination}/`);
    this.#draft.set("source", `s3://${bucket}/${isContents ? prefix : `${prefix}/`}`, { shown: "source" });
    this.#draft.set("destination", isContents ? folder : `${folder}${name}/`, { shown: "destination" });
    this.#setDepth(isContents);
  }

  /** Without `-r`: of a folder written with a slash what lies in it, else its own node. */
  #setDepth(contents: boolean): void {
    if (!contents) this.#draft.set("root_node", "yes");
    if (!this.#has("recursive")) this.#draft.set("depth", contents ? "1" : "0", { shown: "-r" });
  }

  #setRules(): void {
    const draft = this.#draft;
    draft.set("tree_format", "s3sync");
    draft.set("special", "skip");
    // Some servers (MinIO) hide what lies below the name of an object: that must not go unnoticed.
    draft.set("final_check", "yes");
    draft.set("compare", this.#has("no-md5") ? "mtime" : "checksum", { shown: "--no-md5" });
    if (this.#has("delete")) {
      draft.set("delete", "yes", { shown: "--delete" });
      // The older program deleted from an empty source too, and knew no bound.
      draft.set("allow_empty_source", "yes");
      draft.set("max_delete", "1000000000");
    }
    if (this.#has("dryrun")) draft.set("dry_run", "yes", { shown: "--dryrun" });
    const exclude = this.#last("exclude");
    if (exclude !== undefined) draft.set("exclude_regex", [exclude], { shown: "--exclude" });
    if (this.#has("public-read")) draft.set("acl", "public-read", { shown: "--public-read" });
    const expires = this.#last("expires");
    if (expires !== undefined) draft.set("expires", expires, { shown: "--expires" });
    const cacheControl = this.#last("cache-control");
    if (cacheControl !== undefined) draft.set("cache_control", cacheControl, { shown: "--cache-control" });
    this.#each("S3SYNC_MIME_TYPES_FILE", (value, shown) => draft.set("mime_types", value, shown));
  }

  #setStore(bucket: string): void {
    const set = (key: StoreKey, value: string, origin: { shown: string }) => this.#draft.setStore("s3", key, value, origin);
    this.#each("AWS_ACCESS_KEY_ID", (value, shown) => set("access_key_id", value, shown));
    this.#each("AWS_SECRET_ACCESS_KEY", (value, shown) => set("secret_access_key", value, shown));
    const token = this.#context.env("AWS_SESSION_TOKEN");
    const fromEnvironment = this.#settings.get("AWS_ACCESS_KEY_ID")?.from === "environment";
    if (token !== undefined && token !== "" && fromEnvironment) set("session_token", token, { shown: "AWS_SESSION_TOKEN" });
    const host = this.#settings.get("AWS_S3_HOST")?.text;
    const own = this.#context.env("AWS_ENDPOINT_URL_S3") === undefined ? "AWS_ENDPOINT_URL" : "AWS_ENDPOINT_URL_S3";
    const shown = host === undefined ? own : "AWS_S3_HOST";
    const given = host ?? this.#context.env(shown);
    const base = given === undefined || given === "" ? undefined : /^https?:\/\//.test(given) ? given : `https://${given}`;
    this.#setAddressing(bucket, { base, shown }, set);
    this.#each("SSL_CERT_DIR", (value, shown) => set("ca_file", value, shown));
    if (!this.#settings.has("SSL_CERT_DIR")) this.#each("SSL_CERT_FILE", (value, shown) => set("ca_file", value, shown));
    this.#setProxy(set);
  }

  #setAddressing(
    bucket: string,
    { base, shown: baseShown }: { base: string | undefined; shown: string },
    set: (key: StoreKey, value: string, origin: { shown: string }) => void,
  ): void {
    const shown = { shown: "AWS_CALLING_FORMAT" };
    const format = this.#settings.get("AWS_CALLING_FORMAT")?.text.toUpperCase() ?? "REGULAR";
    // Amazon's own name is not an endpoint of its own: the bucket's region is looked up there.
    const isAmazon = base === undefined || (base.startsWith("https:") && hostOf(base) === "s3.amazonaws.com" && !new URL(base).port);
    if (format === "VANITY") {
      const url = URL.canParse(base ?? "") && !isAmazon ? new URL(base ?? "") : undefined;
      set("endpoint", `${url?.protocol ?? "https:"}//${bucket}${url?.port ? `:${url.port}` : ""}`, shown);
      set("addressing", "own", shown);
      set("region", this.#context.env("AWS_REGION") ?? "us-east-1", { shown: "AWS_REGION" });
      return;
    }
    if (!isAmazon && base !== undefined) set("endpoint", base, { shown: baseShown });
    if (format === "REGULAR") set("addressing", "path", shown);
    else if (format === "SUBDOMAIN") set("addressing", "virtual", shown);
    else this.#draft.wrong(shown, format, "write REGULAR, SUBDOMAIN or VANITY");
  }

  #setProxy(set: (key: StoreKey, value: string, origin: { shown: string }) => void): void {
    const text = (name: Paras3Setting) => this.#settings.get(name)?.text;
    const host = text("HTTP_PROXY_HOST");
    if (host === undefined) return;
    const user = text("HTTP_PROXY_USER");
    const login = user === undefined ? "" : `${encodeURIComponent(user)}:${encodeURIComponent(text("HTTP_PROXY_PASSWORD") ?? "")}@`;
    const port = text("HTTP_PROXY_PORT");
    if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
      this.#draft.wrong({ shown: "HTTP_PROXY_PORT" }, port, "not a port; write a number from 1 to 65535");
      return;
    }
    set("proxy", `http://${login}${host}${port === undefined ? "" : `:${port}`}`, { shown: "HTTP_PROXY_HOST" });
  }

  #setRun(): void {
    const draft = this.#draft;
    const threads = this.#settings.get("THREADS");
    if (threads !== undefined && !/^[1-9]\d{0,3}$/.test(threads.text)) {
      draft.wrong({ shown: "THREADS" }, threads.text, "not a number of threads; write 1 or more");
    }
    const wanted = Number(threads?.text ?? 5) || 1;
    const workers = Math.min(wanted, Math.max(1, Math.floor(this.#context.cores)), 64);
    const each = Math.ceil(wanted / workers);
    draft.set("workers", String(workers), { shown: "THREADS" });
    draft.set("objects_in_flight", String(Math.min(each, 1024)), { shown: "THREADS" });
    draft.set("parts_in_flight", String(Math.min(each, 256)), { shown: "THREADS" });
    this.#each("S3SYNC_RETRIES", (value, shown) => {
      draft.set("retries", /^\d+$/.test(value) ? String(Math.min(Number(value), 100)) : value, shown);
    });
    this.#each("S3SYNC_WAITONERROR", (value, shown) => {
      draft.set("retry_growth", "constant", shown);
      const seconds = Number(value);
      draft.set("retry_delay", seconds >= 0 ? `${Math.min(Math.max(Math.round(seconds * 1000), 1), 30_000)}ms` : value, shown);
    });
    const charset = this.#settings.get("S3SYNC_NATIVE_CHARSET")?.text;
    if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
      this.#notices.push(`Not used: S3SYNC_NATIVE_CHARSET=${charset}, file names are UTF-8`);
    }
    const progress = this.#has("progress");
    const verbose = progress || this.#has("verbose") || this.#has("dryrun");
    draft.set("log_level", verbose ? "info" : "warn");
    draft.set("log_objects", verbose ? "yes" : "no");
    draft.set("progress", progress ? "auto" : "none");
  }

  #each(name: Paras3Setting, use: (value: string, shown: { shown: string; line?: number }) => void): void {
    const value = this.#settings.get(name);
    if (value !== undefined) use(value.text, { shown: name, ...(value.line !== undefined && { line: value.line }) });
  }
}
