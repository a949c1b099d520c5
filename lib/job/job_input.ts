/**
 * The script API's job: a typed object with the keys of the job file in camelCase, through the same checker. `${NAME}` is not expanded
 * here: a script has its own means.
 */
import type { Job, ProviderName } from "../job_types.ts";
import { checkSections } from "./job_file.ts";
import { JOB_RULES, STORE_RULES } from "./keys.ts";
import { type KeyRule } from "./key_rule.ts";
import { MistakeList, nearestName, Problem } from "./mistake.ts";
import type { JobContext, RawSection, RawValue } from "./raw_job.ts";

/** A store of a {@link JobInput}; each field as the key of `[store.NAME]` with the same name. */
export interface StoreInput {
  type?: "s3" | "oss" | "local" | "embedded";
  endpoint?: string;
  region?: string;
  profile?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
  sessionToken?: string;
  listAccessKeyId?: string;
  listSecretAccessKey?: string;
  addressing?: "auto" | "path" | "virtual" | "own";
  caFile?: string;
  proxy?: string;
  requesterPays?: boolean;
  anonymous?: boolean;
  provider?: "auto" | ProviderName;
  checksums?: "auto" | "all" | "none";
  conditionalWrites?: "auto" | "yes" | "no" | boolean;
  listing?: "auto" | "v1" | "v2";
  folder?: string;
  signature?: "v4" | "v1";
  dialect?: "s3" | "oss";
}

/**
 * A job as a script writes it; each field as the key of `[job.NAME]` with the same name. Sizes and rates are bytes, times milliseconds,
 * when given as numbers; as texts they have their unit: `"64 MiB"`, `"30s"`.
 */
export interface JobInput {
  /** Shown in messages; default `job`. */
  name?: string;
  source: string;
  destination: string;
  /** What `NAME://` means. */
  stores?: Readonly<Record<string, StoreInput>>;
  include?: string | readonly string[];
  exclude?: string | readonly string[];
  excludeRegex?: string | readonly string[];
  filter?: string | readonly string[];
  filterBy?: "key" | "parts";
  filterBase?: string;
  maxAge?: number | string;
  special?: "fail" | "skip";
  depth?: number | "all";
  limit?: number;
  skipKeysFrom?: string | readonly string[];
  treeFormat?: "plain" | "s3sync";
  rootNode?: boolean;
  prefixes?: string | readonly string[];
  files?: string | readonly string[];
  names?: string | readonly string[];
  prefixesFrom?: string;
  filesFrom?: string;
  keepPath?: boolean;
  cutPrefix?: string;
  minSize?: number | string;
  maxSize?: number | string;
  keyPrefix?: string;
  compare?: Job["compare"];
  verify?: Job["rules"]["verify"];
  delete?: boolean;
  maxDelete?: number;
  allowEmptySource?: boolean;
  dryRun?: boolean;
  finalCheck?: boolean;
  partSize?: number | string;
  multipartThreshold?: number | string;
  copyThreshold?: number | string;
  gzip?: string | readonly string[];
  storageClass?: string;
  acl?: string;
  /** `READ:someone@example.com` */
  grant?: string | readonly string[];
  contentType?: string;
  mimeTypes?: string;
  cacheControl?: string;
  expires?: string;
  headers?: string | readonly string[];
  /** `copy`, `replace`, or names and values to set besides what the source carries. */
  metadata?: string | Readonly<Record<string, string>>;
  tags?: string | Readonly<Record<string, string>>;
  sse?: "AES256" | "aws:kms";
  kmsKeyId?: string;
  unfinished?: Job["rules"]["unfinished"];
  askToClean?: boolean;
  hooks?: string;
  workers?: number | "auto";
  partsInFlight?: number;
  objectsInFlight?: number;
  bandwidth?: number | string;
  retries?: number;
  retryDelay?: number | string;
  retryGrowth?: Job["tuning"]["retryGrowth"];
  timeout?: number | string;
  memory?: number | string;
  logLevel?: Job["report"]["logLevel"];
  logFormat?: Job["report"]["logFormat"];
  progress?: Job["report"]["progress"];
  logObjects?: boolean;
  logFile?: string;
  manifest?: string;
}

/** A key of the table as a field: `part_size` is `partSize`. */
export function fieldOf(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The job of an object. Throws a {@link JobFileError} with all its mistakes, whatever the object holds. */
export function jobFromObject(input: JobInput, context: JobContext): Job {
  const mistakes = new MistakeList(context.file);
  const { name = "job", stores, ...fields }: Partial<JobInput> = input ?? {};
  const file = context.file;
  const sections = Object.entries(stores ?? {}).map(([name, store]) =>
    sectionOf({ kind: "store", name, file, title: `stores.${name}` }, store, STORE_RULES, mistakes)
  );
  sections.push(sectionOf({ kind: "job", name: String(name), file }, fields, JOB_RULES, mistakes));
  const [job] = checkSections(sections, { ...context, names: [] }, mistakes);
  if (job === undefined) throw new Error("A job without a mistake was not given");
  return job;
}

function sectionOf(
  head: Omit<RawSection, "values">,
  fields: unknown,
  rules: ReadonlyMap<string, KeyRule>,
  mistakes: MistakeList,
): RawSection {
  const section: RawSection = { ...head, values: new Map() };
  const keys = new Map([...rules.keys()].map((key) => [fieldOf(key), key]));
  if (typeof fields !== "object" || fields === null) mistakes.ofSection(section, new Problem("write an object with the keys of a store"));
  for (const [field, value] of Object.entries(fields ?? {})) {
    if (value === undefined) continue;
    const key = keys.get(field);
    const place = { shown: field, file: head.file, expand: false, ...(head.title !== undefined && { section: head.title }) };
    const raw = rawValue(value, place, rules.get(key ?? ""));
    if (key === undefined) {
      mistakes.ofValue({ ...place, text: "" }, new Problem("unknown field", nearestName(field, [...keys.keys()])), { hidden: true });
    } else if (raw === undefined) {
      mistakes.ofSection(section, new Problem("write a text, a number, true or false, a list of texts or a record of texts"), field);
    } else section.values.set(key, raw);
  }
  return section;
}

function rawValue(value: unknown, place: Omit<RawValue, "text" | "items">, rule: KeyRule | undefined): RawValue | undefined {
  if (typeof value === "string") return { ...place, text: value };
  if (typeof value === "boolean") return { ...place, text: value ? "yes" : "no" };
  if (typeof value === "number") return { ...place, text: rule?.type.is === "time" ? `${value}ms` : String(value) };
  const items = itemsOf(value);
  return items && { ...place, text: items.join(", "), items };
}

/** Texts of an array, or `NAME=VALUE` of a record; undefined for anything else. */
function itemsOf(value: unknown): string[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const isText = (item: unknown): item is string => typeof item === "string";
  if (Array.isArray(value)) return value.every(isText) ? value : undefined;
  const pairs = Object.entries(value);
  return pairs.every(([, text]) => isText(text)) ? pairs.map(([name, text]) => `${name}=${text}`) : undefined;
}
