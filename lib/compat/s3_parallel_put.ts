/**
 * `main.ts s3-parallel-put …`: its command line to one job a source. Where the old program dropped the prefix, died of a header or wrote in
 * a dry run, the job does what its documents promise.
 */
import { TransferError } from "../errors.ts";
import { absolutePath } from "../job/local_path.ts";
import type { Job } from "../job_types.ts";
import type { CompatContext, CompatRun, CompatText, FrontDoor } from "./compat_run.ts";
import { hostOf } from "./host.ts";
import { JobDraft, plainPath, typedPath } from "./job_draft.ts";
import { withOwnOptions } from "./long_options.ts";
import { S3_PARALLEL_PUT_HELP } from "./s3_parallel_put_help.ts";
import { type ParallelPutOptions, readParallelPutOptions } from "./s3_parallel_put_options.ts";

/** What `--gzip` compresses by itself. */
const GZIP_TYPES = ["application/javascript", "application/x-javascript", "text/css", "text/html", "text/javascript"];
const COMPARE = { add: "absent", stupid: "always", update: "checksum", copy: "always" } as const;

/** See the file comment. */
export const S3_PARALLEL_PUT: FrontDoor = { help: S3_PARALLEL_PUT_HELP, usageExit: 2, translate };

function translate(args: readonly string[], outside: CompatContext): CompatRun | CompatText {
  const options = readParallelPutOptions(args);
  const context = withOwnOptions(options.options, outside);
  if (options.sources.length === 0) return refusal("missing source operand");
  if (options.bucket === "") return refusal("missing bucket");
  if (options.put === "copy" && options.walk !== "s3") {
    throw new TransferError("config", "option --put: copy is for --walk=s3; files are put with add, update or stupid");
  }
  const notices = noticesOf(options);
  const jobs: Job[] = [];
  let incomplete = false;
  for (const source of options.sources) {
    const path = absolutePath(plainPath(source), context);
    if (options.walk !== "s3" && context.isFolder(path) === undefined) {
      notices.push(`${source}: there is no such ${options.walk === "tar" ? "archive" : "file or folder"}, nothing is put for it`);
      incomplete = true;
    } else {
      const name = jobs.length === 0 ? "s3-parallel-put" : `s3-parallel-put-${jobs.length + 1}`;
      jobs.push(jobOf(source, context.isFolder(path) === true, name, options, context));
    }
  }
  return { kind: "jobs", jobs, notices, json: options.options.some(({ name }) => name === "json"), ...(incomplete && { incomplete }) };
}

function refusal(text: string): CompatText {
  return { kind: "text", text: `error: ${text}`, to: "people", exitCode: 1 };
}

function noticesOf({ walk, prefix, gzip, put, host, bucketRegion }: ParallelPutOptions): string[] {
  const notices: string[] = [];
  if (walk === "s3" && prefix !== "") notices.push("Not used: --prefix, because --walk=s3 keeps the keys");
  if (walk === "s3" && gzip) notices.push("Not used: --gzip, because --walk=s3 copies objects as they are");
  if (walk === "s3" && put !== "copy") notices.push(`--walk=s3 --put=${put} copies objects; the older program transferred none of them`);
  if (bucketRegion !== undefined && amazonRegion(host) !== undefined) notices.push("Not used: --bucket_region, because it is found out");
  return notices;
}

function jobOf(source: string, isFolder: boolean, name: string, options: ParallelPutOptions, context: CompatContext): Job {
  const draft = new JobDraft("command line", name);
  setStore(draft, options, context);
  setPlaces(draft, source, isFolder, options);
  const shown = (option: string) => ({ shown: `--${option}` });
  draft.set("compare", COMPARE[options.put], shown("put"));
  draft.set("special", "skip");
  if (options.olderThanDays > 0) draft.set("max_age", `${options.olderThanDays}d`, shown("ignore-files-older-than-days"));
  if (options.resume.length > 0) draft.set("skip_keys_from", options.resume.map(plainPath), shown("resume"));
  if (options.limit > 0) draft.set("limit", String(options.limit), shown("limit"));
  if (options.dryRun) draft.set("dry_run", "yes", shown("dry-run"));
  if (options.put !== "copy") setHeaders(draft, options);
  setRun(draft, options, context);
  return draft.check(context);
}

