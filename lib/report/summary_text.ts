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
  const sums = [...sumLines(summary, run, colours), ["result", run.ended && whyNothing(summary)] as const];
  return [...failureLines(summary, colours), ...sums.flatMap(([name, text]) => text === false ? [] : `${`${name}:`.padEnd(15)}${text}`)];
}

function failureLines({ failuresShown, failed }: Summary, { red }: Colours): string[] {
  const lines = failuresShown.map(({ key, kind, message }) =>
    `${red("failed")} ${printable(key)}: ${printable(message)} (${ERROR_RULES[kind].words})`
  );
  const hidden = failed - failuresShown.length;
  return hidden > 0 ? [...lines, `${red("failed")} and ${countOf(hidden, "more object")}; the manifest names all`] : lines;
}

function sumLines(summary: Summary, { elapsedMs, destination }: RunFacts, colours: Colours): [string, string | false][] {
  const { done, deleted, movedBytes, foundBytes, foundObjects, retries, cancelled, leftUploads, otherUploads, failed } = summary;
  const rate = movedBytes > 0 ? `, ${formatRate(movedBytes, elapsedMs)}` : "";
  const sent = movedBytes === done.bytes ? "" : `, ${formatBytes(movedBytes)} sent`;
  const skipped = [...summary.skipped].map(([reason, { objects, bytes }]) => `${formatCount(objects)} ${reason} (${formatBytes(bytes)})`);
  const byWords = new Map([...summary.failedByKind].map(([kind, count]) => [ERROR_RULES[kind].words, count]));
  // Unfinished uploads cost money where they lie: how many there are, and the command that shows and ends them.
  const place = /^[\w./:@%+~-]+$/.test(destination) ? destination : JSON.stringify(destination);
  const way = `: sluice uploads ${printable(place)} lists them, with --abort it ends them`;
  const left = `${countOf(leftUploads, "unfinished upload")}, for the next run to go on from${way}`;
  const other = `${countOf(otherUploads, "unfinished upload")} of the same keys, not of this run${way}`;
  const found = `${formatBytes(foundBytes)} of ${countOf(foundObjects, "object")}, left by an earlier run and not sent again`;
  return [
    ["copied", `${countOf(done.objects, "object")}, ${formatBytes(done.bytes)}${sent} in ${formatDuration(elapsedMs)}${rate}`],
    ["found there", foundBytes > 0 && found],
    ["skipped", skipped.length > 0 && skipped.join(", ")],
    ["deleted", deleted.objects > 0 && `${countOf(deleted.objects, "object")}, ${formatBytes(deleted.bytes)}`],
    ["verified by", summary.verified.size > 0 && counts(summary.verified)],
    ["way", summary.ways.size > 0 && counts(summary.ways)],
    ["not carried", summary.notCarried.size > 0 && colours.yellow(counts(summary.notCarried))],
    ["retries", retries > 0 && formatCount(retries)],
    ["interrupted", cancelled > 0 && `${countOf(cancelled, "object")}, to be resumed by the next run`],
    ["left behind", leftUploads > 0 && left],
    ["other uploads", otherUploads > 0 && other],
    ["failed", failed > 0 && colours.red(`${countOf(failed, "object")}: ${counts(byWords)}`)],
  ];
}

/** Why a run that came to its end did nothing; false for one that did something. */
function whyNothing({ done, deleted, failed, cancelled, skipped, skippedObjects }: Summary): string | false {
  if (done.objects + deleted.objects + failed + cancelled > 0) return false;
  if (skippedObjects > 0) return "nothing to do, everything is there";
  return skipped.size > 0 ? "nothing to do, everything is excluded" : "nothing to do, the source holds no object";
}

/** `3 etag md5, 1 size`, most first. */
function counts(of: ReadonlyMap<string, number>): string {
  return [...of].sort((a, b) => b[1] - a[1]).map(([text, count]) => `${formatCount(count)} ${printable(text)}`).join(", ");
}
