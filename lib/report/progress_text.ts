/**
 * The words of a progress line.
 */
import type { ProgressView } from "./progress_meter.ts";
import { formatBytes, formatCount, formatDuration } from "./units.ts";

/** `42 %  1.2 GiB / 2.9 GiB  120 MiB/s  ETA 14 s  120 / 300 objects  2 failed`; a `+` where more may come. */
export function progressText(view: ProgressView): string {
  const more = view.planEnded ? "" : "+";
  const pieces = [
    `${formatBytes(view.positionBytes)} / ${formatBytes(view.plannedBytes)}${more}`,
    `${formatBytes(view.bytesPerSecond)}/s`,
    `${formatCount(view.settledObjects)} / ${formatCount(view.plannedObjects)}${more} objects`,
  ];
  if (view.percent !== undefined) pieces.unshift(`${view.percent} %`);
  if (view.remainingMs !== undefined && view.percent !== 100) pieces.splice(3, 0, `ETA ${formatDuration(view.remainingMs)}`);
  if (view.skippedObjects > 0) pieces.push(`${formatCount(view.skippedObjects)} skipped`);
  if (view.failedObjects > 0) pieces.push(`${formatCount(view.failedObjects)} failed`);
  return pieces.join("  ");
}
