/** Where a bucket of Alibaba OSS is: endpoint, signing region, and the URL under which its objects lie. Pure. */
import { TransferError } from "../errors.ts";
import type { OssSpec } from "../job_types.ts";
import { bucketUrl, checkEndpoint } from "./s3_address.ts";

/** Where a bucket is. */
export interface OssAddress {
  /** Base URL of the endpoint, or of the bucket's own domain. */
  readonly endpoint: string;
  readonly baseUrl: string;
  readonly pathStyle: boolean;
  readonly region: string;
}

/** Hosts of OSS itself: `oss-REGION`, `oss-REGION-internal`, `REGION.oss`, `vpc100-oss-REGION`, `oss-accelerate[-overseas]`. */
const ALIYUN = /(^|\.)aliyuncs\.com$/;
const REGION_IN_HOST = /(?:^|\.)(?:vpc100-)?oss-(?!accelerate)([a-z0-9-]+?)(?:-internal|-dualstack)?\.aliyuncs\.com$/;
const REGION_BEFORE_OSS = /(?:^|\.)([a-z0-9-]+)\.oss(?:-internal)?\.aliyuncs\.com$/;

/** Emulators have no region of their own to be signed for; this is the one that Alibaba's own SDKs begin with. */
const LOOPBACK_REGION = "cn-hangzhou";

/** Settings that the environment may give. */
export interface OssSurroundings {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}

/** Where the bucket is. Throws TransferError `config` when neither endpoint nor region says so, or V4 has no region to sign for. */
export function ossAddress(spec: OssSpec, bucket: string, surroundings: OssSurroundings): OssAddress {
  const named = plainRegion(spec.region) ?? (spec.endpoint === undefined ? plainRegion(surroundings.region) : undefined);
  const given = spec.endpoint ?? (spec.region === undefined ? surroundings.endpoint : undefined);
  if (given === undefined && named === undefined) {
    throw new TransferError(
      "config",
      `Cannot find oss bucket ${bucket}: set endpoint or region of the store, or OSS_REGION, such as cn-hangzhou`,
    );
  }
  const endpoint = given === undefined ? `https://oss-${named}.aliyuncs.com` : checkEndpoint(withScheme(given));
  const url = new URL(endpoint);
  const region = named ?? regionOf(url.hostname) ?? plainRegion(surroundings.region) ??
    (isLocal(url.hostname) ? LOOPBACK_REGION : undefined);
  if (region === undefined && spec.signature === "v4") {
    throw new TransferError("config", `Cannot sign for oss bucket ${bucket}: ${url.hostname} names no region, set region`);
  }
  const style = styleOf(spec.addressing, url.hostname, bucket);
  const baseUrl = style === "own" ? url.origin : bucketUrl(endpoint, bucket, style === "path");
  return { endpoint, baseUrl, pathStyle: style === "path", region: region ?? LOOPBACK_REGION };
}

/** The region in an endpoint's host name; undefined where it names none (acceleration, own domains). */
export function regionOf(host: string): string | undefined {
  return REGION_IN_HOST.exec(host)?.[1] ?? REGION_BEFORE_OSS.exec(host)?.[1];
}

/** Everybody writes regions both ways; only the form without `oss-` is signed. */
function plainRegion(region: string | undefined): string | undefined {
  return region === undefined || region === "" ? undefined : region.replace(/^oss-/, "");
}

/** Environments often name an endpoint without `https://`. */
function withScheme(endpoint: string): string {
  return endpoint.includes("://") ? endpoint : `https://${endpoint}`;
}

function isLocal(host: string): boolean {
  return host === "localhost" || host.startsWith("[") || /^\d+(\.\d+){3}$/.test(host);
}

/** `own`: the host stands for the bucket already. */
function styleOf(addressing: OssSpec["addressing"], host: string, bucket: string): "path" | "virtual" | "own" {
  if (addressing !== "auto") return addressing;
  if (isLocal(host)) return "path";
  return ALIYUN.test(host) && !host.startsWith(`${bucket}.`) ? "virtual" : "own";
}
