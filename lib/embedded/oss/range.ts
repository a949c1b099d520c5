/**
 * Byte ranges as OSS reads them ("GetObject", Range and x-oss-range-behavior): what does not lie within the object is ignored and
 * everything is sent, unless the client asks for standard behaviour.
 */
import type { Range } from "../../types.ts";
import { OssError } from "./errors.ts";

/**
 * The span to send; undefined for everything. Of several ranges the first counts. With `standard`, a last byte behind the end is cut to
 * the end; a first byte behind it, and several ranges, throw InvalidRange.
 */
export function ossRange(header: string | undefined, sizeBytes: number, standard: boolean): Range | undefined {
  const found = /^bytes=(\d{0,15})-(\d{0,15})(,.*)?$/.exec(header?.trim() ?? "");
  const [, firstText, lastText] = found ?? [];
  if (firstText === undefined || lastText === undefined || (firstText === "" && lastText === "")) return undefined;
  const suffix = firstText === "";
  const first = suffix ? sizeBytes - Number(lastText) : Number(firstText);
  const last = suffix || lastText === "" ? sizeBytes - 1 : Number(lastText);
  if (!suffix && last < first && lastText !== "") return undefined;
  if (standard && found?.[3] !== undefined) throw outside(header, sizeBytes);
  if (first >= 0 && first <= last && last < sizeBytes) return { first, last };
  if (!standard) return undefined;
  if (first >= sizeBytes || sizeBytes === 0) throw outside(header, sizeBytes);
  return { first: Math.max(first, 0), last: Math.min(last, sizeBytes - 1) };
}

function outside(header: string | undefined, sizeBytes: number): OssError {
  return new OssError("InvalidRange", undefined, {
    headers: { "Content-Range": `bytes */${sizeBytes}` },
    details: { ActualObjectSize: String(sizeBytes), RangeRequested: header ?? "" },
  });
}
