/**
 * RestoreObject of OSS: an archived object becomes readable for a time. How long that takes is the store's option, not the class's.
 */
import type { ObjectRecord } from "../disk/records.ts";
import { bucketOf, keyOf, type StoreResponse } from "../request.ts";
import { childText, parseXml } from "../s3/xml.ts";
import { readOssDocument } from "./body.ts";
import { OssError } from "./errors.ts";
import { isOssArchive } from "./forms.ts";
import type { OssContext } from "./words.ts";

const DAY_MS = 86_400_000;
/** "RestoreObject": Days is 1 to 365. */
const DAYS_MAX = 365;
const DOCUMENT_BYTES_MAX = 64 * 1024;

/** RestoreObject: 202 for the first one, 409 while it runs, 200 once the object is readable, which makes that last longer. */
export async function ossRestoreObject(context: OssContext): Promise<StoreResponse> {
  const durationMs = await wantedDays(context) * DAY_MS;
  const { nowMs, restoreMs } = context;
  let status = 202;
  const changed = await bucketOf(context).change(keyOf(context), (record): ObjectRecord => {
    if (!isOssArchive(record.headers.storageClass)) throw new OssError("OperationNotSupported");
    const { restored } = record;
    const known = restored !== undefined && nowMs < restored.untilMs ? restored : undefined;
    if (known !== undefined && nowMs < known.fromMs) throw new OssError("RestoreAlreadyInProgress");
    if (known !== undefined) status = 200;
    const fromMs = known?.fromMs ?? nowMs + restoreMs;
    return { ...record, restored: { fromMs, untilMs: Math.max(fromMs, nowMs) + durationMs } };
  });
  if (changed === undefined) throw new OssError("NoSuchKey");
  return { status, headers: {} };
}

async function wantedDays(context: OssContext): Promise<number> {
  const document = await readOssDocument(context.request, DOCUMENT_BYTES_MAX);
  if (document.length === 0) return 1;
  const text = childText(parseXml(document, "RestoreRequest"), "Days") ?? "1";
  const days = /^\d{1,3}$/.test(text.trim()) ? Number(text) : 0;
  if (days >= 1 && days <= DAYS_MAX) return days;
  throw new OssError("InvalidArgument", `Days must be an integer between 1 and ${DAYS_MAX}.`, { ec: "0016-00000704" });
}
