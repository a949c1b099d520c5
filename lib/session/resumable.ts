/**
 * Which unfinished upload to take over: pure. An upload is taken only when at least its form fits this version of the source; whether its
 * parts do is proved afterwards.
 */
import { cut } from "../bytes/part_layout.ts";
import { UPLOAD_SKEW_MAX_MS } from "../limits.ts";
import type { DeclaredChecksum, ObjectInfo, PartInfo, PartLayout, UploadInfo } from "../types.ts";
import { type BoundLayout, fits } from "./layout.ts";

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

/** The upload that saves most bytes, of those whose form fits the source; the newest of equals. */
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
