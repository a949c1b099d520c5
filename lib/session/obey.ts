/**
 * What a started worker does when main speaks: the same on a real thread and on a simulated one.
 */
import type { WorkerCommand } from "../protocol.ts";
import type { Side } from "../types.ts";
import type { CredentialKeeper } from "./credential_keeper.ts";
import type { Pace } from "../pace/pace.ts";
import { shrinkAll, type SlotSet } from "../pace/slots.ts";
import type { TransferQueue } from "./transfer_queue.ts";

/** Everything that commands reach in a started worker. */
export interface StartedWorker {
  readonly queue: TransferQueue;
  readonly pace: Pace;
  readonly slots: SlotSet;
  readonly keepers: Readonly<Record<Side, CredentialKeeper>>;
}

/** Obeys any command but `start`. */
export function obey(worker: StartedWorker, command: Exclude<WorkerCommand, { type: "start" }>): void {
  switch (command.type) {
    case "assign":
      return worker.queue.assign(command.transfers);
    case "bandwidth":
      return worker.pace.setBandwidth(command.bytesPerSecond);
    case "slow":
      shrinkAll(worker.slots);
      return worker.pace.pause(command.waitMs);
    case "credentials":
      return worker.keepers[command.side].renew(command.credentials);
    case "cancel":
      worker.keepers.source.stop();
      worker.keepers.destination.stop();
      return worker.queue.cancel();
    case "drain":
      return worker.queue.drain();
    default:
      return command satisfies never;
  }
}
