/**
 * Deleting objects, many in one request where the store allows it. A missing key counts as deleted. Must never stop at the first key
 * that cannot be deleted.
 */
import { ERROR_RULES, TransferError } from "../errors.ts";
import { call, type S3Bucket } from "./s3_call.ts";
import { addContentMd5 } from "./s3_client.ts";
import { s3Failure } from "./s3_failure.ts";
import type { DeleteFailure } from "../store/store.ts";

/** Requests in flight where keys are deleted one by one. */
export const SINGLE_DELETES_MAX = 8;

/** XML 1.0 cannot carry these characters, or does not keep them: such keys go by the path of a single DELETE. */
// deno-lint-ignore no-control-regex -- control characters are the matter
export const NOT_IN_XML = /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]|^\s|\s$/;

/** Deletes keys of a bucket; answers those that could not be deleted. Throws what ends the job (keys, bucket) or can be tried again. */
export async function deleteObjects(bucket: S3Bucket, keys: readonly string[], signal?: AbortSignal): Promise<readonly DeleteFailure[]> {
  const failures: DeleteFailure[] = [];
  const together = bucket.habits.deletesMany ? keys.filter((key) => !NOT_IN_XML.test(key)) : [];
  const single = bucket.habits.deletesMany ? keys.filter((key) => NOT_IN_XML.test(key)) : keys;
  for (let first = 0; first < together.length; first += bucket.pageEntries) {
    failures.push(...await deleteBatch(bucket, together.slice(first, first + bucket.pageEntries), signal));
  }
  for (let first = 0; first < single.length; first += SINGLE_DELETES_MAX) {
    const answers = await Promise.all(single.slice(first, first + SINGLE_DELETES_MAX).map((key) => deleteOne(bucket, key, signal)));
    failures.push(...answers.filter((answer) => answer !== undefined));
  }
  return failures;
}

async function deleteBatch(bucket: S3Bucket, keys: readonly string[], signal: AbortSignal | undefined): Promise<DeleteFailure[]> {
  const what = `Cannot delete ${keys.length} objects of ${bucket.label}`;
  const answer = await call(bucket, { what, scope: "bucket", signal }, ({ sdk, client }, send) => {
    const command = new sdk.DeleteObjectsCommand({
      Bucket: bucket.ready.bucket,
      Delete: { Quiet: true, Objects: keys.map((Key) => ({ Key })) },
    });
    if (bucket.habits.deleteNeedsMd5) addContentMd5(command);
    return client.send(command, send);
  });
  return (answer.Errors ?? [])
    .filter((error) => error.Code !== "NoSuchKey")
    .map((error) => ({
      key: error.Key ?? "",
      kind: s3Failure({ status: 400, code: error.Code, message: error.Message, what }).kind,
      message: `${error.Code ?? "unknown error"}${error.Message ? `, ${error.Message}` : ""}`,
    }));
}

async function deleteOne(bucket: S3Bucket, key: string, signal: AbortSignal | undefined): Promise<DeleteFailure | undefined> {
  try {
    await call(
      bucket,
      { what: `Cannot delete ${bucket.label}/${key}`, key, signal },
      ({ sdk, client }, send) => client.send(new sdk.DeleteObjectCommand({ Bucket: bucket.ready.bucket, Key: key }), send),
    );
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    if (error.kind === "notFound") return undefined;
    const rule = ERROR_RULES[error.kind];
    if (rule.reach === "job" || rule.retry !== "never" || error.kind === "cancelled") throw error;
    return { key, kind: error.kind, message: error.message };
  }
  return undefined;
}
