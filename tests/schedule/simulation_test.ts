/**
 * Whole runs on virtual time with workers that settle out of order and die at random points. Whatever happens, every planned transfer
 * gets exactly one result. SLUICE_SEED=n runs one seed only; SLUICE_SEEDS=n runs so many.
 */
import { assert, assertEquals } from "@std/assert";
import { runSchedule } from "../../lib/schedule/scheduler.ts";
import type { ScheduleOutcome } from "../../lib/schedule/options.ts";
import { CANCEL_GRACE_MS, GIB, WINDOW_BYTES_MAX, WINDOW_TRANSFERS_MAX } from "../../lib/limits.ts";
import type { WorkerCommand } from "../../lib/protocol.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import type { Transfer, TransferResult } from "../../lib/types.ts";
import { done, failed, FakeLink, gaveUp, settleMicrotasks, START, totals, transfer, VirtualClock } from "./rig.ts";
import { seedsToPlay } from "../test_seed.ts";

const THRESHOLD_BYTES = 16 * 1024 * 1024;
const OBJECTS_IN_FLIGHT = 8;

/** What may go wrong in one run, drawn from its seed. */
interface World {
  readonly random: () => number;
  readonly clock: VirtualClock;
  readonly workers: number;
  readonly planned: Transfer[];
  /** Chance that a worker dies before it says `ready`, and at each of its steps after. */
  readonly earlyDeath: number;
  readonly death: number;
  /** Ids of transfers under which every worker dies. */
  readonly poison: ReadonlySet<number>;
  readonly jobError: number;
  readonly deaf: number;
  readonly abortAfterMs: number | undefined;
  readonly planBreaks: boolean;
}

function drawWorld(seed: number): World {
  const random = seededRandom(seed);
  const count = Math.floor(random() ** 2 * 400);
  const bigs = random() < 0.5 ? 0 : random();
  const planned = Array.from({ length: count }, (_, id) => transfer(id, drawSize(random, bigs)));
  const calm = random() < 0.3;
  return {
    random,
    clock: new VirtualClock(),
    workers: 1 + Math.floor(random() * 4),
    planned,
    earlyDeath: calm || random() < 0.7 ? 0 : 0.1,
    death: calm ? 0 : random() * 0.05,
    poison: new Set(calm ? [] : planned.filter(() => random() < 0.01).map((item) => item.id)),
    jobError: random() < 0.9 ? 0 : 0.01,
    deaf: random() < 0.8 ? 0 : 0.3,
    abortAfterMs: random() < 0.75 ? undefined : Math.floor(random() * 3000),
    planBreaks: random() < 0.05,
  };
}

function drawSize(random: () => number, bigs: number): number {
  if (random() >= bigs) return Math.floor(random() * THRESHOLD_BYTES);
  return Math.floor(THRESHOLD_BYTES + random() ** 4 * 20 * GIB);
}

/** A worker that settles what it holds, a few at a time and in any order, until it dies. */
class SimWorker {
  readonly link: FakeLink;
  readonly open = new Map<number, Transfer>();
  readonly #world: World;
  #dead = false;
  #draining = false;
  #stepping = false;

  constructor(workerId: number, world: World) {
    this.#world = world;
    this.link = new FakeLink(workerId, (command) => this.#hear(command));
    this.#later(() => {
      if (this.#chance(world.earlyDeath)) return this.#die();
      this.link.onEvent({ type: "ready" });
    });
  }

  #hear(command: WorkerCommand): void {
    if (this.#dead) return;
    if (command.type === "assign") {
      for (const item of command.transfers) this.open.set(item.id, item);
      this.#checkWindow();
    }
    if (command.type === "drain") this.#draining = true;
    if (command.type === "cancel") {
      if (this.#chance(this.#world.deaf)) this.#dead = true;
      else this.#later(() => this.#settle([...this.open.values()].map(gaveUp)));
    }
    this.#step();
  }

  #checkWindow(): void {
    const items = [...this.open.values()];
    assert(items.length <= WINDOW_TRANSFERS_MAX, "window by count");
    const sizes = items.map((item) => item.source.sizeBytes).filter((size) => size >= THRESHOLD_BYTES);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert(sizes.length <= 1 || bytes <= WINDOW_BYTES_MAX, "window by bytes");
  }

