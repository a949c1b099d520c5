/**
 * What each kind of S3 store can do and what it limits, as one table chosen by the endpoint's host. Data only: other code asks for a
 * capability and never for a provider's name.
 */
import { GIB, KIB, MIB, PART_COUNT_MAX, PART_SIZE_MAX_BYTES, PART_SIZE_MIN_BYTES } from "../limits.ts";
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
  /** Without `x-amz-checksum-*`, conditions and size on Complete, unless it says otherwise: the plain request of old. */
  readonly plain?: false;
  readonly differs?: Partial<Capabilities>;
  readonly habits?: Partial<RequestHabits>;
}

const ALL_CHECKSUMS: readonly ChecksumAlgorithm[] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

/** What a store is taken for when its host says nothing: MinIO, versitygw, Ceph, Garage and sluice's own. */
const GENERIC: Capabilities = {
  provider: "generic",
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

const PLAIN: Partial<Capabilities> = { checksums: [], conditionalWrites: false };
const PLAIN_HABITS: Partial<RequestHabits> = { sizeOnComplete: false, uploadsByPrefix: true };

/** The table. Sources: the providers' own S3 compatibility pages; limits not named there are Amazon's. */
const PROVIDERS: readonly Provider[] = [
  { name: "aws", host: /(^|\.)amazonaws\.com(\.cn)?$/, plain: false, habits: { uploadsByPrefix: true, deleteNeedsMd5: false } },
  // ETags of multipart objects are not MD5s of MD5s; all parts but the last must be equal; no object tags.
  {
    name: "r2",
    host: /\.r2\.cloudflarestorage\.com$/,
    differs: { conditionalWrites: true, ownDigests: [], tags: false, putSizeMaxBytes: 5 * GIB - 5 * MIB },
  },
  // The XML interface knows no UploadPartCopy, DeleteObjects or object tags.
  { name: "gcs", host: /(^|\.)storage\.googleapis\.com$/, differs: { serverSideCopy: false, tags: false }, habits: { deletesMany: false } },
  // Alibaba OSS by its S3 interface: virtual-host addresses only, parts from 100 KiB, ETags of multipart objects are not MD5s.
  { name: "oss", host: /(^|\.)aliyuncs\.com$/, differs: { ownDigests: [], partSizeMinBytes: 100 * KIB }, habits: { virtualOnly: true } },
  { name: "wasabi", host: /(^|\.)wasabisys\.com$/ },
  { name: "b2", host: /\.backblazeb2\.com$/, differs: { tags: false } },
  { name: "scaleway", host: /\.scw\.cloud$/, differs: { partCountMax: 1000 } },
  { name: "digitalocean", host: /\.digitaloceanspaces\.com$/, differs: { tags: false } },
  // Segments are encrypted in pieces of 64 MiB: smaller parts waste them; no server-side multipart copy.
  { name: "storj", host: /(^|\.)storjshare\.io$/, differs: { serverSideCopy: false, partSizeMinBytes: 64 * MIB } },
  // No multipart upload at all: one part is the only layout; ETags are not MD5s.
  { name: "fastly", host: /\.fastlystorage\.app$/, differs: { ownDigests: [], tags: false, serverSideCopy: false, partCountMax: 1 } },
  { name: "tencent", host: /\.myqcloud\.com$/, differs: { ownDigests: [], partSizeMinBytes: MIB }, habits: { virtualOnly: true } },
  { name: "huawei", host: /\.myhuaweicloud\.(com|eu)$/, differs: { ownDigests: [] } },
  { name: "ibm", host: /\.cloud-object-storage\.appdomain\.cloud$/, differs: { ownDigests: [] } },
  { name: "qiniu", host: /\.qiniucs\.com$/, differs: { ownDigests: [], tags: false } },
  { name: "linode", host: /\.linodeobjects\.com$/ },
  { name: "ovh", host: /\.io\.cloud\.ovh\.(net|us)$/ },
  { name: "hetzner", host: /\.your-objectstorage\.com$/ },
  { name: "idrive", host: /\.idrivee2(-\d+)?\.com$/ },
  { name: "yandex", host: /(^|\.)storage\.yandexcloud\.net$/ },
  { name: "exoscale", host: /\.exo\.io$/ },
  { name: "oracle", host: /\.oraclecloud\.com$/, differs: { tags: false } },
];

/**
 * Alibaba OSS by its own protocol (OSS user guide, "Limits" and "Multipart upload"). ETags of objects made by one PUT and of parts are
 * MD5s; those of multipart objects stay in OSS's upper case, which no reader of MD5s knows.
 */
export const OSS_CAPABILITIES: Capabilities = {
  ...GENERIC,
  provider: "oss",
  ownDigests: ["crc64ecma", "md5"],
  checksums: [],
  conditionalWrites: "absent",
  links: true,
  partSizeMinBytes: 100 * KIB,
};

/** What the job file says of a store that its host does not. */
export type SaidOfStore = Pick<S3Spec, "provider" | "checksums" | "conditionalWrites">;

/** Capabilities of the store at `endpoint`; absent means Amazon S3, an unknown host the generic row. Throws on what is not a URL. */
export function capabilitiesOf(endpoint: string | undefined, said: SaidOfStore = {}): Capabilities {
  const provider = said.provider ?? providerAt(endpoint);
  const row = rowOf(provider);
  const known = { ...GENERIC, ...(isPlain(row) && PLAIN), ...row?.differs };
  return {
    ...known,
    provider,
    checksums: said.checksums === undefined ? known.checksums : said.checksums === "all" ? ALL_CHECKSUMS : [],
    conditionalWrites: said.conditionalWrites ?? known.conditionalWrites,
  };
}

/** How control requests to a store of this provider are written. */
export function habitsOf(provider: string): RequestHabits {
  const row = rowOf(provider);
  return { ...GENERIC_HABITS, ...(isPlain(row) && PLAIN_HABITS), ...row?.habits };
}

/** The provider whose host this is. Throws on what is not a URL. */
export function providerAt(endpoint: string | undefined): string {
  const host = endpoint === undefined ? "s3.amazonaws.com" : new URL(endpoint).hostname;
  return PROVIDERS.find((provider) => provider.host.test(host))?.name ?? "generic";
}

function rowOf(provider: string): Provider | undefined {
  return PROVIDERS.find(({ name }) => name === provider);
}

function isPlain(row: Provider | undefined): boolean {
  return row !== undefined && row.plain !== false;
}
