/**
 * Byte ranges: pure arithmetic on the Range header and on part numbers. Both ends are inclusive, as HTTP says them.
 */
import type { Range } from "../../types.ts";
import { S3Error } from "./errors.ts";

/**
 * The span that a Range header asks for, cut to the object; undefined for no header and for forms that S3 ignores (several ranges,
 * other units, last before first). Throws InvalidRange for a span that starts behind the object, and for any suffix of an empty one.
 */
export function parseRange(header: string | undefined, sizeBytes: number): Range | undefined {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "");
  const [, firstText, lastText] = found ?? [];
  if (firstText === undefined || lastText === undefined || (firstText === "" && lastText === "")) return undefined;
  if (firstText === "") {
    const lengthBytes = Math.min(Number(lastText), sizeBytes);
    if (lengthBytes === 0) throw outside(header, sizeBytes);
    return { first: sizeBytes - lengthBytes, last: sizeBytes - 1 };
  }
  const first = Number(firstText);
  const last = lastText === "" ? sizeBytes - 1 : Math.min(Number(lastText), sizeBytes - 1);
  if (lastText !== "" && Number(lastText) < first) return undefined;
  if (first >= sizeBytes) throw outside(header, sizeBytes);
  return { first, last };
}

function outside(header: string | undefined, sizeBytes: number): S3Error {
  return new S3Error("InvalidRange", undefined, {
    headers: { "Content-Range": `bytes */${sizeBytes}` },
    details: { RangeRequested: header ?? "", ActualObjectSize: String(sizeBytes) },
  });
}

/** The span of part `partNumber`, counted from 1, of an object with these part sizes. Throws InvalidPartNumber. */
export function rangeOfPart(partSizes: readonly number[], partNumber: number): Range {
  const sizeBytes = partSizes[partNumber - 1];
  if (sizeBytes === undefined) {
    throw new S3Error("InvalidPartNumber", undefined, {
      details: { PartNumberRequested: String(partNumber), ActualPartCount: String(partSizes.length) },
    });
  }
  const first = partSizes.slice(0, partNumber - 1).reduce((sum, size) => sum + size, 0);
  return { first, last: first + sizeBytes - 1 };
}

/** The range of a part copy: must be written out in full and lie within the source. Throws InvalidArgument or InvalidRange. */
export function copyRange(header: string | undefined, sizeBytes: number): Range | undefined {
  if (header === undefined) return undefined;
  const found = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header);
  if (found === null || Number(found[1]) > Number(found[2])) {
    throw new S3Error(
      "InvalidArgument",
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets",
    );
  }
  const [first, last] = [Number(found[1]), Number(found[2])];
  if (last >= sizeBytes) throw outside(header, sizeBytes);
  return { first, last };
}
