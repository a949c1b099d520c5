/**
 * A worker's insides, built from its start command, and what each later command means for them. What makes a worker real or simulated is
 * handed in; only this file joins the rest.
 */
import { toWireError, TransferError } from "../errors.ts";
import { CREDENTIALS_EARLY_MS } from "../limits.ts";
import { type Clock, Pace } from "../pace/pace.ts";
import { seededRandom } from "../pace/random.ts";
import { openSlots, shrinkAll, type SlotSet } from "../pace/slots.ts";
import type { WorkerCommand, WorkerEvent } from "../protocol.ts";
import type { CredentialSource, Store } from "../store/store.ts";
import type { Credentials, ReadyStore, Side } from "../types.ts";
import type { Wire } from "../wire/wire.ts";
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

/**
 * The credentials of one side in one worker: hands out the present ones, and asks for fresh ones shortly before these expire. Never asks
 * twice at once, and never keeps old ones.
 */
export class CredentialKeeper {
  #current: Credentials | undefined;
  /** Fresh credentials that were asked for. */
  #fresh: PromiseWithResolvers<Credentials> | undefined;
  #stopped = false;
  readonly #nowMs: () => number;
  readonly #ask: () => void;

  /** `nowMs` is the time of day; `ask` is called once for each renewal. */
  constructor(first: Credentials | undefined, nowMs: () => number, ask: () => void) {
    this.#current = first;
    this.#nowMs = nowMs;
    this.#ask = ask;
  }

  /** Credentials that are good for a while yet. Throws `cancelled` once {@link stop} was called and these are not. */
  readonly source = (): Promise<Credentials> => {
    const current = this.#current;
    if (current && (current.expiresAtMs === undefined || current.expiresAtMs - CREDENTIALS_EARLY_MS > this.#nowMs())) {
      return Promise.resolve(current);
    }
    if (this.#stopped) return Promise.reject(new TransferError("cancelled", "Interrupted"));
    if (this.#fresh === undefined) {
      this.#fresh = Promise.withResolvers();
      this.#ask();
    }
    return this.#fresh.promise;
  };

  /** Takes fresh credentials in. */
  renew(credentials: Credentials): void {
    this.#current = credentials;
    this.#fresh?.resolve(credentials);
    this.#fresh = undefined;
  }

  /** The run is cancelled: nobody waits for fresh credentials any more, which may never come. */
  stop(): void {
    this.#stopped = true;
    this.#fresh?.reject(new TransferError("cancelled", "Interrupted"));
    this.#fresh = undefined;
  }
}
