/**
 * How an object is cut into parts, and when a part size seen at the destination belongs to it: pure functions of the source object and
 * the job, so that two runs on two machines always agree. Never looks at a part number without its size.
 */
import { versionOf } from "../bytes/local_source.ts";
import { cut, sizeOf } from "../bytes/part_layout.ts";
import { sha256 } from "../bytes/sha.ts";
import { TransferError } from "../errors.ts";
import { MIB, PART_SIZE_AUTO_BYTES, TOKEN_BITS } from "../limits.ts";
import type { Capabilities, ObjectInfo, PartInfo, PartLayout } from "../types.ts";

/**
 * What ties a listed part to this version of the source:
 * `file`: the digest of that range of the local file; `kept`: the source's own multipart layout and ETag; `token`: bits of the source's
 * identity in the part size; `named`: the token in the name of a local partial file.
 */
export type Binding = "file" | "kept" | "token" | "named";

/** A layout with its binding. */
export interface BoundLayout {
  readonly binding: Binding;
  readonly layout: PartLayout;
  /** Text form of the source's identity: 16 hex digits. */
  readonly token: string;
  /** The layout is that of the source: digests over its parts can be compared. */
  readonly followsSource: boolean;
  /** The layout that a part size found at the destination stands for; undefined when it is not of this source's version. */
  readonly adopt: (partSizeBytes: number) => PartLayout | undefined;
}

/** What {@link bindLayout} needs to know. */
export interface LayoutQuestion {
  readonly source: ObjectInfo;
  /** `scheme://bucket` of the source, without the endpoint: two names of one endpoint are one source. */
  readonly sourceUrl: string;
  readonly sourceIsLocal: boolean;
  readonly destinationIsLocal: boolean;
  /** How the source was cut when it was uploaded, where that is known. */
  readonly sourceParts?: PartLayout | undefined;
  readonly wanted: number | "auto";
  readonly limits: Pick<Capabilities, "partSizeMinBytes" | "partSizeMaxBytes" | "partCountMax">;
}

/** The layout of parts of these sizes, at least one. */
export function cutAs(sizes: readonly number[]): PartLayout {
  const starts: number[] = [];
  let sizeBytes = 0;
  for (const size of sizes) {
    starts.push(sizeBytes);
    sizeBytes += size;
  }
  const equal = cut(sizeBytes, sizes[0] ?? 0);
  const isEqual = equal.partCount === sizes.length && sizes.every((size, index) => size === sizeOf(equal, index + 1));
  return isEqual ? equal : { sizeBytes, partSizeBytes: sizes[0] ?? 0, partCount: sizes.length, starts };
}

/** True when the part's number and size are those of the layout. */
export function fits(layout: PartLayout, part: PartInfo): boolean {
  return part.partNumber >= 1 && part.partNumber <= layout.partCount && part.sizeBytes === sizeOf(layout, part.partNumber);
}

/**
 * Chooses the layout and what binds its parts to the source.
 * @throws TransferError `unsupported` when the destination cannot hold an object of this size.
 */
export function bindLayout(question: LayoutQuestion): BoundLayout {
  const { source, limits } = question;
  const hash = identity(source, question.sourceUrl);
  const token = hash.slice(0, 16);
  const valid = (partSizeBytes: number) => validCut(source.sizeBytes, partSizeBytes, limits);
  const plain = (binding: Binding): BoundLayout => ({
    binding,
    layout: cut(source.sizeBytes, plainPartSize(source, question.wanted, limits)),
    token,
    followsSource: false,
    adopt: valid,
  });
  const kept = keptLayout(question);
  const follow = (binding: Binding, layout: PartLayout): BoundLayout => ({
    binding,
    layout,
    token,
    followsSource: true,
    adopt: (size) => size === layout.partSizeBytes ? layout : undefined,
  });
  // A partial file has parts of one size.
  if (question.destinationIsLocal) return kept === undefined || kept.starts !== undefined ? plain("named") : follow("named", kept);
  if (question.sourceIsLocal) return plain("file");
  if (kept) return follow("kept", kept);
  const fraction = tokenFraction(hash);
  return {
    binding: "token",
    layout: cut(source.sizeBytes, tokenPartSize(source, question.wanted, fraction, limits)),
    token,
    followsSource: false,
    adopt: (size) => size % MIB === fraction ? valid(size) : undefined,
  };
}

