/** A `[store.NAME]` section to a store. Must never repeat a secret: what is reported of one names its key only. */
import type { S3Spec, StoreSpec } from "../job_types.ts";
import type { Credentials } from "../types.ts";
import { refuseInStore } from "./key_conflicts.ts";
import type { MistakeList } from "./mistake.ts";
import type { JobContext, RawSection } from "./raw_job.ts";
import { SectionReader } from "./section_reader.ts";
import { EMBEDDED_ONLY, FOLDER, KEYS, LIST_KEYS, OSS_ONLY, REMOTE, S3_ONLY, TYPE } from "./settings/store.ts";

/** A store that a location may name. A local one has a folder that its locations are in. */
export interface NamedStore {
  readonly spec: StoreSpec;
  /** Absolute; only of local stores. */
  readonly folder?: string;
}

/** What `s3://`, `oss://` and `tar://` mean without a section of that name; the tools' own environment and configuration say the rest. */
export const READY_MADE_STORES: ReadonlyMap<string, NamedStore> = new Map([
  ["s3", { spec: { type: "s3", name: "s3", addressing: "auto", requesterPays: false } }],
  ["oss", { spec: { type: "oss", name: "oss", addressing: "auto", signature: "v4", requesterPays: false } }],
  ["tar", { spec: { type: "local", name: "tar", archive: true } }],
]);

/** The store of a section; undefined when a mistake leaves nothing to work with. */
export function readStore(section: RawSection, context: JobContext, mistakes: MistakeList): NamedStore | undefined {
  const reader = new SectionReader(section, context, mistakes);
  const { type } = reader.values(TYPE);
  refuseInStore(reader, type);
  const { name } = section;
  if (type === "s3") return { spec: readS3(name, reader) };
  if (type === "oss") return { spec: { type, name, ...readRemote(reader), ...reader.values(OSS_ONLY) } };
  const { folder } = reader.values(FOLDER);
  if (folder === undefined) return undefined;
  if (type === "local") return { spec: { type, name }, folder };
  return { spec: { type, name, folder, ...reader.values(EMBEDDED_ONLY) } };
}

/** What stores with buckets have in common. */
function readRemote(reader: SectionReader) {
  const { accessKeyId, secretAccessKey, sessionToken } = reader.values(KEYS);
  const credentials = pairOf(accessKeyId, secretAccessKey);
  return {
    ...reader.values(REMOTE),
    ...(credentials && { credentials: { ...credentials, ...(sessionToken !== undefined && { sessionToken }) } }),
  };
}

function readS3(name: string, reader: SectionReader): S3Spec {
  const { listAccessKeyId, listSecretAccessKey } = reader.values(LIST_KEYS);
  const listCredentials = pairOf(listAccessKeyId, listSecretAccessKey);
  return { type: "s3", name, ...readRemote(reader), ...reader.values(S3_ONLY), ...(listCredentials && { listCredentials }) };
}

function pairOf(accessKeyId: string | undefined, secretAccessKey: string | undefined): Credentials | undefined {
  return accessKeyId !== undefined && secretAccessKey !== undefined ? { accessKeyId, secretAccessKey } : undefined;
}
