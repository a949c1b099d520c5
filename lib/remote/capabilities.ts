/**
 * What each kind of S3 store can do and what it limits, as one table chosen by the endpoint's host. Data only: other code asks for a
 * capability and never for a provider's name.
 */
import { GIB, MIB, PART_COUNT_MAX, PART_SIZE_MAX_BYTES, PART_SIZE_MIN_BYTES } from "../limits.ts";
import type { S3Spec } from "../job_types.ts";
import type { Capabilities, ChecksumAlgorithm } from "../types.ts";

/** How control requests to a store are written; of no interest outside lib/store. */
export interface RequestHabits {
  /** ListMultipartUploads finds uploads by any prefix; MinIO finds them by none but the empty one and the whole key. */
  readonly uploadsByPrefix: boolean;
  /** DeleteObjects (many keys in one request) exists. */
  readonly deletesMany: boolean;
  /** DeleteObjects needs Content-MD5: most stores older than Amazon's checksums of 2022 do. */
  readonly deleteNeedsMd5: boolean;
  /** `x-amz-mp-object-size` is understood on Complete. */
  readonly sizeOnComplete: boolean;
  /** Path-style addresses are refused. */
  readonly virtualOnly: boolean;
}

interface Provider {
  readonly name: string;
  /** Matched against the host without port. */
  readonly host: RegExp;
  readonly differs: Partial<Omit<Capabilities, "provider">> & Partial<RequestHabits>;
}

const ALL_CHECKSUMS: readonly ChecksumAlgorithm[] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

/** What a store is taken for when its host says nothing: MinIO, versitygw, Ceph, Garage and sluice's own. */
const GENERIC: Omit<Capabilities, "provider"> = {
  ownDigests: ["md5"],
  checksums: ALL_CHECKSUMS,
  conditionalWrites: true,
  serverSideCopy: true,
  tags: true,
  partSizeMinBytes: PART_SIZE_MIN_BYTES,
  partSizeMaxBytes: PART_SIZE_MAX_BYTES,
  partCountMax: PART_COUNT_MAX,
  putSizeMaxBytes: PART_SIZE_MAX_BYTES,
};

const GENERIC_HABITS: RequestHabits = {
  uploadsByPrefix: false,
  deletesMany: true,
  deleteNeedsMd5: true,
  sizeOnComplete: true,
  virtualOnly: false,
};

/** Stores that read only the plain request of old: no `x-amz-checksum-*`, no conditions, no size on Complete. */
const PLAIN = { checksums: [], conditionalWrites: false, sizeOnComplete: false, uploadsByPrefix: true } as const;

/** The table. Sources: the providers' own S3 compatibility pages; limits not named there are Amazon's. */
const PROVIDERS: readonly Provider[] = [
  {
    name: "aws",
    host: /(^|\.)amazonaws\.com(\.cn)?$/,
    differs: { uploadsByPrefix: true, deleteNeedsMd5: false },
  },
  // ETags of multipart objects are not MD5s of MD5s; all parts but the last must be equal; no object tags.
  {
    name: "r2",
    host: /\.r2\.cloudflarestorage\.com$/,
    differs: { ...PLAIN, conditionalWrites: true, ownDigests: [], tags: false, putSizeMaxBytes: 5 * GIB - 5 * MIB },
  },
  // The XML interface knows no UploadPartCopy, DeleteObjects or object tags.
  {
    name: "gcs",
    host: /(^|\.)storage\.googleapis\.com$/,
    differs: { ...PLAIN, serverSideCopy: false, deletesMany: false, tags: false },
  },
  // Alibaba OSS by its S3 interface: virtual-host addresses only, parts from 100 KiB, ETags of multipart objects are no MD5s.
  {
    name: "oss",
    host: /(^|\.)aliyuncs\.com$/,
    differs: { ...PLAIN, ownDigests: [], virtualOnly: true, partSizeMinBytes: 100 * 1024 },
  },
  { name: "wasabi", host: /(^|\.)wasabisys\.com$/, differs: PLAIN },
  { name: "b2", host: /\.backblazeb2\.com$/, differs: { ...PLAIN, tags: false } },
  { name: "scaleway", host: /\.scw\.cloud$/, differs: { ...PLAIN, partCountMax: 1000 } },
  { name: "digitalocean", host: /\.digitaloceanspaces\.com$/, differs: { ...PLAIN, tags: false } },
  // Segments are encrypted in pieces of 64 MiB: smaller parts waste them; no server-side multipart copy.
  { name: "storj", host: /(^|\.)storjshare\.io$/, differs: { ...PLAIN, serverSideCopy: false, partSizeMinBytes: 64 * MIB } },
  // No multipart upload at all: one part is the only layout; ETags are no MD5s.
  {
    name: "fastly",
    host: /\.fastlystorage\.app$/,
    differs: { ...PLAIN, ownDigests: [], tags: false, serverSideCopy: false, partCountMax: 1 },
  },
  { name: "tencent", host: /\.myqcloud\.com$/, differs: { ...PLAIN, ownDigests: [], virtualOnly: true, partSizeMinBytes: MIB } },
  { name: "huawei", host: /\.myhuaweicloud\.(com|eu)$/, differs: { ...PLAIN, ownDigests: [] } },
  { name: "ibm", host: /\.cloud-object-storage\.appdomain\.cloud$/, differs: { ...PLAIN, ownDigests: [] } },
  { name: "qiniu", host: /\.qiniucs\.com$/, differs: { ...PLAIN, ownDigests: [], tags: false } },
  { name: "linode", host: /\.linodeobjects\.com$/, differs: PLAIN },
  { name: "ovh", host: /\.io\.cloud\.ovh\.(net|us)$/, differs: PLAIN },
  { name: "hetzner", host: /\.your-objectstorage\.com$/, differs: PLAIN },
  { name: "idrive", host: /\.idrivee2(-\d+)?\.com$/, differs: PLAIN },
  { name: "yandex", host: /(^|\.)storage\.yandexcloud\.net$/, differs: PLAIN },
  { name: "exoscale", host: /\.exo\.io$/, differs: PLAIN },
  { name: "oracle", host: /\.oraclecloud\.com$/, differs: { ...PLAIN, tags: false } },
];

