/** The summary as lines for people. Lines that would say zero are left out, but for what was moved. */
import type { Colours } from "./colours.ts";
import { printable } from "./escape.ts";
import type { Summary } from "./summary.ts";
import { countOf, formatBytes, formatCount, formatDuration, formatRate } from "./units.ts";

/** How long the run took, and whether it came to its end: neither stopped nor interrupted. */
export interface RunTold {
  readonly elapsedMs: number;
  readonly ended: boolean;
}

/** Failures first, then the sums, each line with its name in front. */
export function summaryLines(summary: Summary, { elapsedMs, ended }: RunTold, colours: Colours): string[] {
  const sums = sumLines(summary, elapsedMs, colours);
  if (ended && movedNothing(summary)) sums.push(["result", whyNothing(summary)]);
  return [...failureLines(summary, colours), ...sums.map(([name, text]) => `${`${name}:`.padEnd(15)}${text}`)];
}

function failureLines(summary: Summary, colours: Colours): string[] {
  const lines = summary.failuresShown.map(({ key, kind, message }) =>
    `${colours.red("failed")} ${printable(key)}: ${printable(message)} (${kind})`
  );
  const hidden = summary.failed - summary.failuresShown.length;
  if (hidden > 0) lines.push(`${colours.red("failed")} and ${countOf(hidden, "more object")}; the manifest names all`);
  return lines;
}

function sumLines(summary: Summary, elapsedMs: number, colours: Colours): [string, string][] {
  const { done, deleted, movedBytes, foundBytes } = summary;
  const lines: [string, string][] = [];
  const rate = movedBytes > 0 ? `, ${formatRate(movedBytes, elapsedMs)}` : "";
  const sent = movedBytes === done.bytes ? "" : `, ${formatBytes(movedBytes)} sent`;
  lines.push(["moved", `${countOf(done.objects, "object")}, ${formatBytes(done.bytes)}${sent} in ${formatDuration(elapsedMs)}${rate}`]);
  if (foundBytes > 0) {
    lines.push([
      "found there",
      `${formatBytes(foundBytes)} of ${countOf(summary.foundObjects, "object")}, left by an earlier run and not sent again`,
    ]);
  }
  if (summary.skipped.size > 0) {
    lines.push([
      "skipped",
      [...summary.skipped].map(([reason, sum]) => `${formatCount(sum.objects)} ${reason} (${formatBytes(sum.bytes)})`).join(", "),
    ]);
  }
  if (deleted.objects > 0) lines.push(["deleted", `${countOf(deleted.objects, "object")}, ${formatBytes(deleted.bytes)}`]);
  if (summary.verified.size > 0) lines.push(["verified by", counts(summary.verified)]);
  if (summary.ways.size > 0) lines.push(["way", counts(summary.ways)]);
  if (summary.notCarried.size > 0) lines.push(["not carried", colours.yellow(counts(summary.notCarried))]);
  if (summary.strangers > 0) lines.push(["other uploads", `${countOf(summary.strangers, "unfinished upload")} of the same keys, not ours`]);
  if (summary.retries > 0) lines.push(["retries", formatCount(summary.retries)]);
  if (summary.cancelled > 0) lines.push(["interrupted", `${countOf(summary.cancelled, "object")}, to be resumed by the next run`]);
  if (summary.failed > 0) lines.push(["failed", colours.red(`${countOf(summary.failed, "object")}: ${counts(summary.failedByKind)}`)]);
  return lines;
}

function movedNothing(summary: Summary): boolean {
  return summary.done.objects + summary.deleted.objects + summary.failed + summary.cancelled === 0;
}

function whyNothing(summary: Summary): string {
  if (summary.skippedObjects > 0) return "nothing to do, everything is there";
  return summary.skipped.size > 0 ? "nothing to do, everything is excluded" : "nothing to do, the source holds no object";
}

/** `3 etag md5, 1 size`, most first. */
function counts(of: ReadonlyMap<string, number>): string {
  return [...of].sort((a, b) => b[1] - a[1]).map(([text, count]) => `${formatCount(count)} ${printable(text)}`).join(", ");
}