function setStore(draft: JobDraft, options: ParallelPutOptions, context: CompatContext): void {
  const { host, secure } = options;
  const region = amazonRegion(host);
  const scheme = secure ? "https" : "http";
  if (region === undefined) {
    draft.setStore("s3", "endpoint", /^https?:\/\//.test(host ?? "") ? host ?? "" : `${scheme}://${host}`, { shown: "--host" });
    const shown = options.bucketRegion === undefined ? "AWS_REGION" : "--bucket_region";
    draft.setStore("s3", "region", options.bucketRegion ?? context.env("AWS_REGION") ?? "us-east-1", { shown });
  } else if (!secure && context.env("AWS_ENDPOINT_URL_S3") === undefined && context.env("AWS_ENDPOINT_URL") === undefined) {
    draft.setStore("s3", "endpoint", `http://${host ?? "s3.amazonaws.com"}`, { shown: "--insecure" });
    if (region !== "") draft.setStore("s3", "region", region, { shown: "--host" });
  } else if (region !== "") draft.setStore("s3", "region", region, { shown: "--host" });
  const token = context.env("AWS_SECURITY_TOKEN");
  const [key, secret] = [context.env("AWS_ACCESS_KEY_ID"), context.env("AWS_SECRET_ACCESS_KEY")];
  if (token === undefined || context.env("AWS_SESSION_TOKEN") !== undefined || key === undefined || secret === undefined) return;
  draft.setStore("s3", "access_key_id", key, { shown: "AWS_ACCESS_KEY_ID" });
  draft.setStore("s3", "secret_access_key", secret, { shown: "AWS_SECRET_ACCESS_KEY" });
  draft.setStore("s3", "session_token", token, { shown: "AWS_SECURITY_TOKEN" });
}

/** The region that a host of Amazon's names, empty where it names none; undefined for any other host. */
function amazonRegion(host: string | undefined): string | undefined {
  if (host === undefined) return "";
  if (/^https?:|:\d+$/i.test(host)) return undefined;
  return /^s3(?:[.-]([a-z0-9-]+))?\.amazonaws\.com$/.exec(hostOf(host))?.slice(1).map((region) => region ?? "")[0];
}

function setPlaces(draft: JobDraft, source: string, isFolder: boolean, options: ParallelPutOptions): void {
  const root = `s3://${draft.bucket(options.bucket, { shown: "--bucket" })}/`;
  const prefix = segmentsOf(options.prefix).map((segment) => `${segment}/`).join("");
  const rules = options.exclude.length === 0
    ? []
    : [...options.include.map((one) => `+${one}`), ...options.exclude.map((one) => `-${one}`)];
  if (rules.length > 0) draft.set("filter", rules, { shown: "--exclude" });
  if (options.walk === "s3") {
    draft.set("source", `s3://${source}/`, { shown: "source" });
    draft.set("destination", root, { shown: "--bucket" });
  } else if (options.walk === "tar") {
    draft.set("source", `tar://${plainPath(source)}`, { shown: "source" });
    draft.set("destination", root + prefix, { shown: "--prefix" });
  } else if (isFolder) {
    draft.set("source", source.endsWith("/") ? typedPath(source) : `${typedPath(source)}/`, { shown: "source" });
    draft.set("destination", root + prefix, { shown: "--prefix" });
    if (rules.length > 0) {
      draft.set("filter_by", "parts");
      draft.set("filter_base", source);
    }
  } else {
    draft.set("source", typedPath(source), { shown: "source" });
    draft.set("destination", root + prefix + segmentsOf(source, true).join("/"), { shown: "--prefix" });
    const folder = source.slice(0, source.lastIndexOf("/") + 1);
    if (rules.length > 0 && folder !== "") draft.set("filter_base", folder);
  }
}

/** The names between slashes. With `walks`, `..` takes the name before it and never more. */
function segmentsOf(path: string, walks = false): string[] {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (walks && segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return segments;
}

function setHeaders(draft: JobDraft, options: ParallelPutOptions): void {
  const { contentType, gzipTypes, headers, grant } = options;
  // Objects of another bucket bring their own type.
  if (options.walk !== "s3" || contentType !== "guess") {
    draft.set("content_type", contentType === "" ? "application/octet-stream" : contentType, { shown: "--content-type" });
  }
  if (options.gzip && options.walk !== "s3") {
    const types = gzipTypes.filter((type) => type !== "guess");
    if (gzipTypes.length === 0 || gzipTypes.includes("guess")) types.push(...GZIP_TYPES);
    draft.set("gzip", types.includes("all") ? ["all"] : types, { shown: "--gzip-type" });
  }
  if (headers.length > 0) draft.set("headers", headers, { shown: "--header" });
  if (grant !== undefined) draft.set("acl", grant, { shown: "--grant" });
  if (options.encrypt) draft.set("sse", "AES256", { shown: "--encrypt-key" });
}

function setRun(draft: JobDraft, options: ParallelPutOptions, context: CompatContext): void {
  const { processes, quiet, logFile } = options;
  const workers = Math.min(processes, Math.max(1, Math.floor(context.cores)), 64);
  const each = Math.ceil(processes / workers);
  draft.set("workers", String(workers), { shown: "--processes" });
  draft.set("objects_in_flight", String(Math.min(each, 1024)), { shown: "--processes" });
  draft.set("parts_in_flight", String(Math.min(each, 256)), { shown: "--processes" });
  draft.set("log_level", quiet >= 2 ? "error" : quiet === 1 ? "warn" : quiet === 0 ? "info" : "debug");
  draft.set("log_objects", "yes");
  if (quiet > 0) draft.set("progress", "none");
  if (logFile !== undefined) draft.set("log_file", plainPath(logFile), { shown: "--log-filename" });
}