function identity(source: ObjectInfo, sourceUrl: string): string {
  const version = versionOf(source) ?? `${source.lastModifiedMs}`;
  const text = [sourceUrl, source.key, source.sizeBytes, version, source.versionId ?? ""].join("\n");
  return sha256(text).toHex();
}

/** 20 bits of the identity, never 0: a part of whole MiB is everybody's habit and proves nothing. */
function tokenFraction(hash: string): number {
  return 1 + Number.parseInt(hash.slice(16, 28), 16) % (2 ** TOKEN_BITS - 1);
}

function validCut(sizeBytes: number, partSizeBytes: number, limits: LayoutQuestion["limits"]): PartLayout | undefined {
  if (partSizeBytes <= 0 || partSizeBytes > limits.partSizeMaxBytes) return undefined;
  const layout = cut(sizeBytes, partSizeBytes);
  if (layout.partCount > limits.partCountMax) return undefined;
  if (layout.partCount > 1 && partSizeBytes < limits.partSizeMinBytes) return undefined;
  return layout;
}

/** The source's own layout, where the destination takes such parts. */
function keptLayout({ source, sourceParts, limits }: LayoutQuestion): PartLayout | undefined {
  if (sourceParts === undefined || sourceParts.sizeBytes !== source.sizeBytes || sourceParts.partCount > limits.partCountMax) {
    return undefined;
  }
  for (let partNumber = 1; partNumber <= sourceParts.partCount; partNumber++) {
    const sizeBytes = sizeOf(sourceParts, partNumber);
    if (sizeBytes > limits.partSizeMaxBytes || (partNumber < sourceParts.partCount && sizeBytes < limits.partSizeMinBytes)) {
      return undefined;
    }
  }
  return sourceParts;
}

function plainPartSize(source: ObjectInfo, wanted: number | "auto", limits: LayoutQuestion["limits"]): number {
  const start = Math.max(wanted === "auto" ? PART_SIZE_AUTO_BYTES : wanted, limits.partSizeMinBytes);
  return grow(source, { start, next: (size) => size * 2, most: limits.partSizeMaxBytes }, limits.partCountMax);
}

function tokenPartSize(source: ObjectInfo, wanted: number | "auto", fraction: number, limits: LayoutQuestion["limits"]): number {
  const whole = Math.ceil(Math.max(wanted === "auto" ? PART_SIZE_AUTO_BYTES : wanted, limits.partSizeMinBytes) / MIB) * MIB;
  const most = (Math.floor(limits.partSizeMaxBytes / MIB) - 1) * MIB + fraction;
  return grow(source, { start: whole + fraction, next: (size) => (size - fraction) * 2 + fraction, most }, limits.partCountMax);
}

/** The first size that makes few enough parts; the last that is tried is `most`. */
function grow(
  source: ObjectInfo,
  { start, next, most }: { readonly start: number; readonly next: (size: number) => number; readonly most: number },
  partCountMax: number,
): number {
  for (let size = Math.min(start, most);; size = Math.min(next(size), most)) {
    if (Math.ceil(source.sizeBytes / size) <= partCountMax) return size;
    if (size === most) break;
  }
  const limit = `${partCountMax} parts of ${most} bytes`;
  throw new TransferError(
    "unsupported",
    `Cannot cut ${source.key}: it has ${source.sizeBytes} bytes, the destination takes ${limit} at most`,
    {
      key: source.key,
    },
  );
}
