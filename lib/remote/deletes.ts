/**
 * Deleting objects, many in one request where the store allows it. A missing key counts as deleted. Must never stop at the first key
 * that cannot be deleted, and never take a response that does not speak of deletes for a success.
 */
import { asTransferError, isMissing, ruleOf, TransferError } from "../errors.ts";
import { nodeCrypto } from "../node.ts";
import type { DeleteFailure } from "../store/store.ts";
import { ask, type Bucket, escapeXml, xmlBody } from "./bucket.ts";
import { decodeKey, DELETED } from "./documents.ts";
import { failureOf } from "./failure.ts";

/** Requests in flight where keys are deleted one by one. */
const SINGLE_DELETES_MAX = 8;

/** XML 1.0 cannot carry these characters, or does not keep them: such keys go by the path of a single DELETE. */
// deno-lint-ignore no-control-regex -- control characters are the matter
const NOT_IN_XML = /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]|^\s|\s$/;

/** Deletes keys of a bucket; returns those that could not be deleted. Throws what ends the job (keys, bucket) or can be tried again. */
export async function deleteObjects(bucket: Bucket, keys: readonly string[], signal?: AbortSignal): Promise<readonly DeleteFailure[]> {
  const failures: DeleteFailure[] = [];
  const mayBatch = (key: string) => bucket.habits.deletesMany && !NOT_IN_XML.test(key);
  const together = keys.filter(mayBatch);
  for (let first = 0; first < together.length; first += bucket.pageEntries) {
    const batch = together.slice(first, first + bucket.pageEntries);
    const oneByOne = () => deleteSingly(bucket, batch, signal);
    failures.push(...await bucket.optional.ask("deleteMany", () => deleteBatch(bucket, batch, signal), oneByOne));
  }
  failures.push(...await deleteSingly(bucket, keys.filter((key) => !mayBatch(key)), signal));
  return failures;
}

async function deleteSingly(bucket: Bucket, keys: readonly string[], signal: AbortSignal | undefined): Promise<DeleteFailure[]> {
  const failures: DeleteFailure[] = [];
  for (let first = 0; first < keys.length; first += SINGLE_DELETES_MAX) {
    const results = await Promise.all(keys.slice(first, first + SINGLE_DELETES_MAX).map((key) => deleteOne(bucket, key, signal)));
    failures.push(...results.filter((result) => result !== undefined));
  }
  return failures;
}

async function deleteBatch(bucket: Bucket, keys: readonly string[], signal: AbortSignal | undefined): Promise<DeleteFailure[]> {
  const what = `Cannot delete ${keys.length} objects of ${bucket.label}`;
  const { namesDeleted } = bucket.protocol;
  const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join("");
  const { body, headers } = xmlBody(`<Delete${bucket.protocol.namespace}><Quiet>${!namesDeleted}</Quiet>${objects}</Delete>`);
  const { document } = await ask(bucket, { what, signal }, {
    method: "POST",
    query: { delete: "", "encoding-type": namesDeleted ? "url" : undefined },
    headers: {
      ...headers,
      ...(bucket.habits.deleteNeedsMd5 && { "content-md5": nodeCrypto().createHash("md5").update(body).digest("base64") }),
    },
    body,
  }, DELETED);
  if (document.root !== "DeleteResult") throw new TransferError("server", `${what}: the answer does not speak of deletes`);
  const [encoding] = document.fields;
  const failures = (document.records.Error ?? []).filter(([, code]) => code !== "NoSuchKey").map(([name, code, message]) => ({
    key: decodeKey(name, encoding),
    kind: failureOf({ status: statusOf(code), code, message, what }).kind,
    message: `${code ?? "unknown error"}${message ? `, ${message}` : ""}`,
  }));
  if (!namesDeleted) return failures;
  const accounted = new Set([
    ...failures.map(({ key }) => key),
    ...(document.records.Deleted ?? []).map(([name]) => decodeKey(name, encoding)),
  ]);
  const missing = keys.filter((key) => !accounted.has(key));
  return [...failures, ...missing.map((key) => ({ key, kind: "server" as const, message: "the store did not say that it is gone" }))];
}

/** The status that a store would give to this code, for codes that the table does not know. */
function statusOf(code: string | undefined): number {
  return /^Internal|Error$|Unavailable/.test(code ?? "") ? 500 : 400;
}

async function deleteOne(bucket: Bucket, key: string, signal: AbortSignal | undefined): Promise<DeleteFailure | undefined> {
  try {
    await bucket.exchange.call({ method: "DELETE", key }, { what: `Cannot delete ${bucket.label}/${key}`, key, signal });
  } catch (error) {
    if (isMissing(error)) return undefined;
    const rule = ruleOf(error);
    if (rule.reach === "job" || rule.retry !== "never") throw error;
    const { kind, message } = asTransferError(error);
    return { key, kind, message };
  }
  return undefined;
}
