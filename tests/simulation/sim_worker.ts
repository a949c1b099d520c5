/**
 * A worker of the simulation: the messages of workers/transfer.ts, the real TransferQueue behind them, and a line to simulated stores. It
 * may die between any two events; then nothing of it is heard again.
 */
import { PROGRESS_INTERVAL_MS } from "../../lib/limits.ts";
import type { WorkerCommand, WorkerEvent } from "../../lib/protocol.ts";
import type { WorkerLink } from "../../lib/schedule/worker_link.ts";
import { obey, type StartCommand, type StartedWorker, startWorker } from "../../lib/session/start_worker.ts";
import type { Clock } from "../../lib/pace/pace.ts";
import type { TransferQueue } from "../../lib/session/transfer_queue.ts";
import type { Store } from "../../lib/store/store.ts";
import type { Side, WireError } from "../../lib/types.ts";
import type { Wire } from "../../lib/wire/wire.ts";
import type { Bucket } from "./bucket.ts";
import { type Client, Line, type LineWorld } from "./line.ts";
import { SimStore } from "./sim_store.ts";
import { SimWire } from "./sim_wire.ts";

/** What a worker works on, and how it may be tampered with. */
export interface WorkerSetting {
  readonly world: LineWorld;
  readonly source: Bucket;
  readonly destination: Bucket;
  readonly serverSide: boolean;
  readonly pageEntries: number;
  /** Throws a TransferError when these credentials are none at the store. */
  readonly checkCredentials: (side: Side, credentials: { readonly expiresAtMs?: number } | undefined) => void;
  readonly tamper: Tampering;
}

/** Puts something between sluice and a store or the wire: planted faults. */
export interface Tampering {
  store(store: Store, side: Side): Store;
  wire(wire: Wire): Wire;
}

/** Everything that a started worker holds. */
interface Running extends StartedWorker {
  readonly wire: SimWire;
  readonly tuning: StartCommand["tuning"];
}

/** The longest pause between two ticks of an idle worker: idling must not cost events. */
const TICK_MOST_MS = 3_200;

/** See the file comment. */
export class SimWorker implements WorkerLink, Client {
  onEvent: (event: WorkerEvent) => void = () => {};
  onDeath: (error: WireError) => void = () => {};
  alive = true;
  /** It died, and was not ended by main. */
  killed = false;
  readonly name: string;
  #starting: Promise<StartedWorker> | undefined;
  #running: Running | undefined;
  #inboxMs = 0;
  #outboxMs = 0;
  #tickMs = PROGRESS_INTERVAL_MS;
  readonly #setting: WorkerSetting;

  constructor(name: string, setting: WorkerSetting) {
    this.name = name;
    this.#setting = setting;
    const { world } = setting;
    const stillborn = world.random() < world.faults.stillborn;
    world.timeline.after(world.random() * 50, () => {
      if (stillborn) this.die("died while it started");
      else this.#say({ type: "ready" });
    });
  }

  /** Messages take their time and keep their order. */
  post(command: WorkerCommand): void {
    this.#inboxMs = this.#deliver(this.#inboxMs, () => this.#obey(command));
  }

  terminate(): void {
    this.alive = false;
  }

  /** Dies in the middle of everything. */
  die(message: string): void {
    if (!this.alive) return;
    this.alive = false;
    this.killed = true;
    const { timeline, random } = this.#setting.world;
    timeline.after(random() * 5, () => this.onDeath({ kind: "crash", message }));
  }

  readonly authorize = async (side: Side): Promise<void> => {
    // A folder has no credentials to keep.
    if (this.#setting[side].traits.kind === "local") return;
    const credentials = await this.#running?.keepers[side].source();
    this.#setting.checkCredentials(side, credentials);
  };

  /** What is wrong with the slots of a worker that has nothing to do; undefined when nothing is. */
  get slotTrouble(): string | undefined {
    if (this.#running === undefined) return undefined;
    const { slots, wire: { inFlight }, tuning } = this.#running;
    for (const [name, { taken }] of Object.entries(slots)) if (taken !== 0) return `slots: ${taken} slots of ${name} were not given back`;
    if (inFlight.partsMost > tuning.partsInFlight) return `slots: ${inFlight.partsMost} parts were in flight`;
    if (inFlight.objectsMost > tuning.objectsInFlight) return `slots: ${inFlight.objectsMost} objects were in flight`;
    return undefined;
  }

  #say(event: WorkerEvent): void {
    if (!this.alive) return;
    this.#outboxMs = this.#deliver(this.#outboxMs, () => this.onEvent(event));
  }

  /** Answers when this message arrives: never before the one sent before it. */
  #deliver(earliestMs: number, run: () => void): number {
    const { timeline, random } = this.#setting.world;
    const atMs = Math.max(earliestMs, timeline.now() + random() * 3);
    timeline.after(atMs - timeline.now(), () => this.alive && run());
    return atMs;
  }

  #obey(command: WorkerCommand): void {
    if (command.type === "start") this.#starting = this.#start(command);
    else if (this.#starting === undefined) throw new Error(`A worker was told to ${command.type} before it was started`);
    else this.#starting.then((worker) => obey(worker, command));
  }

  async #start(command: StartCommand): Promise<StartedWorker> {
    const { world, source, destination, serverSide, pageEntries, tamper } = this.#setting;
    const line = new Line(world, this);
    const wire = new SimWire(source, destination, line);
    const bucketOf = (side: Side) => side === "source" ? source : destination;
    const worker = await startWorker({ ...command, rules: { ...command.rules, serverSideCopy: serverSide } }, {
      clock: this.#clock(),
      nowMs: () => world.timeline.now(),
      post: (event) => {
        if (event.type !== "wantCredentials") this.#tickMs = PROGRESS_INTERVAL_MS;
        this.#say(event);
      },
      openStore: (_ready, side) => tamper.store(new SimStore(bucketOf(side), side, line, pageEntries, source), side),
      openWire: () => tamper.wire(wire),
    });
    this.#running = { ...worker, wire, tuning: command.tuning };
    this.#tick(worker.queue);
    return worker;
  }

  #tick(queue: TransferQueue): void {
    this.#setting.world.timeline.after(this.#tickMs, () => {
      if (!this.alive) return;
      this.#tickMs = Math.min(TICK_MOST_MS, this.#tickMs * 2);
      queue.tick();
      this.#tick(queue);
    });
  }

  #clock(): Clock {
    const { timeline } = this.#setting.world;
    return {
      now: () => timeline.now(),
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal.aborted) return reject(signal.reason);
          const onAbort = () => {
            timeline.clear(id);
            reject(signal.reason);
          };
          const id = timeline.after(ms, () => {
            signal.removeEventListener("abort", onAbort);
            if (this.alive) resolve();
          });
          signal.addEventListener("abort", onAbort, { once: true });
        }),
    };
  }
}
