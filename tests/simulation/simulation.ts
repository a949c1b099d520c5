/**
 * One scenario from its beginning to the clean run at its end: stores are filled, runs begin, things go wrong, and after every event it is
 * asked whether a promise was broken.
 */
import { seededRandom } from "../../lib/pace/random.ts";
import type { Job } from "../../lib/job_types.ts";
import { makeJob } from "../plan/scripted_store.ts";
import { Bucket } from "./bucket.ts";
import { SOMEBODY } from "../store/stored.ts";
import { History } from "./history.ts";
import type { LineWorld } from "./line.ts";
import { newMatter, sizeOf, slice } from "./matter.ts";
import { boundLayout, checkClean, checkEnd, checkResult, infoOf, reusableBytes } from "./promises.ts";
import { type Happening, NO_FAULTS, type ObjectPlan, PART_BYTES, type Scenario, THRESHOLD_BYTES } from "./scenario.ts";
import { type RunWorld, SimRun } from "./sim_run.ts";
import type { Tampering } from "./sim_worker.ts";
import { settled, Timeline } from "./timeline.ts";

/** What came of a scenario. */
export interface Report {
  /** The first broken promise. */
  readonly trouble: string | undefined;
  readonly events: number;
  readonly virtualMs: number;
  /** What was seen, for the campaign to know that it sees anything: names with counts. */
  readonly seen: ReadonlyMap<string, number>;
}

/** Nothing is between sluice and the stores. */
export const UNTAMPERED: Tampering = { store: (store) => store, wire: (wire) => wire };

/** A run that needs more has no end. */
const EVENTS_MAX = 60_000;
const VIRTUAL_MS_MAX = 24 * 3_600_000;
const RUNS_MAX = 3;

