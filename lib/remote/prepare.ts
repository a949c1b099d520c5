/** A bucket that a job names, made ready; the room of its protocol is loaded with the first bucket that speaks it. */
import type { EmbeddedSpec, OssSpec, S3Spec } from "../job_types.ts";
import type { ReadyRemote } from "../types.ts";
import type { Prepared, PrepareOptions } from "./probe.ts";

/** Finds address, region and credentials of a bucket and asks whether it exists. Throws TransferError `config` or `credentials`. */
export async function prepareRemote(spec: S3Spec | OssSpec, bucket: string, options: PrepareOptions): Promise<Prepared<ReadyRemote>> {
  if (spec.type === "oss") return await (await import("./oss_prepare.ts")).prepareOss(spec, bucket, options);
  return await (await import("./s3_prepare.ts")).prepareS3(spec, bucket, options);
}

/** Where an embedded store listens, and the keys that it takes. */
type Served = Readonly<Record<"endpoint" | "accessKeyId" | "secretAccessKey", string>>;

/** An embedded store as the store that it plays. */
export function embeddedRemote({ name, dialect }: EmbeddedSpec, { endpoint, accessKeyId, secretAccessKey }: Served): S3Spec | OssSpec {
  const credentials = { accessKeyId, secretAccessKey };
  const remote = { name, endpoint, credentials, addressing: "path", requesterPays: false } as const;
  if (dialect === "oss") return { type: "oss", region: "cn-hangzhou", signature: "v4", ...remote };
  return { type: "s3", region: "us-east-1", ...remote };
}
