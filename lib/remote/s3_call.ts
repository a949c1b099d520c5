/**
 * One control request: the client, made once; the error, translated. Must never repeat a request.
 */
import type { ReadyS3 } from "../types.ts";
import type { RequestHabits } from "./capabilities.ts";
import type { SdkClient } from "./s3_client.ts";
import { type Attempt, s3Error } from "./s3_errors.ts";

/** What requests to one bucket share. */
export interface S3Bucket {
  readonly ready: Omit<ReadyS3, "credentials">;
  readonly label: string;
  readonly habits: RequestHabits;
  /** Entries of a listing page; 1 to 1,000. */
  readonly pageEntries: number;
  /** Loads the SDK when first called. `patient` waits longer for an answer: copies and Complete may say nothing for minutes. */
  client(patient?: "patient"): Promise<SdkClient>;
}

/** What each request is given. */
export interface CallOptions {
  abortSignal?: AbortSignal;
}

/** Runs one request of the SDK. Throws only TransferError. */
export async function call<T>(
  bucket: S3Bucket,
  attempt: Attempt & { patient?: boolean },
  request: (sdk: SdkClient, options: CallOptions) => Promise<T>,
): Promise<T> {
  try {
    attempt.signal?.throwIfAborted();
    const sdk = await bucket.client(attempt.patient === true ? "patient" : undefined);
    return await request(sdk, attempt.signal === undefined ? {} : { abortSignal: attempt.signal });
  } catch (error) {
    throw s3Error(error, attempt);
  }
}

/** An ETag as everybody but HTTP writes it: without quotes; undefined when nothing is between them. */
export function unquoted(etag: string | undefined): string | undefined {
  return etag?.replace(/^"(.*)"$/, "$1") || undefined;
}

/** An ETag as S3 takes it in conditions and in Complete. */
export function quoted(etag: string): string {
  return `"${etag}"`;
}
