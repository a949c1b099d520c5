/**
 * Progress for people: one bar on a terminal, a plain line now and then elsewhere, or nothing. Shows sums only, never a key.
 */
import type { ReportRules } from "../job_types.ts";
import type { PeopleWriter } from "./people.ts";
import type { ProgressMeter, ProgressView } from "./progress_meter.ts";
import { progressText } from "./progress_text.ts";

/** Options of {@link startProgress}. */
export interface ProgressOptions {
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

/** Progress that is shown. */
export interface Progress {
  /** Shows the end once more and stops; the timer keeps the process alive until then. */
  stop(): void;
}

const LINE_INTERVAL_MS = 10_000;
const BAR_INTERVAL_MS = 200;
const BAR_CHARS_MAX = 40;
const BAR_CHARS_MIN = 8;

/** Shows the meter until it is stopped. `auto` is a bar on a terminal and lines elsewhere. */
export function startProgress(options: ProgressOptions): Progress {
  const { mode, meter, people, now, every } = options;
  if (mode === "none") return { stop() {} };
  if (mode === "lines" || (mode === "auto" && !people.output.isTerminal)) {
    const line = () => people.line(progressText(meter.view(now())));
    return ending(every(options.lineIntervalMs ?? LINE_INTERVAL_MS, line), line);
  }
  const draw = () => people.overlay(barText(meter.view(now()), people.output.columns()));
  draw();
  return ending(every(BAR_INTERVAL_MS, draw), () => {
    draw();
    people.endOverlay();
  });
}

function ending(endTimer: () => void, last: () => void): Progress {
  return {
    stop() {
      endTimer();
      last();
    },
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
