/**
 * Progress for people: one bar on a terminal, a plain line now and then elsewhere, or nothing. Shows sums only, never a key.
 */
import type { ReportRules } from "../job_types.ts";
import type { PeopleWriter } from "./people.ts";
import type { ProgressMeter } from "./progress_meter.ts";
import { progressText } from "./progress_text.ts";

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

/** Shows the meter until it is stopped. `auto` is a bar on a terminal and lines elsewhere. */
export async function startProgress(options: ProgressOptions): Promise<Progress> {
  const { isTerminal } = options.people.output;
  switch (options.mode) {
    case "none":
      return { stop() {} };
    case "lines":
      return startLines(options);
    case "bar":
      return await bar(options);
    case "auto":
      return isTerminal ? await bar(options) : startLines(options);
  }
}

/** Loaded only where it is seen: the library costs the start of every run 40 ms. */
async function bar(options: ProgressOptions): Promise<Progress> {
  return (await import("./progress_bar.ts")).startBar(options);
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