  #step(): void {
    if (this.#stepping || (this.open.size === 0 && !this.#draining)) return;
    this.#stepping = true;
    this.#later(() => {
      this.#stepping = false;
      if (this.#chance(this.#world.death)) return this.#die();
      const some = [...this.open.values()].filter(() => this.#chance(0.3));
      if (some.some((item) => this.#world.poison.has(item.id))) return this.#die();
      this.#settle(some.map((item) => this.#result(item)));
      if (this.#draining && this.open.size === 0) this.link.onEvent({ type: "drained", totals: totals() });
      else this.#step();
    });
  }

  #result(item: Transfer): TransferResult {
    if (this.#chance(this.#world.jobError)) return failed(item, "storage");
    return this.#chance(0.1) ? failed(item, "denied") : done(item);
  }

  #settle(results: TransferResult[]): void {
    const fresh = results.filter((result) => this.open.delete(result.id));
    if (fresh.length > 0) this.link.settle(...fresh);
  }

  #die(): void {
    this.#dead = true;
    this.link.die();
    if (this.#chance(0.2)) this.link.die();
  }

  #later(run: () => void): void {
    this.#world.clock.setTimeout(() => {
      if (!this.#dead && !this.link.terminated) run();
    }, Math.floor(this.#world.random() * 50));
  }

  #chance(probability: number): boolean {
    return this.#world.random() < probability;
  }
}

async function simulate(world: World): Promise<{ outcome: ScheduleOutcome; results: TransferResult[]; pulled: number[] }> {
  const { clock, random } = world;
  const results: TransferResult[] = [];
  const pulled: number[] = [];
  const abort = new AbortController();
  if (world.abortAfterMs !== undefined) clock.setTimeout(() => abort.abort(), world.abortAfterMs);
  async function* plan(): AsyncGenerator<Transfer> {
    for (const item of world.planned) {
      if (random() < 0.02) await new Promise<void>((resolve) => clock.setTimeout(resolve, Math.floor(random() * 100)));
      if (world.planBreaks && random() < 0.01) throw new Error("listing broke");
      if (!abort.signal.aborted) pulled.push(item.id);
      yield item;
    }
  }
  let outcome: ScheduleOutcome | undefined;
  let broken: unknown;
  runSchedule({
    transfers: plan(),
    spawn: (workerId) => new SimWorker(workerId, world).link,
    start: () => START,
    tuning: { workers: world.workers, objectsInFlight: OBJECTS_IN_FLIGHT, bandwidthBytesPerSecond: random() < 0.5 ? 0 : 1000 },
    multipartThresholdBytes: THRESHOLD_BYTES,
    clock,
    refreshCredentials: () => Promise.reject(new Error("not expected")),
    onResult: (result) => results.push(result),
    onTotals: () => {},
    signal: abort.signal,
  }).then((value) => outcome = value, (error) => broken = error);
  await settleMicrotasks();
  while (outcome === undefined && broken === undefined) {
    assert(clock.fireNext(), "nothing will ever happen again");
    await settleMicrotasks();
  }
  if (broken !== undefined) throw broken;
  assert(outcome !== undefined);
  return { outcome, results, pulled };
}

function checkRun(world: World, outcome: ScheduleOutcome, results: TransferResult[], pulled: number[]): void {
  const ids = results.map((result) => result.id);
  assertEquals(new Set(ids).size, ids.length, "a transfer has two results");
  const stopped = outcome.error !== undefined || outcome.interrupted;
  // The one pull that runs while the job stops is dropped, so it has no result.
  assert(pulled.length - ids.length <= (stopped ? 1 : 0), `${pulled.length} were pulled and ${ids.length} have a result`);
  if (stopped) return;
  assertEquals(ids.length, world.planned.length);
  assertEquals(results.filter((result) => result.outcome === "cancelled").length, 0);
  const poisoned = results.filter((result) => world.poison.has(result.id));
  for (const result of poisoned) assert(result.outcome === "failed" && result.error.kind === "crash", "poison must crash");
}

const SEEDS = seedsToPlay(2000);

Deno.test("runSchedule() gives every planned transfer exactly one result, whoever dies", async () => {
  const seen = { well: 0, stopped: 0, interrupted: 0, crashed: 0 };
  for (const seed of SEEDS) {
    try {
      const world = drawWorld(seed);
      const { outcome, results, pulled } = await simulate(world);
      checkRun(world, outcome, results, pulled);
      assert(world.clock.now() < 1_000_000 + CANCEL_GRACE_MS, "took too long");
      seen[outcome.interrupted ? "interrupted" : outcome.error !== undefined ? "stopped" : "well"]++;
      if (results.some((result) => result.outcome === "failed" && result.error.kind === "crash")) seen.crashed++;
    } catch (error) {
      throw new Error(`Seed ${seed} broke a promise (run it alone with SLUICE_SEED=${seed})`, { cause: error });
    }
  }
  if (SEEDS.length < 1000) return;
  // A simulation in which nothing goes wrong proves nothing.
  assert(Math.min(...Object.values(seen)) > 50, JSON.stringify(seen));
});
