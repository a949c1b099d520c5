/** The time of this machine, as the scheduler and the sessions see it. */
import type { ScheduleClock } from "../schedule/options.ts";

/** Milliseconds of a clock that never goes back. */
export const REAL_CLOCK: ScheduleClock = {
  now: () => performance.now(),
  setTimeout: (run, delayMs) => Number(setTimeout(run, delayMs)),
  clearTimeout: (id) => clearTimeout(id),
};
