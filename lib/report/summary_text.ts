/** The summary as lines for people. Lines that would say zero are skipped, but for what was copied. */
import { ERROR_RULES } from "../errors.ts";
import type { Colours } from "./colours.ts";
import { printable } from "./escape.ts";
import type { Summary } from "./summary.ts";
import { countOf, formatBytes, formatCount, formatDuration, formatRate } from "./units.ts";

/** What the lines say of the run besides its sums. */
export interface RunFacts {
  readonly elapsedMs: number;
  /** It came to its end: neither stopped nor interrupted. */
  readonly ended: boolean;
  /** The destination as the user wrote it. */
  readonly destination: string;
}

/** Failures first, then the sums, each line with its name in front. */
export function summaryLines(summary: Summary, run: RunFacts, colours: Colours): string[] {
  const sums = [...sumLines(summary, run.elapsedMs, colours), ...leftLines(summary, run.destination), ...failedLine(summary, colours)];
  if (run.ended && didNothing(summary)) sums.push(["result", whyNothing(summary)]);
  return [...failureLines(summary, colours), ...sums.map(([name, text]) => `${`${name}:`.padEnd(15)}${text}`)];
}

function failureLines(summary: Summary, colours: Colours): string[] {
  const lines = summary.failuresShown.map(({ key, kind, message }) =>
    `${colours.red("failed")} ${printable(key)}: ${printable(message)} (${ERROR_RULES[kind].words})`
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
  lines.push(["copied", `${countOf(done.objects, "object")}, ${formatBytes(done.bytes)}${sent} in ${formatDuration(elapsedMs)}${rate}`]);
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
  if (summary.retries > 0) lines.push(["retries", formatCount(summary.retries)]);
  if (summary.cancelled > 0) lines.push(["interrupted", `${countOf(summary.cancelled, "object")}, to be resumed by the next run`]);
  return lines;
}

/** Unfinished uploads cost money where they lie: how many there are, and the command that shows and ends them. */
function leftLines({ otherUploads, leftUploads }: Summary, destination: string): [string, string][] {
  const place = /^[\w./:@%+~-]+$/.test(destination) ? destination : JSON.stringify(destination);
  const way = `: sluice uploads ${printable(place)} lists them, with --abort it ends them`;
  const lines: [string, string][] = [];
  if (leftUploads > 0) lines.push(["left behind", `${countOf(leftUploads, "unfinished upload")}, for the next run to go on from${way}`]);
  if (otherUploads > 0) {
    lines.push(["other uploads", `${countOf(otherUploads, "unfinished upload")} of the same keys, not of this run${way}`]);
  }
  return lines;
}

function failedLine({ failed, failedByKind }: Summary, colours: Colours): [string, string][] {
  if (failed === 0) return [];
  const byWords = new Map([...failedByKind].map(([kind, count]) => [ERROR_RULES[kind].words, count]));
  return [["failed", colours.red(`${countOf(failed, "object")}: ${counts(byWords)}`)]];
}

function didNothing(summary: Summary): boolean {
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
