/**
 * A transfer worker: message loop only. Builds the session's world from the start message and hands messages on. Its handler stands before
 * anything is awaited, or messages could be lost.
 */
import { toWireError, TransferError } from "../lib/errors.ts";
import { PROGRESS_INTERVAL_MS, WORKER_HEAP_BYTES } from "../lib/limits.ts";
import { collectWhenOver } from "../lib/heap.ts";
import type { WorkerCommand, WorkerEvent } from "../lib/protocol.ts";
import { CredentialKeeper } from "../lib/session/credential_keeper.ts";
import { obey, type StartedWorker } from "../lib/session/obey.ts";
import { type Clock, Pace } from "../lib/pace/pace.ts";
import { seededRandom } from "../lib/pace/random.ts";
import { openSlots } from "../lib/pace/slots.ts";
import { TransferQueue } from "../lib/session/transfer_queue.ts";
import { openStore } from "../lib/store/open.ts";
import type { ReadyStore, Side } from "../lib/types.ts";
import { openWire } from "../lib/wire/open.ts";

type StartCommand = Extract<WorkerCommand, { type: "start" }>;

/** The part of the worker's global scope that is used here. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<WorkerCommand>) => void) | null;
  postMessage(event: WorkerEvent): void;
  addEventListener(type: "unhandledrejection", listener: (event: PromiseRejectionEvent) => void): void;
  addEventListener(type: "error", listener: (event: ErrorEvent) => void): void;
  close(): void;
}

const scope = globalThis as unknown as WorkerScope;

/** Asks main for fresh credentials of one side when its own are about to expire. */
function keepCredentials(side: Side, store: ReadyStore): CredentialKeeper {
  const first = store.type === "local" ? undefined : store.credentials;
  return new CredentialKeeper(first, () => Date.now(), () => scope.postMessage({ type: "wantCredentials", side }));
}

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
  const { source, destination, rules, tuning } = command;
  const keepers = { source: keepCredentials("source", source), destination: keepCredentials("destination", destination) };
  const { timeoutMs } = tuning;
  const slots = openSlots(tuning);
  const pace = new Pace(clock);
  const wire = openWire(source, destination, {
    sourceCredentials: keepers.source.source,
    destinationCredentials: keepers.destination.source,
    timeoutMs,
    now: () => Date.now(),
  });
  const queue = new TransferQueue(
    {
      source: await openStore(source, keepers.source.source, { timeoutMs }),
      destination: await openStore(destination, keepers.destination.source, { timeoutMs }),
      wire,
      sourceIsLocal: source.type === "local",
      destinationIsLocal: destination.type === "local",
      sourceUrl: source.type === "local" ? `file://${source.bucket}` : `${source.type}://${source.bucket}`,
      sourceBucket: source.bucket,
      rules,
      tuning,
      clock,
      random: seededRandom(command.seed),
      slots,
      pace,
      onRetry: (error, waitMs) => scope.postMessage({ type: "retried", error: toWireError(error), waitMs }),
      onThrottled: (waitMs) => scope.postMessage({ type: "throttled", waitMs }),
    },
    tuning.objectsInFlight,
    (event) => scope.postMessage(event),
  );
  setInterval(() => {
    queue.tick();
    collectWhenOver(WORKER_HEAP_BYTES);
  }, PROGRESS_INTERVAL_MS);
  return { queue, pace, slots, keepers };
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
  else if (!running) return fail(new TransferError("bug", `A worker was told to ${data.type} before it was started`));
  else running.then((ready) => obey(ready, data), () => data.type === "drain" && drained());
};

scope.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  fail(event.reason);
});

// Told by hand: what leaves a worker uncaught is printed raw by the runtime, with whatever it holds.
scope.addEventListener("error", (event) => {
  event.preventDefault();
  fail(new TransferError("crash", `Worker died: ${event.message}`));
  scope.close();
});

scope.postMessage({ type: "ready" });
