/** Progress for people: one bar on a terminal, a plain line now and then elsewhere, or nothing. Shows sums only, never a key. */
import type { ReportRules } from "../job_types.ts";
import type { PeopleWriter } from "./people.ts";
import type { ProgressMeter, ProgressView } from "./progress_meter.ts";
import { formatBytes, formatCount, formatDuration } from "./units.ts";

/** Options of {@link startProgress}. */
interface ProgressOptions {
  readonly mode: ReportRules["progress"];
  readonly meter: ProgressMeter;
  readonly people: PeopleWriter;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** Calls back again and again; the function that it returns ends that. */
  readonly every: (intervalMs: number, call: () => void) => () => void;
  /** Between two plain lines. Default: 10 s. */
  readonly lineIntervalMs?: number;
}

const LINE_INTERVAL_MS = 10_000;
const BAR_INTERVAL_MS = 200;
const BAR_CHARS_MAX = 40;
const BAR_CHARS_MIN = 8;

/**
 * Shows the meter until the function that it returns is called, which shows the end once more; the timer keeps the process alive until
 * then. `auto` is a bar on a terminal and lines elsewhere.
 */
export function startProgress({ mode, meter, people, now, every, lineIntervalMs = LINE_INTERVAL_MS }: ProgressOptions): () => void {
  if (mode === "none") return () => {};
  const lines = mode === "lines" || (mode === "auto" && !people.output.isTerminal);
  const show = lines
    ? () => people.line(progressText(meter.view(now())))
    : () => people.overlay(barText(meter.view(now()), people.output.columns()));
  if (lines) meter.view(now());
  else show();
  const stop = every(lines ? lineIntervalMs : BAR_INTERVAL_MS, show);
  return () => {
    stop();
    show();
    people.endOverlay();
  };
}

/** The bar and as much of the text as the width allows; a line as wide as the window would wrap on some terminals. */
function barText(view: ProgressView, columns: number): string {
  const text = progressText(view);
  const width = Math.min(BAR_CHARS_MAX, columns - 1 - text.length - 3);
  if (width < BAR_CHARS_MIN) return text.slice(0, Math.max(0, columns - 1));
  const share = view.percent === 100 ? 1 : view.plannedBytes === 0 ? 0 : view.positionBytes / view.plannedBytes;
  return `[${"=".repeat(Math.floor(share * width)).padEnd(width, "-")}] ${text}`;
}

/** `42 %  1.2 GiB / 2.9 GiB  120 MiB/s  ETA 14 s  120 / 300 objects  2 failed`; a `+` where more may come. */
function progressText(view: ProgressView): string {
  const more = view.planEnded ? "" : "+";
  const pieces = [
    `${formatBytes(view.positionBytes)} / ${formatBytes(view.plannedBytes)}${more}`,
    ...(view.percent === 100 && view.bytesPerSecond === 0 ? [] : [`${formatBytes(view.bytesPerSecond)}/s`]),
    `${formatCount(view.settledObjects)} / ${formatCount(view.plannedObjects)}${more} objects`,
  ];
  if (view.percent !== undefined) pieces.unshift(`${view.percent} %`);
  if (view.remainingMs !== undefined && view.percent !== 100) pieces.splice(3, 0, `ETA ${formatDuration(view.remainingMs)}`);
  if (view.skippedObjects > 0) pieces.push(`${formatCount(view.skippedObjects)} skipped`);
  if (view.failedObjects > 0) pieces.push(`${formatCount(view.failedObjects)} failed`);
  return pieces.join("  ");
}
