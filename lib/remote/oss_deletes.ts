/**
 * Deleting objects of OSS, many in one request. A missing key counts as deleted. Must never stop at the first key that cannot be deleted.
 */
import { ERROR_RULES, TransferError } from "../errors.ts";
import { elementsOf, type OssBucket, ossCall, textOf } from "./oss_call.ts";
import { NOT_IN_XML, SINGLE_DELETES_MAX } from "./s3_deletes.ts";
import { decodeKey } from "./s3_listing.ts";
import type { DeleteFailure } from "../store/store.ts";

/** Deletes keys of a bucket; answers those that could not be deleted. Throws what ends the job or can be tried again. */
export async function deleteObjects(bucket: OssBucket, keys: readonly string[], signal?: AbortSignal): Promise<readonly DeleteFailure[]> {
  const failures: DeleteFailure[] = [];
  const together = keys.filter((key) => !NOT_IN_XML.test(key));
  const single = keys.filter((key) => NOT_IN_XML.test(key));
  for (let first = 0; first < together.length; first += bucket.pageEntries) {
    failures.push(...await deleteBatch(bucket, together.slice(first, first + bucket.pageEntries), signal));
  }
  for (let first = 0; first < single.length; first += SINGLE_DELETES_MAX) {
    const answers = await Promise.all(single.slice(first, first + SINGLE_DELETES_MAX).map((key) => deleteOne(bucket, key, signal)));
    failures.push(...answers.filter((answer) => answer !== undefined));
  }
  return failures;
}

/** OSS names the keys that are gone, and says nothing of the others. */
async function deleteBatch(bucket: OssBucket, keys: readonly string[], signal: AbortSignal | undefined): Promise<DeleteFailure[]> {
  const what = `Cannot delete ${keys.length} objects of ${bucket.label}`;
  const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join("");
  const { xml } = await ossCall(bucket, { what, scope: "bucket", signal }, {
    method: "POST",
    subresources: { delete: "" },
    query: { "encoding-type": "url" },
    content: `<?xml version="1.0" encoding="UTF-8"?><Delete><Quiet>false</Quiet>${objects}</Delete>`,
  });
  const encoding = textOf(xml, "EncodingType");
  const gone = new Set(elementsOf(xml, "Deleted").map((deleted) => decodeKey(textOf(deleted, "Key"), encoding)));
  return keys.filter((key) => !gone.has(key)).map((key) => ({
    key,
    kind: "server" as const,
    message: "the store did not say that it is gone",
  }));
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("'", "&apos;");
}

async function deleteOne(bucket: OssBucket, key: string, signal: AbortSignal | undefined): Promise<DeleteFailure | undefined> {
  try {
    await ossCall(bucket, { what: `Cannot delete ${bucket.label}/${key}`, signal }, { method: "DELETE", key });
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    if (error.kind === "notFound") return undefined;
    const rule = ERROR_RULES[error.kind];
    if (rule.reach === "job" || rule.retry !== "never" || error.kind === "cancelled") throw error;
    return { key, kind: error.kind, message: error.message };
  }
  return undefined;
}
