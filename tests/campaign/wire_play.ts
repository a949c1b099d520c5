/**
 * Plays one play of the wire campaign with the real program and real servers, and lets the referee judge each run. Holds no opinion of its
 * own.
 */
import { startSluice, untilEnd } from "../e2e/run_sluice.ts";
import { randomBytes } from "../e2e/trees.ts";
import { FaultProxy } from "./fault_proxy.ts";
import { type Broken, judgeCleanRun, judgeRun, judgeUploads, readTold, type Told } from "./oracle.ts";
import { markOf, type Place, type Snapshot } from "./place.ts";
import { section, type Servers, type Side, withSides } from "./sides.ts";
import type { FaultyRun, Play } from "./wire_script.ts";

/** What came of a play. */
export interface PlayReport {
  readonly broken: readonly Broken[];
  /** Exit codes, in order. */
  readonly codes: readonly (number | undefined)[];
  readonly fired: FaultProxy["fired"];
  /** What people need to see of a play that broke something. */
  readonly log: string;
}

/** A run that takes longer hangs; the slowest that should end takes a tenth of it. */
const HANG_MS = 240_000;

/** One side of a play. */
type WireSide = Side<FaultProxy>;

/** Plays it; throws only when the test itself is broken. `meddle` gets at the destination behind everybody's back, before the clean run. */
export async function playWire(play: Play, servers: Servers, meddle?: (destination: Place) => Promise<void>): Promise<PlayReport> {
  const { pair, oneAddress } = play;
  return await withSides(
    { pair, oneAddress, startProxy: FaultProxy.start },
    servers,
    ({ folder, source, destination }) => new Stage(play, folder, source, destination).play(meddle),
  );
}

class Stage {
  readonly #play: Play;
  readonly #folder: string;
  readonly #source: WireSide;
  readonly #destination: WireSide;
  readonly #log: string[] = [];
  readonly #broken: Broken[] = [];
  readonly #codes: (number | undefined)[] = [];
  /** All that was said in all runs. */
  readonly #texts: string[] = [];

  constructor(play: Play, folder: string, source: WireSide, destination: WireSide) {
    this.#play = play;
    this.#folder = folder;
    this.#source = source;
    this.#destination = destination;
  }

  async play(meddle?: (destination: Place) => Promise<void>): Promise<PlayReport> {
    const source = await this.#fill();
    const before = await this.#destination.place.snapshot();
    for (const faulty of this.#play.faulty) {
      this.#script(faulty);
      await this.#runAndJudge(source, before);
    }
    for (const proxy of this.#proxies) await proxy.calm();
    await meddle?.(this.#destination.place);
    const run = await this.#runAndJudge(source, before);
    const after = await this.#destination.place.snapshot();
    this.#broken.push(...judgeCleanRun({ source, before, after, run }));
    const open = await this.#destination.place.openUploads(source.keys());
    this.#broken.push(...judgeUploads(open, this.#texts));
    const fired = this.#proxies.flatMap((proxy) => proxy.fired);
    this.#note(fired.map(({ kind, request, target }) => `fired: ${kind} at ${request} ${target}`).join("\n"));
    return { broken: this.#broken, codes: this.#codes, fired, log: this.#log.join("\n") };
  }

  get #proxies(): FaultProxy[] {
    return [...new Set([this.#source.proxy, this.#destination.proxy])].filter((proxy) => proxy !== undefined);
  }

  /** Puts everything in its place; answers what the source holds. */
  async #fill(): Promise<Snapshot> {
    const { objects, seed } = this.#play;
    const source = new Map<string, string>();
    for (const [index, { key, sizeBytes, partBytes, oldBytes, stranger }] of objects.entries()) {
      const bytes = randomBytes(sizeBytes, seed * 100 + index);
      await this.#source.place.put(key, bytes, partBytes);
      source.set(key, await markOf(bytes));
      if (oldBytes !== undefined) await this.#destination.place.put(key, randomBytes(oldBytes, seed * 100 + 50 + index));
      if (stranger) await this.#destination.place.beginStranger(key, randomBytes(5 * 1024 * 1024, seed));
    }
    await this.#destination.place.put("of others", randomBytes(100, seed));
    return source;
  }

  #script({ source, destination }: FaultyRun): void {
    this.#source.proxy?.play(this.#source.proxy === this.#destination.proxy ? [...source, ...destination] : source);
    if (this.#source.proxy !== this.#destination.proxy) this.#destination.proxy?.play(destination);
  }

  async #runAndJudge(source: Snapshot, before: Snapshot): Promise<Told> {
    const run = await this.#run();
    this.#codes.push(run.code);
    if (run.code === undefined) this.#broken.push({ promise: "not well", saw: `a run hung: ${run.words.slice(-1000)}` });
    const after = await this.#destination.place.snapshot();
    this.#broken.push(...judgeRun({ source, before, after, run }));
    return run;
  }

  async #run(): Promise<Told> {
    const manifest = `${this.#folder}/${this.#codes.length}.ndjson`;
    const job = `${this.#folder}/job.ini`;
    const keys = { source: this.#source.location, destination: this.#destination.location, manifest, progress: "none", ...this.#play.job };
    await Deno.writeTextFile(job, this.#source.store + this.#destination.store + section("job.move", keys));
    const started = startSluice([job, "--set", "log_level=debug"]);
    const { code, stdout, stderr, wallMs, hung } = await untilEnd(started, HANG_MS);
    const words = `${stdout}${stderr}`;
    const told = await Deno.readTextFile(manifest).catch(() => "");
    this.#texts.push(told, words);
    this.#note(`--- run ${this.#codes.length}: ${hung ? "hung" : code} after ${Math.round(wallMs)} ms\n${words}\n${told}`);
    return { code: hung ? undefined : code, words, objects: readTold(told) };
  }

  #note(text: string): void {
    this.#log.push(text);
  }
}
