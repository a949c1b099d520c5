/**
 * A transfer worker: message loop only. Starts the session's world from the start message and hands messages on. Its handler stands before
 * anything is awaited, or messages could be lost.
 */
import { toWireError, TransferError } from "../lib/errors.ts";
import { PROGRESS_INTERVAL_MS, WORKER_HEAP_BYTES } from "../lib/limits.ts";
import { collectWhenOver } from "../lib/heap.ts";
import type { WorkerCommand, WorkerEvent } from "../lib/protocol.ts";
import { obey, type StartCommand, type StartedWorker, startWorker } from "../lib/session/start_worker.ts";
import type { Clock } from "../lib/pace/pace.ts";
import { openStore } from "../lib/store/open.ts";
import { openWire, sharedExchanges } from "../lib/wire/open.ts";

/** The part of the worker's global scope that is used here. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<WorkerCommand>) => void) | null;
  postMessage(event: WorkerEvent): void;
  addEventListener(type: "unhandledrejection", listener: (event: PromiseRejectionEvent) => void): void;
  addEventListener(type: "error", listener: (event: ErrorEvent) => void): void;
  close(): void;
}

const scope = globalThis as unknown as WorkerScope;

const clock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      }, ms);
      signal.addEventListener("abort", onAbort, { once: true });
    }),
};

async function start(command: StartCommand): Promise<StartedWorker> {
  const { timeoutMs } = command.tuning;
  const now = () => Date.now();
  const onNote = (line: string) => scope.postMessage({ type: "note", line });
  // One opinion of a bucket: its connections, its clock, what it refuses.
  const exchangeOf = sharedExchanges({ timeoutMs, now, onNote });
  const worker = await startWorker(command, {
    clock,
    nowMs: () => Date.now(),
    post: (event) => scope.postMessage(event),
    openStore: (store, side, credentials) => openStore(store, credentials, { timeoutMs, exchange: exchangeOf(store, side, credentials) }),
    openWire: ({ source, destination }, { source: sourceCredentials, destination: destinationCredentials }) =>
      openWire(source, destination, {
        sourceCredentials,
        destinationCredentials,
        timeoutMs,
        now,
        exchanges: {
          source: exchangeOf(source, "source", sourceCredentials),
          destination: exchangeOf(destination, "destination", destinationCredentials),
        },
      }),
  });
  setInterval(() => {
    worker.queue.tick();
    collectWhenOver(WORKER_HEAP_BYTES);
  }, PROGRESS_INTERVAL_MS);
  return worker;
}

let running: Promise<StartedWorker> | undefined;

function fail(error: unknown): void {
  scope.postMessage({ type: "fatal", error: toWireError(error) });
}

/** A worker that could not start has nothing left to do. */
function drained(): void {
  scope.postMessage({ type: "drained", totals: { movedBytes: 0, foundBytes: 0, retries: 0, open: 0 } });
}

scope.onmessage = ({ data }) => {
  if (data.type === "start") (running = start(data)).catch(fail);
  else if (!running) return fail(new TransferError("bug", `A worker was asked to ${data.type} before it was started`));
  else running.then((ready) => obey(ready, data), () => data.type === "drain" && drained());
};

scope.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  fail(event.reason);
});

// Reported by hand: what leaves a worker uncaught is printed raw by the runtime, with whatever it holds.
scope.addEventListener("error", (event) => {
  event.preventDefault();
  fail(new TransferError("crash", `Worker died: ${event.message}`));
  scope.close();
});

scope.postMessage({ type: "ready" });