/** Plays a scenario. Never throws for a broken promise: it is in the report. */
export async function simulate(scenario: Scenario, tamper: Tampering = UNTAMPERED): Promise<Report> {
  const simulation = new Simulation(scenario, tamper);
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    simulation.complain(`nothing thrown: unhandled rejection ${event.reason?.stack ?? event.reason}`);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  try {
    return await simulation.play();
  } finally {
    globalThis.removeEventListener("unhandledrejection", onRejection);
  }
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #timeline = new Timeline();
  readonly #random: () => number;
  readonly #world: LineWorld;
  readonly #source: Bucket;
  readonly #destination: Bucket;
  readonly #history: History;
  readonly #shared: RunWorld;
  readonly #runs: SimRun[] = [];
  readonly #seen = new Map<string, number>();
  readonly #happenings: Happening[];
  #trouble: string | undefined;

  constructor(scenario: Scenario, tamper: Tampering) {
    this.#scenario = scenario;
    this.#happenings = [...scenario.happenings];
    this.#random = seededRandom(scenario.seed);
    const now = () => this.#timeline.now();
    this.#world = {
      timeline: this.#timeline,
      random: this.#random,
      latencyMs: scenario.latencyMs,
      faults: scenario.faults,
      stormUntilMs: 0,
      together: false,
    };
    this.#source = new Bucket("source", scenario.source, now);
    this.#destination = new Bucket("destination", scenario.destination, now);
    this.#history = new History(this.#source, this.#destination, now, () => scenario.delete, (trouble) => this.complain(trouble));
    this.#shared = {
      scenario,
      world: this.#world,
      source: this.#source,
      destination: this.#destination,
      job: jobOf(scenario),
      tamper,
      onResult: (run, transfer, result) => {
        this.#note(result.outcome === "done" ? `done by ${result.evidence}` : `${result.outcome}`);
        if (result.outcome === "failed") this.#note(`failed: ${result.error.kind}`);
        if (result.effort.foundBytes > 0) this.#note("resumed");
        this.complain(checkResult(run, transfer, result, this.#history));
      },
    };
  }

  /** Remembers the first broken promise. */
  complain(trouble: string | undefined): void {
    this.#trouble ??= trouble;
  }

  async play(): Promise<Report> {
    this.#fill();
    this.#begin("A");
    await this.#goOn(() => this.#runs.every((run) => run.over));
    for (const run of this.#runs) this.#judge(run);
    if (this.#trouble === undefined) await this.#cleanRun();
    return { trouble: this.#trouble, events: this.#timeline.count, virtualMs: this.#timeline.now(), seen: this.#seen };
  }

  async #cleanRun(): Promise<void> {
    this.#world.faults = NO_FAULTS;
    this.#world.stormUntilMs = 0;
    this.#happenings.length = 0;
    // What is still on its way arrives.
    const until = this.#timeline.now() + 200_000;
    this.#timeline.after(200_000, () => {});
    while (await this.#timeline.step(until));
    const reusable = reusableBytes(this.#scenario, this.#source, this.#destination);
    const clean = this.#begin("clean");
    await this.#goOn(() => clean.over);
    this.#judge(clean);
    this.complain(checkClean(clean, this.#scenario, reusable, this.#source, this.#destination));
  }

  #begin(name: string): SimRun {
    const run = new SimRun(name, this.#shared);
    this.#history.beganMs.set(name, run.beganMs);
    this.#runs.push(run);
    run.begin();
    return run;
  }

  async #goOn(isOver: () => boolean): Promise<void> {
    while (!isOver() && this.#trouble === undefined) {
      const next = this.#happenings[0];
      if (next !== undefined && next.atEvent <= this.#timeline.count) {
        this.#happenings.shift();
        this.#happen(next);
        await settled();
        continue;
      }
      try {
        if (!await this.#timeline.step()) return this.complain("every run ends: nothing will ever happen again");
      } catch (error) {
        return this.complain(`nothing thrown: a message handler threw ${error instanceof Error ? error.stack : error}`);
      }
      if (this.#timeline.count > EVENTS_MAX || this.#timeline.now() > VIRTUAL_MS_MAX) {
        return this.complain("every run ends: it takes too many events or too long");
      }
    }
  }

  #judge(run: SimRun): void {
    if (run.crashed) return this.#note("run crashed");
    this.#note(run.allWell ? "run well" : run.end?.interrupted ? "run interrupted" : "run with failures");
    this.complain(checkEnd(run, this.#runs, this.#source, this.#destination, this.#history));
    for (const worker of run.workers) {
      if (!worker.killed) this.complain(run.end?.error || run.end?.interrupted ? undefined : worker.slotTrouble);
    }
  }

  #happen({ what, which }: Happening): void {
    const keys = this.#scenario.objects.map((_, index) => this.#keyOf(index));
    const key = keys[which % keys.length] ?? "";
    const running = this.#runs.filter((run) => !run.over);
    const run = running[which % running.length];
    this.#note(what);
    switch (what) {
      case "overwrite":
        return this.#putSource(key, this.#scenario.objects[which % keys.length] as ObjectPlan, which % 2 === 0);
      case "remove":
        return this.#source.delete(key, SOMEBODY);
      case "touch": {
        const stored = this.#source.objects.get(key);
        if (stored) {
          this.#source.put(key, stored.content, { checksum: stored.checksums.length > 0, partSizeBytes: stored.partSizeBytes });
        }
        return;
      }
      case "foreign write":
        return void this.#destination.put(key, newMatter(1 + which * 7, this.#random));
      case "expire uploads":
        return this.#destination.uploads.clear();
      case "kill worker": {
        const workers = run?.workers.filter((worker) => worker.alive) ?? [];
        return workers[which % workers.length]?.die("killed");
      }
      case "interrupt":
        return run?.interrupt();
      case "crash":
        return run?.crash();
      case "second run":
        this.#world.together = true;
        if (this.#runs.length < RUNS_MAX) this.#begin("BC"[this.#runs.length - 1] ?? "D");
    }
  }

  #fill(): void {
    for (const [index, plan] of this.#scenario.objects.entries()) {
      const key = this.#keyOf(index);
      this.#putSource(key, plan, true);
      this.#putBefore(key, plan);
      this.#putForeign(key, plan);
    }
    for (let index = 0; index < this.#scenario.extras; index++) {
      this.#destination.put(`${this.#keyOf(index)}-extra`, newMatter(100, this.#random));
    }
  }

  #putSource(key: string, plan: ObjectPlan, sameSize: boolean): void {
    const sizeBytes = sameSize ? plan.sizeBytes : Math.floor(plan.sizeBytes / 2) + 1;
    const matter = newMatter(sizeBytes, this.#random);
    this.#source.put(key, matter, { partSizeBytes: Math.min(plan.partSizeBytes, sizeBytes), checksum: plan.checksum });
  }

  #putBefore(key: string, plan: ObjectPlan): void {
    const stored = this.#source.objects.get(key);
    if (plan.before === "nothing" || stored === undefined) return;
    const sizeBytes = plan.before === "other size" ? plan.sizeBytes + 1 : plan.sizeBytes;
    const matter = plan.before === "same" ? stored.content : newMatter(sizeBytes, this.#random);
    this.#destination.put(key, matter, {
      partSizeBytes: plan.before === "same" ? stored.partSizeBytes : 0,
      lastModifiedMs: stored.lastModifiedMs - 1000,
    });
  }

  #putForeign(key: string, plan: ObjectPlan): void {
    const stored = this.#source.objects.get(key);
    if (plan.foreign === "none" || stored === undefined) return;
    const local = this.#scenario.destination.kind === "local";
    if (local || plan.foreign === "strange" || plan.foreign === "empty") {
      const layout = { sizeBytes: plan.sizeBytes, partSizeBytes: 77_777, partCount: 1 };
      const upload = this.#destination.createUpload(key, local ? { token: "another", layout } : {});
      if (plan.foreign !== "empty") this.#destination.putPart(upload.uploadId, 2, newMatter(77_777, this.#random));
      return;
    }
    const { layout } = boundLayout(this.#scenario, this.#source, this.#destination, infoOf(this.#source, key, stored), stored);
    const upload = this.#destination.createUpload(key);
    for (let partNumber = 1; partNumber <= layout.partCount; partNumber++) {
      const first = (partNumber - 1) * layout.partSizeBytes;
      const right = slice(stored.content, first, first + layout.partSizeBytes - 1);
      const wrong = plan.foreign === "right form, wrong bytes" || partNumber % 3 === 1;
      this.#destination.putPart(upload.uploadId, partNumber, wrong ? newMatter(sizeOf(right), this.#random) : right);
    }
  }

  #keyOf(index: number): string {
    const local = this.#scenario.source.kind === "local" || this.#scenario.destination.kind === "local";
    return (local ? FOLDER_KEYS : STORE_KEYS)[index] ?? `k${index}`;
  }

  #note(what: string): void {
    this.#seen.set(what, (this.#seen.get(what) ?? 0) + 1);
  }
}

/** Keys that do not sort as their numbers, where UTF-16 order is not UTF-8 order, and that no folder could hold together. */
const STORE_KEYS = ["m", "a/b", "a", "z/", "\u{1F600}", "\uFF5E", "a//c", ".."];
const FOLDER_KEYS = ["m", "a/b", "A", "z", "\u{1F600}", "\uFF5E", "a/c/d", "e\u0301"];

function jobOf(scenario: Scenario): Job {
  const place = (kind: string, name: string) => kind === "local" ? `/${name}` : `s3://${name}/`;
  const { workers, partsInFlight, objectsInFlight, bandwidthBytesPerSecond, retries } = scenario;
  const base = makeJob(place(scenario.source.kind, "source"), place(scenario.destination.kind, "destination"));
  return {
    ...base,
    compare: scenario.compare,
    delete: scenario.delete,
    // A world may remove every source object on purpose.
    allowEmptySource: true,
    rules: {
      ...base.rules,
      partSizeBytes: PART_BYTES,
      multipartThresholdBytes: THRESHOLD_BYTES,
      verify: scenario.verify,
      unfinished: scenario.unfinished,
    },
    tuning: { ...base.tuning, workers, partsInFlight, objectsInFlight, bandwidthBytesPerSecond, retries, retryDelayMs: 100 },
  };
}
