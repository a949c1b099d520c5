/**
 * One bar on a terminal, drawn by the library through a terminal of ours. Shows sums only, never a key.
 */
import untypedCliProgress from "cli-progress";
import type { PeopleWriter } from "./people.ts";
import type { Progress, ProgressOptions } from "./progress.ts";
import type { ProgressView } from "./progress_meter.ts";
import { progressText } from "./progress_text.ts";

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

const BAR_INTERVAL_MS = 200;
/** Steps of the library's bar; its own total is no use here, as ours still grows. */
const BAR_STEPS = 10_000;
const BAR_CHARS_MAX = 40;
const BAR_CHARS_MIN = 8;

/** Draws the meter as a bar until it is stopped. */
export function startBar(options: ProgressOptions): Progress {
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
