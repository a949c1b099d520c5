/**
 * Rules between keys: which contradict each other, which need another beside them, and which mean nothing for a kind of source or
 * destination. Each is written by hand; what one key takes alone is in its entry in settings/.
 */
import type { Job, StoreSpec } from "../job_types.ts";
import type { SectionReader } from "./section_reader.ts";
import { HEADERS } from "./settings/headers.ts";
import { HOW, TRANSFER } from "./settings/how.ts";
import type { Setting } from "./settings/setting.ts";
import { FOLDER, KEYS, LIST_KEYS, REMOTE } from "./settings/store.ts";
import { JOB_SETTINGS, STORE_SETTINGS } from "./settings/tables.ts";
import { PLACES, WHICH } from "./settings/which.ts";
import { orList } from "./value.ts";

/** Keys of a job that contradict each other, or the kind of its places. */
export function refuseTogether(reader: SectionReader, job: Job): void {
  if (!job.source.tree) refuseForObject(reader, job);
  if (job.delete) refuseDelete(reader, job);
  refuseHeaders(reader, job);
  refuseFormats(reader, job);
  const { source: { store: source }, destination: { store: destination } } = job;
  if (isArchive(destination)) reader.wrong(PLACES.destination, "an archive can only be a source");
  else if (isArchive(source) && destination.type === "local") {
    reader.wrong(PLACES.destination, "an archive can only be sent to a store; unpack it with tar");
  }
  if (job.maxSizeBytes !== undefined && job.maxSizeBytes < job.minSizeBytes) {
    reader.wrong(WHICH.maxSizeBytes, "smaller than min_size, so that no object is left; change one of them");
  }
}

/** Keys that mean nothing for a single object are mistakes where the job itself gives them. */
function refuseForObject(reader: SectionReader, job: Job): void {
  if (job.delete) {
    reader.wrong(HOW.delete, "only a tree can delete, and the source is one object; end the source in / or leave delete out");
  }
  for (const setting of JOB_SETTINGS.values()) {
    if (!setting.trees || !reader.section.values.has(setting.key)) continue;
    reader.wrong(setting, `only a tree has ${setting.key}, and the source is one object; end the source in / or leave ${setting.key} out`);
  }
}

function refuseDelete(reader: SectionReader, job: Job): void {
  const wrong = (text: string) => reader.wrong(HOW.delete, text);
  if (!job.keepPath) wrong("what is extra cannot be known with keep_path = no; leave one of them out");
  if (job.selection?.limit !== undefined) wrong("what is extra cannot be known with a limit; leave one out");
  if (isArchive(job.source.store)) wrong("an archive cannot say what is extra; leave delete out");
}

function refuseHeaders(reader: SectionReader, { source, rules: { headers: { set, contentType } } }: Job): void {
  if (set.kmsKeyId !== undefined && set.sse !== "aws:kms") reader.wrong(HEADERS.kmsKeyId, "a KMS key needs sse = aws:kms beside it");
  if (set.acl !== undefined && set.grants !== undefined) {
    reader.wrong(HEADERS.acl, "a canned ACL and grants exclude each other; keep one of them");
  }
  if (contentType === "magic" && source.store.type !== "local") {
    reader.wrong(HEADERS.contentType, "only local files are looked into; write guess");
  }
}

function refuseFormats(
  reader: SectionReader,
  { rules, rootNode, source: { store: source }, destination: { store: destination } }: Job,
): void {
  if (rules.gzip !== undefined && (source.type !== "local" || destination.type === "local")) {
    reader.wrong(TRANSFER.gzip, "only local files that go to a store are compressed; leave gzip out");
  }
  const folders = [source, destination].filter((store) => store.type === "local" && !store.archive).length;
  if (rules.treeFormat !== undefined && folders !== 1) {
    reader.wrong(TRANSFER.treeFormat, "it is for jobs between a folder and a store; leave it out");
  }
  if (rootNode && rules.treeFormat === undefined) {
    reader.wrong(WHICH.rootNode, "only with tree_format = s3sync folders have objects");
  }
}

function isArchive(store: StoreSpec): boolean {
  return store.type === "local" && store.archive === true;
}

/** Keys of a store that its type does not have, that contradict each other, or that need another beside them. */
export function refuseInStore(reader: SectionReader, type: StoreSpec["type"]): void {
  const given = (setting: Setting) => reader.raw(setting) !== undefined;
  for (const key of reader.section.values.keys()) {
    const setting = STORE_SETTINGS.get(key);
    if (setting?.stores === undefined || setting.stores.includes(type)) continue;
    reader.wrong(setting, `a store of type ${type} does not have this key; it is for ${orList(setting.stores)}`);
  }
  const together = (one: Setting, other: Setting) => {
    if (given(one) && !given(other)) reader.wrong(one, `${other.key} is missing beside it`);
  };
  const pair = [KEYS.accessKeyId, KEYS.secretAccessKey] as const;
  together(...pair);
  together(pair[1], pair[0]);
  together(LIST_KEYS.listAccessKeyId, LIST_KEYS.listSecretAccessKey);
  together(LIST_KEYS.listSecretAccessKey, LIST_KEYS.listAccessKeyId);
  if (given(KEYS.sessionToken) && !pair.some(given)) {
    reader.wrong(KEYS.sessionToken, "access_key_id and secret_access_key are missing beside it");
  }
  if (given(REMOTE.profile) && pair.every(given)) {
    reader.wrong(REMOTE.profile, "a profile and access keys exclude each other; keep one of them");
  }
  if (reader.value(REMOTE.anonymous) && [...pair, REMOTE.profile].some(given)) {
    reader.wrong(REMOTE.anonymous, "requests without a signature need no keys; keep one of them");
  }
  if ((type === "local" || type === "embedded") && !given(FOLDER.folder)) {
    reader.wrong(FOLDER.folder, `a store of type ${type} needs a folder; write folder = PATH`);
  }
}
