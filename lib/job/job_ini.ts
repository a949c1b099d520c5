/**
 * A job back to the text of a job file: what a dry run shows and what flags can be turned into. Must never write a secret: access keys
 * are left to the reader.
 */
import type { HeaderRules, Job, OssSpec, Place, S3Spec, StoreSpec } from "../job_types.ts";
import type { Grant, ObjectHeaders } from "../types.ts";
import { headerItems } from "./header_list.ts";
import { keySelectionLines } from "./key_selection.ts";
import { JOB_RULES, type JobKey, STORE_RULES, type StoreKey } from "./keys.ts";
import { shownValue } from "./mistake.ts";
import { listText, sizeText, timeText } from "./value.ts";

/**
 * The sections of a job that means the same, without access keys. A value that holds a line break cannot be said in INI, and one that
 * steers a terminal should not: they are shown in a comment.
 */
export function jobToIni(job: Job): string {
  const sections: string[] = [];
  const names = new Set<string>();
  for (const { store } of [job.source, job.destination]) {
    if (names.has(store.name) || isReadyMade(store)) continue;
    names.add(store.name);
    sections.push(storeSection(store));
  }
  const lines: [JobKey, string | undefined][] = [
    ["source", placeText(job.source)],
    ["destination", placeText(job.destination)],
    ...transferLines(job),
    ...runLines(job),
  ];
  sections.push([`[job.${job.name}]`, ...lines.flatMap(([key, text]) => line(key, text, JOB_RULES.get(key)?.fallback))].join("\n"));
  return sections.join("\n\n") + "\n";
}

function transferLines(job: Job): [JobKey, string | undefined][] {
  const { rules } = job;
  const { set, mode, tags } = rules.headers;
  return [
    ["include", listText(job.include)],
    ["exclude", listText(job.exclude)],
    ...keySelectionLines(job),
    ["tree_format", rules.treeFormat],
    ["root_node", yesNo(job.rootNode ?? false)],
    ["prefixes", listText(job.prefixes)],
    ["files", listText(job.files)],
    ["names", listText(job.names)],
    ["prefixes_from", job.prefixesFrom?.path],
    ["files_from", job.filesFrom?.path],
    ["keep_path", yesNo(job.keepPath)],
    ["cut_prefix", job.cutPrefix],
    ["min_size", sizeText(job.minSizeBytes)],
    ["max_size", job.maxSizeBytes === undefined ? undefined : sizeText(job.maxSizeBytes)],
    ["key_prefix", job.keyPrefix],
    ["compare", job.compare],
    ["verify", rules.verify],
    ["delete", yesNo(job.delete)],
    ["max_delete", String(job.maxDelete)],
    ["allow_empty_source", yesNo(job.allowEmptySource)],
    ["dry_run", yesNo(job.dryRun)],
    ["final_check", yesNo(job.finalCheck)],
    ["part_size", rules.partSizeBytes === "auto" ? "auto" : sizeText(rules.partSizeBytes)],
    ["multipart_threshold", sizeText(rules.multipartThresholdBytes)],
    ["copy_threshold", sizeText(rules.copyThresholdBytes)],
    ["gzip", listText(rules.gzip ?? [])],
    ["storage_class", set.storageClass],
    ["acl", set.acl],
    ["grant", grantText(set.grants ?? [])],
    ["content_type", rules.headers.contentType ?? set.contentType],
    ["mime_types", rules.headers.mimeTypes?.path],
    ["cache_control", set.cacheControl],
    ["expires", set.expires],
    ["headers", listText(furtherHeaders(rules.headers))],
    ["metadata", metadataText(mode, set)],
    ["tags", typeof tags === "string" ? tags : pairsText(tags)],
    ["sse", set.sse],
    ["kms_key_id", set.kmsKeyId],
    ["unfinished", rules.unfinished],
    ["ask_to_clean", yesNo(job.askToClean)],
    ["hooks", job.hooks],
  ];
}

/** A content type of `headers` is the one that `guess` and `magic` fall back to. */
function furtherHeaders({ set, contentType }: HeaderRules): string[] {
  const fallback = contentType === undefined || set.contentType === undefined ? [] : [`content-type:${set.contentType}`];
  return [...fallback, ...headerItems(set)];
}

