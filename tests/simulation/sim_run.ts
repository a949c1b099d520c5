/**
 * One run of the job in the simulation: the real runJob with simulated workers, stores and time, and what it said.
 */
import { TransferError } from "../../lib/errors.ts";
import type { DigestReader } from "../../lib/plan/plan_input.ts";
import { Summary } from "../../lib/report/summary.ts";
import type { OpenSide, OpenSides } from "../../lib/run/open_sides.ts";
import { type RunEnd, runJob } from "../../lib/run/run_job.ts";
import type { Job } from "../../lib/job_types.ts";
import type { Credentials, PlanItem, ReadyStore, Side, Transfer, TransferResult } from "../../lib/types.ts";
import type { Bucket } from "./bucket.ts";
import { type Client, Line, type LineWorld } from "./line.ts";
import { digestsOf, slice } from "./matter.ts";
import type { Scenario } from "./scenario.ts";
import { SimStore } from "./sim_store.ts";
import { SimWorker, type Tampering } from "./sim_worker.ts";

/** What all runs of a simulation share. */
export interface RunWorld {
  readonly scenario: Scenario;
  readonly world: LineWorld;
  readonly source: Bucket;
  readonly destination: Bucket;
  readonly job: Job;
  readonly tamper: Tampering;
  readonly onResult: (run: SimRun, transfer: Transfer | undefined, result: TransferResult) => void;
}

/** See the file comment. */
export class SimRun implements Client {
  alive = true;
  readonly beganMs: number;
  readonly workers: SimWorker[] = [];
  readonly items: PlanItem[] = [];
  readonly transfers = new Map<number, Transfer>();
  readonly results = new Map<number, TransferResult>();
  readonly summary = new Summary();
  planEnded = false;
  end: RunEnd | undefined;
  /** What runJob threw: it must throw nothing. */
  broken: unknown;
  crashed = false;
  readonly job: Job;
  readonly sides: OpenSides;
  readonly #abort = new AbortController();
  readonly #shared: RunWorld;

  constructor(readonly name: string, shared: RunWorld) {
    this.#shared = shared;
    this.beganMs = shared.world.timeline.now();
    this.job = shared.job;
    this.sides = this.#openSides();
  }

  /** Main asks its own provider before each request. */
  readonly authorize = (): Promise<void> => Promise.resolve();

  get over(): boolean {
    return this.crashed || this.end !== undefined || this.broken !== undefined;
  }

  /** What exit code 0 stands for. */
  get allWell(): boolean {
    return this.end !== undefined && !this.end.error && !this.end.interrupted && this.summary.failed === 0 && this.summary.cancelled === 0;
  }

  begin(): void {
    const { job, scenario } = this.#shared;
    const { world } = this.#shared;
    runJob({
      job,
      sides: this.sides,
      hooks: {},
      observer: {
        onPlanItem: (item) => {
          this.items.push(item);
          if (item.kind === "transfer") this.transfers.set(item.transfer.id, item.transfer);
        },
        onPlanEnd: () => void (this.planEnded = true),
        onResult: (result) => {
          this.#shared.onResult(this, this.transfers.get(result.id), result);
          this.results.set(result.id, result);
        },
      },
      signal: this.#abort.signal,
      engine: {
        spawn: (workerId) => this.#spawn(workerId),
        clock: {
          now: () => world.timeline.now(),
          setTimeout: (run, delayMs) => world.timeline.after(delayMs, () => this.alive && run()),
          clearTimeout: (id) => world.timeline.clear(id),
        },
        random: world.random,
        seed: (workerId) => scenario.seed + workerId,
        digest: this.#digest,
      },
    }, this.summary).then((end) => this.end = end, (error) => this.broken = error);
  }

  /** The first Ctrl-C. */
  interrupt(): void {
    this.#abort.abort();
  }

  /** The whole process is killed. */
  crash(): void {
    this.crashed = true;
    this.alive = false;
    for (const worker of this.workers) worker.terminate();
  }

  #spawn(workerId: number): SimWorker {
    const { world, source, destination, scenario, tamper } = this.#shared;
    const worker = new SimWorker(`${this.name}/${workerId}`, {
      world,
      source,
      destination,
      serverSide: scenario.serverSide,
      pageEntries: scenario.pageEntries,
      tamper,
      checkCredentials: (_side, credentials) => {
        if (credentials?.expiresAtMs === undefined || credentials.expiresAtMs > world.timeline.now()) return;
        throw new TransferError("credentials", "ExpiredToken", { code: "ExpiredToken" });
      },
    });
    this.workers.push(worker);
    return worker;
  }

  #openSides(): OpenSides {
    const { source, destination, scenario } = this.#shared;
    return {
      source: this.#side(source, "source"),
      destination: this.#side(destination, "destination"),
      serverSideCopy: scenario.serverSide,
      caseInsensitive: false,
      close() {},
    };
  }

  #side(bucket: Bucket, side: Side): OpenSide {
    const { world, source, scenario, tamper } = this.#shared;
    const store = tamper.store(new SimStore(bucket, side, new Line(world, this), scenario.pageEntries, source), side);
    if (bucket.traits.kind === "local") return { ready: { type: "local", name: side, bucket: bucket.name }, store, credentials: undefined };
    const ready: ReadyStore = {
      type: "s3",
      name: side,
      bucket: bucket.name,
      baseUrl: `https://example.org/${bucket.name}`,
      pathStyle: true,
      region: "us-east-1",
      credentials: this.#credentials(),
      requesterPays: false,
      capabilities: bucket.capabilities,
    };
    return { ready, store, credentials: () => this.#refresh() };
  }

  #credentials(): Credentials {
    const { scenario, world } = this.#shared;
    const keys = { accessKeyId: "id", secretAccessKey: "secret" };
    return scenario.credentialsMs === 0 ? keys : { ...keys, expiresAtMs: world.timeline.now() + scenario.credentialsMs };
  }

  /** The provider answers after a while, and sometimes not at all. */
  #refresh(): Promise<Credentials> {
    const { world } = this.#shared;
    const fails = world.random() < world.faults.refresh;
    return new Promise((resolve, reject) => {
      world.timeline.after(world.random() ** 2 * 20_000, () => {
        if (!this.alive) return;
        if (fails) reject(new TransferError("credentials", "The provider does not answer"));
        else resolve(this.#credentials());
      });
    });
  }

  readonly #digest: DigestReader = async ({ side, object, range, algorithms }, signal) => {
    const bucket = side === "source" ? this.#shared.source : this.#shared.destination;
    return await new Line(this.#shared.world, this).ask({
      side,
      operation: "digest",
      signal,
      effect: () => {
        const { content: matter } = bucket.read(object.key, object);
        return digestsOf(range === undefined ? matter : slice(matter, range.first, range.last), algorithms);
      },
    });
  };
}
