/** Rules between keys, and between keys and the kind of source or destination. What one key takes alone is in its entry in settings/. */
import type { Job, StoreSpec } from "../job_types.ts";
import type { SectionReader } from "./section_reader.ts";
import { HEADERS } from "./settings/headers.ts";
import { HOW, TRANSFER } from "./settings/how.ts";
import type { Setting } from "./settings/setting.ts";
import { FOLDER, KEYS, LIST_KEYS, REMOTE } from "./settings/store.ts";
import { JOB_SETTINGS, STORE_SETTINGS } from "./settings/tables.ts";
import { PLACES, WHICH } from "./settings/which.ts";
import { orList } from "./value.ts";

/** A mistake of a key, and whether it was made. */
type Rule = readonly [key: Setting, broken: boolean, problem: string];

/** Keys of a job that contradict each other, or the kind of its places. */
export function refuseTogether(reader: SectionReader, job: Job): void {
  for (const [key, broken, problem] of [...treeRules(reader, job), ...jobRules(job)]) if (broken) reader.wrong(key, problem);
}

/** Keys that mean nothing for a single object are mistakes where the job itself gives them. */
function treeRules({ section }: SectionReader, { source: { tree } }: Job): Rule[] {
  const given = [...JOB_SETTINGS.values()].filter(({ trees, key }) => !tree && trees === true && section.values.has(key));
  const way = (key: string) => `only a tree has ${key}, and the source is one object; end the source in / or leave ${key} out`;
  return given.map((setting) => [setting, true, way(setting.key)]);
}

function jobRules(job: Job): Rule[] {
  const { source, destination, limit, minSizeBytes, maxSizeBytes = Infinity, rootNode, rules: { headers, gzip, treeFormat } } = job;
  const { set: { kmsKeyId, sse, acl, grants }, contentType } = headers;
  const [from, to] = [kindOf(source.store), kindOf(destination.store)];
  const oneFolder = (from === "folder") !== (to === "folder");
  return [
    [
      HOW.delete,
      job.delete && !source.tree,
      "only a tree can delete, and the source is one object; end the source in / or leave delete out",
    ],
    [HOW.delete, job.delete && !job.keepPath, "what is extra cannot be known with keep_path = no; leave one of them out"],
    [HOW.delete, job.delete && limit !== undefined, "what is extra cannot be known with a limit; leave one out"],
    [HOW.delete, job.delete && from === "archive", "an archive cannot say what is extra; leave delete out"],
    [HEADERS.kmsKeyId, kmsKeyId !== undefined && sse !== "aws:kms", "a KMS key needs sse = aws:kms beside it"],
    [HEADERS.acl, acl !== undefined && grants !== undefined, "a canned ACL and grants exclude each other; keep one of them"],
    [HEADERS.contentType, contentType === "magic" && from === "store", "only local files are looked into; write guess"],
    [
      TRANSFER.gzip,
      gzip !== undefined && (from === "store" || to !== "store"),
      "only local files that go to a store are compressed; leave gzip out",
    ],
    [TRANSFER.treeFormat, treeFormat !== undefined && !oneFolder, "it is for jobs between a folder and a store; leave it out"],
    [WHICH.rootNode, rootNode === true && treeFormat === undefined, "only with tree_format = s3sync folders have objects"],
    [PLACES.destination, to === "archive", "an archive can only be a source"],
    [PLACES.destination, from === "archive" && to === "folder", "an archive can only be sent to a store; unpack it with tar"],
    [WHICH.maxSizeBytes, maxSizeBytes < minSizeBytes, "smaller than min_size, so that no object is left; change one of them"],
  ];
}

function kindOf(store: StoreSpec): "folder" | "archive" | "store" {
  if (store.type !== "local") return "store";
  return store.archive ? "archive" : "folder";
}

/** Keys of a store that its type does not have, that contradict each other, or that need another beside them. */
export function refuseInStore(reader: SectionReader, type: StoreSpec["type"]): void {
  for (const key of reader.section.values.keys()) {
    const setting = STORE_SETTINGS.get(key);
    if (setting?.stores === undefined || setting.stores.includes(type)) continue;
    reader.wrong(setting, `a store of type ${type} does not have this key; it is for ${orList(setting.stores)}`);
  }
  const has = (setting: Setting) => reader.raw(setting) !== undefined;
  const { accessKeyId: id, secretAccessKey: secret, sessionToken } = KEYS;
  const { listAccessKeyId: listId, listSecretAccessKey: listSecret } = LIST_KEYS;
  const { profile, anonymous } = REMOTE;
  const needsFolder = (type === "local" || type === "embedded") && !has(FOLDER.folder);
  const unsigned = reader.value(anonymous) === true;
  const pairs: readonly [Setting, Setting][] = [[id, secret], [secret, id], [listId, listSecret], [listSecret, listId]];
  const rules: readonly Rule[] = [
    ...pairs.map(([one, other]): Rule => [one, has(one) && !has(other), `${other.key} is missing beside it`]),
    [sessionToken, has(sessionToken) && !has(id) && !has(secret), "access_key_id and secret_access_key are missing beside it"],
    [profile, has(profile) && has(id) && has(secret), "a profile and access keys exclude each other; keep one of them"],
    [anonymous, unsigned && [id, secret, profile].some(has), "requests without a signature need no keys; keep one of them"],
    [FOLDER.folder, needsFolder, `a store of type ${type} needs a folder; write folder = PATH`],
  ];
  for (const [key, broken, problem] of rules) if (broken) reader.wrong(key, problem);
}