function runLines({ tuning, report }: Job): [JobKey, string | undefined][] {
  return [
    ["workers", String(tuning.workers)],
    ["parts_in_flight", String(tuning.partsInFlight)],
    ["objects_in_flight", String(tuning.objectsInFlight)],
    ["bandwidth", tuning.bandwidthBytesPerSecond === 0 ? "none" : `${sizeText(tuning.bandwidthBytesPerSecond)}/s`],
    ["retries", String(tuning.retries)],
    ["retry_delay", timeText(tuning.retryDelayMs)],
    ["retry_growth", tuning.retryGrowth],
    ["timeout", timeText(tuning.timeoutMs)],
    ["memory", tuning.memoryBytes === 0 ? "none" : sizeText(tuning.memoryBytes)],
    ["log_level", report.logLevel],
    ["log_format", report.logFormat],
    ["progress", report.progress],
    ["log_objects", yesNo(report.logObjects ?? false)],
    ["log_file", report.logFile],
    ["manifest", report.manifest],
  ];
}

function isReadyMade(store: StoreSpec): boolean {
  if (store.type === "local") return true;
  if (store.type === "embedded" || store.name !== store.type) return false;
  const given = Object.keys(store).filter((key) => !["type", "name", "addressing", "requesterPays", "signature"].includes(key));
  return given.length === 0 && store.addressing === "auto" && !store.requesterPays && (store.type === "s3" || store.signature === "v4");
}

function storeSection(store: StoreSpec): string {
  const lines: [StoreKey, string | undefined][] = [["type", store.type]];
  if (store.type === "embedded") lines.push(["folder", store.folder], ["dialect", store.dialect]);
  const remote = store.type === "s3" || store.type === "oss";
  if (remote) lines.push(...remoteLines(store));
  const hidden = remote && store.credentials !== undefined ? ["# access keys are not shown"] : [];
  return [`[store.${store.name}]`, ...lines.flatMap(([key, text]) => line(key, text, STORE_RULES.get(key)?.fallback)), ...hidden].join(
    "\n",
  );
}

function remoteLines(store: S3Spec | OssSpec): [StoreKey, string | undefined][] {
  return [
    ["endpoint", store.endpoint],
    ["region", store.region],
    ["profile", store.type === "s3" ? store.profile : undefined],
    ["addressing", store.addressing],
    ["ca_file", store.caFile],
    ["proxy", store.proxy === undefined ? undefined : shownValue(store.proxy, "login")],
    ["requester_pays", yesNo(store.requesterPays)],
    ["anonymous", yesNo(store.anonymous ?? false)],
    ...(store.type === "s3" ? habitLines(store) : []),
    ["signature", store.type === "oss" ? store.signature : undefined],
  ];
}

function habitLines(store: S3Spec): [StoreKey, string | undefined][] {
  return [
    ["provider", store.provider],
    ["checksums", store.checksums],
    ["conditional_writes", store.conditionalWrites === undefined ? undefined : yesNo(store.conditionalWrites)],
    ["listing", store.listing],
  ];
}

/** Local places are written as absolute paths, so that the text means the same from everywhere. */
function placeText({ store, bucket, key, tree }: Place): string {
  if (store.type !== "local") return `${store.name}://${bucket}/${key}`;
  if (store.archive) return `tar://${bucket}`;
  const separator = /^(?:[A-Za-z]:|\\\\)/.test(bucket) ? "\\" : "/";
  const folder = bucket.endsWith(separator) ? bucket : `${bucket}${separator}`;
  return tree ? folder : `${folder}${key}`;
}

function metadataText(mode: HeaderRules["mode"], set: ObjectHeaders): string {
  return [mode, pairsText(set.metadata ?? {})].filter((text) => text !== "").join(", ");
}

function grantText(grants: readonly Grant[]): string {
  return listText(grants.map(({ permission, grantee }) => `${permission}:${grantee}`));
}

function pairsText(pairs: Readonly<Record<string, string>>): string {
  return listText(Object.entries(pairs).map(([name, value]) => `${name}=${value}`));
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

/** What steers a terminal or turns a line around; tabs are harmless, and joiners are part of words. */
const STEERING = /(?![\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

function escapedText(text: string): string {
  const units = (steering: string) => steering.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
  return JSON.stringify(text).replace(new RegExp(STEERING, "gu"), units);
}

/** Nothing for a value that is the default. */
function line(key: string, text: string | undefined, fallback: string | undefined): string[] {
  if (text === undefined || text === fallback || text === "") return [];
  if (/[\r\n]/.test(text)) return [`# ${key} = ${escapedText(text)} (a line break cannot be said here)`];
  if (STEERING.test(text)) return [`# ${key} = ${escapedText(text)} (characters that steer a terminal are not written here)`];
  const escaped = text.replaceAll("${", () => "$${");
  return [/^\s|\s$|^".*"$/.test(escaped) ? `${key} = "${escaped}"` : `${key} = ${escaped}`];
}
