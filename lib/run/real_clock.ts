/** The time of this machine, as the scheduler and the sessions see it. */
import type { ScheduleClock } from "../schedule/options.ts";
import type { Clock } from "../pace/pace.ts";

/** Milliseconds of a clock that never goes back. */
export const REAL_CLOCK: ScheduleClock = {
  now: () => performance.now(),
  setTimeout: (run, delayMs) => Number(setTimeout(run, delayMs)),
  clearTimeout: (id) => clearTimeout(id),
};

/** The session's idea of time from the scheduler's. */
export function sleepingClock(clock: ScheduleClock): Clock {
  return { now: () => clock.now(), sleep: (ms, signal) => sleepOn(clock, ms, signal) };
}

function sleepOn(clock: ScheduleClock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clock.clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = clock.setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
