/**
 * How an object is cut into parts, when a part size seen at the destination belongs to it, and which unfinished upload to take over: pure
 * functions of the source object and the job, so that two runs on two machines always agree. Never looks at a part number without its size.
 */
import { versionOf } from "../bytes/local_source.ts";
import { cut, sizeOf } from "../bytes/part_layout.ts";
import { sha256 } from "../bytes/sha.ts";
import { TransferError } from "../errors.ts";
import { MIB, PART_SIZE_AUTO_BYTES, TOKEN_BITS, UPLOAD_SKEW_MAX_MS } from "../limits.ts";
import type { Capabilities, DeclaredChecksum, ObjectInfo, PartInfo, PartLayout, UploadInfo } from "../types.ts";

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
  const { source, sourceUrl, sourceIsLocal, destinationIsLocal, limits } = question;
  const hash = identity(source, sourceUrl);
  const kept = keptLayout(question);
  const valid = (partSizeBytes: number) => validCut(source.sizeBytes, partSizeBytes, limits);
  const bound = (binding: Binding, layout: PartLayout, adopt: BoundLayout["adopt"]): BoundLayout => (
    { binding, layout, token: hash.slice(0, 16), followsSource: layout === kept, adopt }
  );
  // A partial file has parts of one size.
  if (kept !== undefined && (destinationIsLocal ? kept.starts === undefined : !sourceIsLocal)) {
    return bound(destinationIsLocal ? "named" : "kept", kept, (size) => size === kept.partSizeBytes ? kept : undefined);
  }
  if (destinationIsLocal || sourceIsLocal) {
    return bound(destinationIsLocal ? "named" : "file", cut(source.sizeBytes, plainPartSize(question)), valid);
  }
  const fraction = tokenFraction(hash);
  const layout = cut(source.sizeBytes, tokenPartSize(question, fraction));
  return bound("token", layout, (size) => size % MIB === fraction ? valid(size) : undefined);
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
  if (sourceParts?.sizeBytes !== source.sizeBytes || sourceParts.partCount > limits.partCountMax) return undefined;
  for (let partNumber = 1; partNumber <= sourceParts.partCount; partNumber++) {
    const sizeBytes = sizeOf(sourceParts, partNumber);
    if (sizeBytes > limits.partSizeMaxBytes) return undefined;
    if (sizeBytes < limits.partSizeMinBytes && partNumber < sourceParts.partCount) return undefined;
  }
  return sourceParts;
}

function plainPartSize(question: LayoutQuestion): number {
  return grow(question, { start: wantedSize(question), next: (size) => size * 2, most: question.limits.partSizeMaxBytes });
}

function tokenPartSize(question: LayoutQuestion, fraction: number): number {
  const start = Math.ceil(wantedSize(question) / MIB) * MIB + fraction;
  const most = (Math.floor(question.limits.partSizeMaxBytes / MIB) - 1) * MIB + fraction;
  return grow(question, { start, next: (size) => (size - fraction) * 2 + fraction, most });
}

function wantedSize({ wanted, limits }: LayoutQuestion): number {
  return Math.max(wanted === "auto" ? PART_SIZE_AUTO_BYTES : wanted, limits.partSizeMinBytes);
}

/** The first size that makes few enough parts; the last that is tried is `most`. */
function grow(
  { source: { key, sizeBytes }, limits: { partCountMax } }: LayoutQuestion,
  { start, next, most }: { readonly start: number; readonly next: (size: number) => number; readonly most: number },
): number {
  for (let size = Math.min(start, most);; size = Math.min(next(size), most)) {
    if (Math.ceil(sizeBytes / size) <= partCountMax) return size;
    if (size === most) break;
  }
  const message = `Cannot cut ${key}: it has ${sizeBytes} bytes, the destination takes ${partCountMax} parts of ${most} bytes at most`;
  throw new TransferError("unsupported", message, { key });
}

/** An upload with what ListParts said of it. */
export interface InspectedUpload {
  readonly upload: UploadInfo;
  readonly parts: readonly PartInfo[];
  readonly declared: DeclaredChecksum | undefined;
}

/** An upload that can be taken over. */
export interface ResumableUpload extends InspectedUpload {
  readonly layout: PartLayout;
  /** The listed parts that fit the layout by number and size. */
  readonly fitting: readonly PartInfo[];
}

/** The upload that saves most bytes, of those whose form fits the source; the newest of equals. Its parts are proved afterwards. */
export function chooseUpload(all: readonly InspectedUpload[], bound: BoundLayout, source: ObjectInfo): ResumableUpload | undefined {
  let best: ResumableUpload | undefined;
  for (const inspected of all) {
    const resumable = asResumable(inspected, bound, source);
    if (resumable && (!best || bytesOf(resumable) > bytesOf(best))) best = resumable;
  }
  return best;
}

function bytesOf({ fitting }: ResumableUpload): number {
  return fitting.reduce((sum, part) => sum + part.sizeBytes, 0);
}

/** The layout under which this upload could be ours; undefined when it could not. */
function asResumable(inspected: InspectedUpload, bound: BoundLayout, source: ObjectInfo): ResumableUpload | undefined {
  const { upload, parts, declared } = inspected;
  if (bound.binding === "named") {
    const layout = upload.token === bound.token && upload.partSizeBytes !== undefined ? bound.adopt(upload.partSizeBytes) : undefined;
    return layout && { ...inspected, layout, fitting: parts.filter((part) => fits(layout, part)) };
  }
  if (bound.binding !== "file") {
    // Parts without a digest of ours can only go into an upload that wants none per part.
    if (declared && declared.type !== "full") return undefined;
    if (source.lastModifiedMs !== undefined && upload.initiatedMs + UPLOAD_SKEW_MAX_MS < source.lastModifiedMs) return undefined;
  }
  let best: ResumableUpload | undefined;
  for (const layout of possibleLayouts(parts, bound)) {
    const fitting = parts.filter((part) => fits(layout, part));
    // One part that does not fit is another tool's layout, unless that part can simply be sent again.
    if (fitting.length < parts.length && parts.some((part) => part.partNumber > layout.partCount)) continue;
    if (!best || fitting.length > best.fitting.length) best = { ...inspected, layout, fitting };
  }
  return best && (best.fitting.length > 0 || parts.length === 0) ? best : undefined;
}

/** Our own layout, and those that the listed sizes stand for. An upload may hold a last part alone, so every size is asked. */
function possibleLayouts(parts: readonly PartInfo[], bound: BoundLayout): PartLayout[] {
  const layouts = [bound.layout];
  for (const size of new Set(parts.map((part) => part.sizeBytes))) {
    const layout = size > 0 ? bound.adopt(size) : undefined;
    if (layout && layout.partSizeBytes !== bound.layout.partSizeBytes) layouts.push(layout);
  }
  // A single part may be the whole of a small object: its layout is one part.
  if (bound.binding === "file" && parts.length === 1 && parts[0]?.sizeBytes === bound.layout.sizeBytes) {
    layouts.push(cut(bound.layout.sizeBytes, bound.layout.sizeBytes));
  }
  return layouts;
}
