/**
 * The line between the scheduler and one worker, real or simulated. It passes on and never decides; a dead worker is an ordinary event
 * here, so main survives it.
 */
import { missingFlag } from "../errors.ts";
import type { WorkerCommand, WorkerEvent } from "../protocol.ts";
import type { WireError } from "../types.ts";

/** One worker as the scheduler sees it. Both handlers are set by the scheduler right after the link was made. */
export interface WorkerLink {
  onEvent: (event: WorkerEvent) => void;
  /** May be called more than once; only the first counts. */
  onDeath: (error: WireError) => void;
  /** Never throws because the worker is gone. */
  post(command: WorkerCommand): void;
  /** Ends the worker at once; may be called twice. */
  terminate(): void;
}

/**
 * Wraps a Web Worker that was started just now. Its uncaught errors and unhandled rejections become a death of kind `crash` and are kept
 * from killing main.
 */
export function linkWorker(worker: Worker): WorkerLink {
  const link: WorkerLink = {
    onEvent: () => {},
    onDeath: () => {},
    post: (command) => worker.postMessage(command),
    terminate: () => worker.terminate(),
  };
  worker.onmessage = ({ data }: MessageEvent<WorkerEvent>) => {
    if (data.type === "fatal" && data.error.kind === "crash") link.onDeath(data.error);
    else link.onEvent(data);
  };
  worker.onmessageerror = () => link.onDeath({ kind: "crash", message: "Worker died: one of its messages could not be read" });
  worker.onerror = (event) => {
    event.preventDefault();
    const flag = missingFlag(event.message);
    if (flag === undefined) link.onDeath({ kind: "crash", message: `Worker died: ${event.message || "no reason given"}` });
    else link.onDeath({ kind: "config", message: `Cannot start a worker: Deno was not allowed to, run again with ${flag}` });
  };
  return link;
}
