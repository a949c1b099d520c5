/**
 * A `[store.NAME]` section to a store. Must never repeat a secret: what is told of one names its key only.
 */
import type { EmbeddedSpec, OssSpec, ProviderName, S3Spec, StoreSpec } from "../job_types.ts";
import type { Credentials } from "../types.ts";
import { STORE_RULES, type StoreKey } from "./keys.ts";
import type { MistakeList } from "./mistake.ts";
import { absolutePath } from "./local_path.ts";
import type { JobContext, RawSection } from "./raw_job.ts";
import { SectionReader } from "./section_reader.ts";
import { orList } from "./value.ts";

/** A store that a location may name. A local one has a folder that its locations are in. */
export interface NamedStore {
  readonly spec: StoreSpec;
  /** Absolute; only of local stores. */
  readonly folder?: string;
}

/** What `s3://` means when the job file has no `[store.s3]`: Amazon S3, or what the AWS environment and configuration say. */
export const READY_MADE_S3: S3Spec = { type: "s3", name: "s3", addressing: "auto", requesterPays: false };

/** What `oss://` means when the job file has no `[store.oss]`: Alibaba OSS as the environment says. */
export const READY_MADE_OSS: OssSpec = { type: "oss", name: "oss", addressing: "auto", signature: "v4", requesterPays: false };

/** What `tar://PATH` means: the members of an archive. */
export const READY_MADE_TAR: StoreSpec = { type: "local", name: "tar", archive: true };

/** The store of a section; undefined when a mistake leaves nothing to work with. */
export function readStore(section: RawSection, context: JobContext, mistakes: MistakeList): NamedStore | undefined {
  const reader = new SectionReader<StoreKey>(section, [section], STORE_RULES, context, mistakes);
  const type = reader.choice<"s3" | "oss" | "local" | "embedded">("type");
  for (const key of section.values.keys() as MapIterator<StoreKey>) {
    const types = STORE_RULES.get(key)?.stores;
    if (types !== undefined && !types.includes(type)) {
      reader.wrong(key, `a store of type ${type} does not have this key; it is for ${orList(types)}`);
    }
  }
  if (type === "oss") return { spec: readOss(section.name, reader, context) };
  if (type === "s3") return { spec: readS3(section.name, reader, context) };
  const folder = reader.text("folder");
  if (folder === undefined) {
    if (reader.raw("folder") === undefined) reader.wrong("folder", `a store of type ${type} needs a folder; write folder = PATH`);
    return undefined;
  }
  const path = absolutePath(folder, context);
  if (type === "local") return { spec: { type: "local", name: section.name }, folder: path };
  return { spec: readEmbedded(section.name, path, reader) };
}

function readEmbedded(name: string, folder: string, reader: SectionReader<StoreKey>): EmbeddedSpec {
  return { type: "embedded", name, folder, dialect: reader.choice("dialect") };
}

/** What stores with buckets have in common. */
function readRemote(reader: SectionReader<StoreKey>, context: JobContext) {
  const endpoint = reader.text("endpoint");
  const region = reader.text("region");
  const credentials = readCredentials(reader);
  const caFile = reader.text("ca_file");
  const proxy = reader.text("proxy");
  if (region !== undefined && !/^[A-Za-z0-9-]+$/.test(region)) reader.wrong("region", "a region has letters, digits and dashes only");
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(credentials !== undefined && { credentials }),
    addressing: reader.choice<S3Spec["addressing"]>("addressing"),
    ...(caFile !== undefined && { caFile: absolutePath(caFile, context) }),
    ...(proxy !== undefined && { proxy }),
    requesterPays: reader.yesNo("requester_pays"),
    ...readAnonymous(reader, credentials),
  };
}

function readAnonymous(reader: SectionReader<StoreKey>, credentials: Credentials | undefined): { anonymous?: true } {
  if (!reader.yesNo("anonymous")) return {};
  if (credentials !== undefined || reader.raw("profile") !== undefined) {
    reader.wrong("anonymous", "requests without a signature need no keys; keep one of them");
  }
  return { anonymous: true };
}

/** What an S3 store can do, where the user knows better than its host says. */
function readHabits(reader: SectionReader<StoreKey>): Pick<S3Spec, "provider" | "checksums" | "conditionalWrites" | "listing"> {
  const provider = reader.choice<ProviderName | "auto">("provider");
  const checksums = reader.choice<"auto" | "all" | "none">("checksums");
  const conditionalWrites = reader.choice<"auto" | "yes" | "no">("conditional_writes");
  const listing = reader.choice<"auto" | "v1" | "v2">("listing");
  return {
    ...(provider !== "auto" && { provider }),
    ...(checksums !== "auto" && { checksums }),
    ...(conditionalWrites !== "auto" && { conditionalWrites: conditionalWrites === "yes" }),
    ...(listing !== "auto" && { listing }),
  };
}

function readOss(name: string, reader: SectionReader<StoreKey>, context: JobContext): OssSpec {
  return { type: "oss", name, signature: reader.choice("signature"), ...readRemote(reader, context) };
}

function readS3(name: string, reader: SectionReader<StoreKey>, context: JobContext): S3Spec {
  const profile = reader.text("profile");
  const remote = readRemote(reader, context);
  if (profile !== undefined && remote.credentials !== undefined) {
    reader.wrong("profile", "a profile and access keys exclude each other; keep one of them");
  }
  const listCredentials = readListCredentials(reader);
  return {
    type: "s3",
    name,
    ...(profile !== undefined && { profile }),
    ...remote,
    ...readHabits(reader),
    ...(listCredentials !== undefined && { listCredentials }),
  };
}

function readListCredentials(reader: SectionReader<StoreKey>): Credentials | undefined {
  const accessKeyId = reader.text("list_access_key_id");
  const secretAccessKey = reader.text("list_secret_access_key");
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };
  if (accessKeyId !== undefined) reader.wrong("list_access_key_id", "list_secret_access_key is missing beside it");
  if (secretAccessKey !== undefined) reader.wrong("list_secret_access_key", "list_access_key_id is missing beside it");
  return undefined;
}

function readCredentials(reader: SectionReader<StoreKey>): Credentials | undefined {
  const accessKeyId = reader.text("access_key_id");
  const secretAccessKey = reader.text("secret_access_key");
  const sessionToken = reader.text("session_token");
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  }
  const given = (["access_key_id", "secret_access_key"] as const).filter((key) => reader.raw(key) !== undefined);
  if (given[0] === "access_key_id" && given.length === 1) reader.wrong("access_key_id", "secret_access_key is missing beside it");
  else if (given.length === 1) reader.wrong("secret_access_key", "access_key_id is missing beside it");
  else if (given.length === 0 && sessionToken !== undefined) {
    reader.wrong("session_token", "access_key_id and secret_access_key are missing beside it");
  }
  return undefined;
}
