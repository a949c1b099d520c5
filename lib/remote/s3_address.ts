/**
 * Where a bucket is: path-style or virtual-host address, and the URL under which its objects lie. Pure, but for Amazon's own rules, which
 * the SDK knows.
 */
import type { S3Client } from "@aws-sdk/client-s3";
import { reasonOf, TransferError } from "../errors.ts";
import type { S3Spec } from "../job_types.ts";
import { habitsOf, providerAt } from "./capabilities.ts";

/** The checked base URL of a store that is not Amazon's, without a slash at the end. Throws `config` on what is not an http(s) URL. */
export function checkEndpoint(endpoint: string): string {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch (error) {
    throw new TransferError("config", `Endpoint is not a URL: ${endpoint}, write it like https://host:port`, { cause: error });
  }
  if (url.username !== "" || url.password !== "") {
    throw new TransferError("config", `Endpoint of host ${url.host} holds a password: use access_key_id and secret_access_key`);
  }
  const wrong = (url.protocol !== "http:" && url.protocol !== "https:") || url.search !== "" || url.hash !== "";
  if (wrong) throw new TransferError("config", `Endpoint is not an http or https base URL: ${endpoint}`);
  return `${url.protocol}//${url.host}${url.pathname}`.replace(/\/+$/, "");
}

/**
 * Whether the bucket stands in the path. `auto`: with a given endpoint yes, unless its host is known to take virtual-host addresses; with
 * Amazon no, unless the bucket's dots would break its certificate.
 */
export function isPathStyle(
  { addressing, provider }: Pick<S3Spec, "addressing" | "provider">,
  endpoint: string | undefined,
  bucket: string,
): boolean {
  if (addressing !== "auto") return addressing === "path";
  const isAmazon = endpoint === undefined || /(^|\.)amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
  if (isAmazon) return bucket.includes(".");
  return !habitsOf(provider ?? providerAt(endpoint)).virtualOnly;
}

/** The base URL of a bucket at a given endpoint. */
export function bucketUrl(endpoint: string, bucket: string, pathStyle: boolean): string {
  if (pathStyle) return `${endpoint}/${encodeURIComponent(bucket)}`;
  const url = new URL(endpoint);
  return `${url.protocol}//${bucket}.${url.host}${url.pathname}`.replace(/\/+$/, "");
}

/** The base URL of a bucket of Amazon, by the SDK's own rules for partitions, FIPS and dual stack. Throws `config` where there is none. */
export async function amazonUrl(client: S3Client, region: string, bucket: string, pathStyle: boolean): Promise<string> {
  const [fips, dualStack] = await Promise.all([client.config.useFipsEndpoint(), client.config.useDualstackEndpoint()]);
  try {
    const { url } = client.config.endpointProvider({
      Bucket: bucket,
      Region: region,
      ForcePathStyle: pathStyle,
      UseFIPS: fips,
      UseDualStack: dualStack,
    });
    return String(url).replace(/\/+$/, "");
  } catch (error) {
    throw new TransferError("config", `Cannot find the address of bucket ${bucket} in region ${region}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
