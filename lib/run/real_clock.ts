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
  return {
    now: () => clock.now(),
    async sleep(ms, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = clock.setTimeout(resolve, ms);
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort);
      try {
        await promise;
      } finally {
        clock.clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
      }
    },
  };
}
