/** A program for s3_prepare_test.ts: prepares a bucket in its own environment and prints what came of it as one line of JSON. */
import { toWireError } from "../../lib/errors.ts";
import { prepareS3 } from "../../lib/remote/s3_prepare.ts";
import type { S3Spec } from "../../lib/job_types.ts";

/** What the program prints. */
export interface Probed {
  kind?: string;
  message?: string;
  accessKeyIds?: string[];
  region?: string;
  baseUrl?: string;
  endpoint?: string;
  expiresAtMs?: number;
}

async function probe(spec: S3Spec): Promise<Probed> {
  try {
    const { ready, credentials } = await prepareS3(spec, "bucket", { signal: new AbortController().signal, timeoutMs: 10_000 });
    const again = await credentials();
    return {
      accessKeyIds: [ready.credentials.accessKeyId, again.accessKeyId],
      region: ready.region,
      baseUrl: ready.baseUrl,
      ...(ready.endpoint !== undefined && { endpoint: ready.endpoint }),
      ...(again.expiresAtMs !== undefined && { expiresAtMs: again.expiresAtMs }),
    };
  } catch (error) {
    const { kind, message } = toWireError(error);
    return { kind, message };
  }
}

console.log(JSON.stringify(await probe(JSON.parse(Deno.args[0] ?? "{}"))));