/**
 * Alibaba OSS by its own protocol (OSS user guide, "Limits" and "Multipart upload"). ETags of objects made by one PUT and of parts are
 * MD5s; those of multipart objects stay in OSS's upper case, which no reader of MD5s knows.
 */
export const OSS_CAPABILITIES: Capabilities = {
  provider: "oss",
  ownDigests: ["crc64ecma", "md5"],
  checksums: [],
  conditionalWrites: "absent",
  serverSideCopy: true,
  links: true,
  tags: true,
  partSizeMinBytes: 100 * 1024,
  partSizeMaxBytes: PART_SIZE_MAX_BYTES,
  partCountMax: PART_COUNT_MAX,
  putSizeMaxBytes: PART_SIZE_MAX_BYTES,
};

/** What the job file says of a store that its host does not. */
export type SaidOfStore = Pick<S3Spec, "provider" | "checksums" | "conditionalWrites">;

/** Capabilities of the store at `endpoint`; absent means Amazon S3, an unknown host the generic row. Throws on what is no URL. */
export function capabilitiesOf(endpoint: string | undefined, said: SaidOfStore = {}): Capabilities {
  const provider = said.provider ?? providerAt(endpoint);
  const merged = { ...GENERIC, ...rowOf(provider) };
  return {
    provider,
    ownDigests: merged.ownDigests,
    checksums: said.checksums === undefined ? merged.checksums : said.checksums === "all" ? ALL_CHECKSUMS : [],
    conditionalWrites: said.conditionalWrites ?? merged.conditionalWrites,
    serverSideCopy: merged.serverSideCopy,
    tags: merged.tags,
    partSizeMinBytes: merged.partSizeMinBytes,
    partSizeMaxBytes: merged.partSizeMaxBytes,
    partCountMax: merged.partCountMax,
    putSizeMaxBytes: merged.putSizeMaxBytes,
  };
}

/** How control requests to a store of this provider are written. */
export function habitsOf(provider: string): RequestHabits {
  const row = rowOf(provider);
  return {
    uploadsByPrefix: row.uploadsByPrefix ?? GENERIC_HABITS.uploadsByPrefix,
    deletesMany: row.deletesMany ?? GENERIC_HABITS.deletesMany,
    deleteNeedsMd5: row.deleteNeedsMd5 ?? GENERIC_HABITS.deleteNeedsMd5,
    sizeOnComplete: row.sizeOnComplete ?? GENERIC_HABITS.sizeOnComplete,
    virtualOnly: row.virtualOnly ?? GENERIC_HABITS.virtualOnly,
  };
}

/** The provider whose host this is. Throws on what is no URL. */
export function providerAt(endpoint: string | undefined): string {
  const host = endpoint === undefined ? "s3.amazonaws.com" : new URL(endpoint).hostname;
  return PROVIDERS.find((provider) => provider.host.test(host))?.name ?? "generic";
}

function rowOf(provider: string): Provider["differs"] {
  return PROVIDERS.find(({ name }) => name === provider)?.differs ?? {};
}
