/**
 * Progress for people: one bar on a terminal, a plain line now and then elsewhere, or nothing. Shows sums only, never a key.
 */
import untypedCliProgress from "cli-progress";
import type { ReportRules } from "../types.ts";
import type { PeopleWriter } from "./people.ts";
import type { ProgressMeter, ProgressView } from "./progress_meter.ts";
import { formatBytes, formatCount, formatDuration } from "./units.ts";

/**
 * The part of the library that is used. (Its published types lack `terminal`, and would bring Node's global types with them, which change
 * those of the whole program.)
 */
interface CliProgress {
  readonly SingleBar: new (options: BarOptions) => { start(total: number, value: number): void; update(value: number): void; stop(): void };
  readonly Format: { readonly BarFormat: (progress: number, options: DerivedBarOptions) => string };
}

interface BarOptions {
  readonly format: (options: DerivedBarOptions, params: { readonly progress: number }) => string;
  readonly barCompleteChar: string;
  readonly barIncompleteChar: string;
  readonly barsize: number;
  /** Redraws per second. */
  readonly fps: number;
  readonly emptyOnZero: boolean;
  readonly terminal: BarTerminal;
}

/** Options as the library completed them. */
interface DerivedBarOptions {
  readonly barsize: number;
}

const cliProgress: CliProgress = untypedCliProgress;

/** Options of {@link startProgress}. */
export interface ProgressOptions {
  readonly mode: ReportRules["progress"];
  readonly meter: ProgressMeter;
  readonly people: PeopleWriter;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** Calls back again and again; the answer ends that. */
  readonly every: (intervalMs: number, call: () => void) => () => void;
  /** Between two plain lines. Default: 10 s. */
  readonly lineIntervalMs?: number;
}

/** Progress under way. */
export interface Progress {
  /** Shows the end once more and stops; the bar's timer keeps the process alive until then. */
  stop(): void;
}

const LINE_INTERVAL_MS = 10_000;
const BAR_INTERVAL_MS = 200;
/** Steps of the library's bar; its own total is no use here, as ours still grows. */
const BAR_STEPS = 10_000;
const BAR_CHARS_MAX = 40;
const BAR_CHARS_MIN = 8;

/** Shows the meter until it is stopped. `auto` is a bar on a terminal and lines elsewhere. */
export function startProgress(options: ProgressOptions): Progress {
  const { isTerminal } = options.people.output;
  switch (options.mode) {
    case "none":
      return { stop() {} };
    case "lines":
      return startLines(options);
    case "bar":
      return startBar(options);
    case "auto":
      return isTerminal ? startBar(options) : startLines(options);
  }
}

function startLines(options: ProgressOptions): Progress {
  const { meter, people, now } = options;
  const end = options.every(options.lineIntervalMs ?? LINE_INTERVAL_MS, () => people.line(progressText(meter.view(now()))));
  return {
    stop() {
      end();
      people.line(progressText(meter.view(now())));
    },
  };
}

function startBar(options: ProgressOptions): Progress {
  const { meter, people, now } = options;
  let view = meter.view(now());
  const bar = new cliProgress.SingleBar({
    format: (barOptions, params) => barText(barOptions, params.progress, view, people.output.columns()),
    barCompleteChar: "=",
    barIncompleteChar: "-",
    barsize: BAR_CHARS_MAX,
    fps: 1000 / BAR_INTERVAL_MS,
    emptyOnZero: true,
    terminal: new BarTerminal(people),
  });

  function refresh(): void {
    view = meter.view(now());
    bar.update(
      view.percent === 100 ? BAR_STEPS : view.plannedBytes === 0 ? 0 : Math.floor(view.positionBytes / view.plannedBytes * BAR_STEPS),
    );
  }

  bar.start(BAR_STEPS, 0);
  const end = options.every(BAR_INTERVAL_MS, refresh);
  return {
    stop() {
      end();
      refresh();
      bar.stop();
    },
  };
}

/** The bar and as much of the text as the width allows; a line as wide as the window would wrap on some terminals. */
function barText(barOptions: DerivedBarOptions, progress: number, view: ProgressView, columns: number): string {
  const text = progressText(view);
  const width = Math.min(BAR_CHARS_MAX, columns - 1 - text.length - 3);
  if (width < BAR_CHARS_MIN) return text.slice(0, Math.max(0, columns - 1));
  return `[${cliProgress.Format.BarFormat(progress, { ...barOptions, barsize: width })}] ${text}`;
}

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

/**
 * What the library draws on. Its own terminal saves and restores the cursor, which loses its place as soon as a log line scrolls the
 * screen, and switches line wrapping off, which a killed process never switches on again.
 */
class BarTerminal {
  readonly #people: PeopleWriter;

  constructor(people: PeopleWriter) {
    this.#people = people;
  }

  write(text: string): void {
    this.#people.overlay(text);
  }

  newline(): void {
    this.#people.endOverlay();
  }

  isTTY(): boolean {
    return true;
  }

  getWidth(): number {
    return this.#people.output.columns();
  }

  cursorSave(): void {}
  cursorRestore(): void {}
  cursor(): void {}
  cursorTo(): void {}
  cursorRelative(): void {}
  cursorRelativeReset(): void {}
  clearRight(): void {}
  clearLine(): void {}
  clearBottom(): void {}
  lineWrapping(): void {}
}
