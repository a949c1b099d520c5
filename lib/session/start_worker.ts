/**
 * A worker's insides, built from its start command, and what each later command means for them. What makes a worker real or simulated is
 * handed in; only this file joins the rest.
 */
import { toWireError } from "../errors.ts";
import { type Clock, Pace } from "../pace/pace.ts";
import { seededRandom } from "../pace/random.ts";
import { openSlots, shrinkAll, type SlotSet } from "../pace/slots.ts";
import type { WorkerCommand, WorkerEvent } from "../protocol.ts";
import type { CredentialSource, Store } from "../store/store.ts";
import type { ReadyStore, Side } from "../types.ts";
import type { Wire } from "../wire/wire.ts";
import { CredentialKeeper } from "./credential_keeper.ts";
import { TransferQueue } from "./transfer_queue.ts";

/** The first command of every worker. */
export type StartCommand = Extract<WorkerCommand, { type: "start" }>;

/** What surrounds a worker: time, the way out, and how stores and wire are opened. */
export interface WorkerParts {
  readonly clock: Clock;
  /** The time of day, by which credentials expire. */
  readonly nowMs: () => number;
  readonly post: (event: WorkerEvent) => void;
  readonly openStore: (store: ReadyStore, side: Side, credentials: CredentialSource) => Store | Promise<Store>;
  readonly openWire: (command: StartCommand, credentials: Readonly<Record<Side, CredentialSource>>) => Wire;
}

/** Everything that commands reach in a started worker. */
export interface StartedWorker {
  readonly queue: TransferQueue;
  readonly pace: Pace;
  readonly slots: SlotSet;
  readonly keepers: Readonly<Record<Side, CredentialKeeper>>;
}

/** Builds a worker. Throws what opening its stores throws. */
export async function startWorker(command: StartCommand, parts: WorkerParts): Promise<StartedWorker> {
  const { source, destination, rules, tuning } = command;
  const { clock, post } = parts;
  const keeper = (side: Side, store: ReadyStore) => {
    const first = store.type === "local" ? undefined : store.credentials;
    return new CredentialKeeper(first, parts.nowMs, () => post({ type: "wantCredentials", side }));
  };
  const keepers = { source: keeper("source", source), destination: keeper("destination", destination) };
  const slots = openSlots(tuning);
  const pace = new Pace(clock);
  const world = {
    wire: parts.openWire(command, { source: keepers.source.source, destination: keepers.destination.source }),
    source: await parts.openStore(source, "source", keepers.source.source),
    destination: await parts.openStore(destination, "destination", keepers.destination.source),
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
    onRetry: (error: Parameters<typeof toWireError>[0], waitMs: number) => post({ type: "retried", error: toWireError(error), waitMs }),
    onThrottled: (waitMs: number) => post({ type: "throttled", waitMs }),
  };
  return { queue: new TransferQueue(world, tuning.objectsInFlight, post), pace, slots, keepers };
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
