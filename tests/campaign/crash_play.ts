/**
 * Plays one play of the crash campaign: the real program against real servers, killed as the script says, then run once more in peace. The
 * referee judges every round; this file only says what happened and must never excuse any of it.
 */
import { carriesObject, CountingProxy, type Exchange } from "../e2e/counting_proxy.ts";
import { type StartedSluice, startSluice, untilEnd } from "../e2e/run_sluice.ts";
import { randomBytes } from "../e2e/trees.ts";
import { type KnownObject, movedBytes, provableBytes, readBytes, refusedBytes, ruleFor } from "./crash_ledger.ts";
import type { CrashObject, CrashPlay, Death, Moment } from "./crash_script.ts";
import { type Broken, judgeCleanRun, judgeManifest, judgeRun, judgeUploads, readTold, type Told } from "./oracle.ts";
import { markOf, type OpenUpload, type Snapshot } from "./place.ts";
import { kindOf } from "./http_exchange.ts";
import { section, type Servers, type Side, withSides } from "./sides.ts";

/** What came of a play. */
export interface CrashReport {
  readonly broken: readonly Broken[];
  /** Runs that a signal ended, by signal. */
  readonly killed: readonly Deno.Signal[];
  /** Rounds with two runs at once. */
  readonly pairs: number;
  /** Exit codes of the runs that ended by themselves. */
  readonly codes: readonly number[];
  /** Uploads of which nobody lived to tell: their object was finished by another run that died as well. */
  readonly orphans: number;
  /** Bytes that the clean run sent although they lay whole and provable at the destination. */
  readonly sentAgain: number;
  /** Bytes that the clean run sent and the destination refused. */
  readonly refused: number;
  /** Bytes that the clean run did not have to send. */
  readonly spared: number;
  /** What people need to see of a play that broke something. */
  readonly log: string;
}

/** One side of a play. */
type CrashSide = Side<CountingProxy>;

/** What a test of the campaign itself does to a destination behind its back, at the end of a round or of the clean run. */
export interface Mischief {
  readonly at: "round" | "clean run";
  readonly play: (destination: Pick<CrashSide, "location" | "place" | "proxy">) => Promise<unknown>;
}

/** One run of the program with its manifest. */
interface Run {
  readonly started: StartedSluice;
  readonly manifest: string;
}

/** A run that takes longer hangs; the slowest that should end takes a tenth of it. */
const HANG_MS = 240_000;
const MIB = 1024 * 1024;

/** Plays it; throws only when the test itself is broken. */
export async function playCrash(play: CrashPlay, servers: Servers, mischief?: Mischief): Promise<CrashReport> {
  const { pair, sameAddress: oneAddress } = play;
  const wanted = { pair, oneAddress, startProxy: (endpoint: string) => new CountingProxy(endpoint) };
  return await withSides(
    wanted,
    servers,
    ({ folder, source, destination }) => new Stage(play, folder, source, destination, mischief).play(),
  );
}

class Stage {
  readonly #play: CrashPlay;
  readonly #folder: string;
  readonly #source: CrashSide;
  readonly #destination: CrashSide;
  readonly #mischief: Mischief | undefined;
  readonly #objects: KnownObject[] = [];
  readonly #log: string[] = [];
  readonly #broken: Broken[] = [];
  /** Keys that any run has told as done. */
  readonly #done = new Set<string>();
  /** Keys of which an upload was begun after anybody had looked. */
  readonly #unseen = new Set<string>();
  #orphans = 0;
  readonly #strangers = new Set<string>();
  readonly #killed: Deno.Signal[] = [];
  readonly #codes: number[] = [];
  /** All that was said in all runs. */
  readonly #texts: string[] = [];
  #runs = 0;
  #pairs = 0;

  constructor(play: CrashPlay, folder: string, source: CrashSide, destination: CrashSide, mischief: Mischief | undefined) {
    this.#play = play;
    this.#folder = folder;
    this.#source = source;
    this.#destination = destination;
    this.#mischief = mischief;
  }

  async play(): Promise<CrashReport> {
    const source = await this.#fill();
    let before = await this.#destination.place.snapshot();
    for (const death of this.#play.deaths) before = await this.#round(death, source, before);
    const economy = await this.#cleanRun(source, before);
    return {
      broken: this.#broken,
      killed: this.#killed,
      pairs: this.#pairs,
      codes: this.#codes,
      orphans: this.#orphans,
      ...economy,
      log: this.#log.join("\n"),
    };
  }

  get #proxies(): CountingProxy[] {
    return [...new Set([this.#source.proxy, this.#destination.proxy])].filter((proxy) => proxy !== undefined);
  }

  /** Puts everything in its place; answers what the source holds. */
  async #fill(): Promise<Snapshot> {
    const { objects, seed, mirror } = this.#play;
    const { place } = this.#destination;
    for (const [index, { key, oldBytes, stranger }] of objects.entries()) {
      if (oldBytes !== undefined) await place.put(key, randomBytes(oldBytes, seed * 100 + 50 + index));
      if (stranger) await place.beginStranger(key, randomBytes(5 * MIB, seed));
    }
    for (const { uploadId } of await place.openUploads(objects.map(({ key }) => key))) this.#strangers.add(uploadId);
    for (const key of mirror ? ["a/extra", "many/00.extra", "z/zz"] : ["of others"]) await place.put(key, randomBytes(100, seed));
    const source = new Map<string, string>();
    for (const [index, object] of objects.entries()) source.set(object.key, await this.#putSource(object, seed * 100 + index));
    return source;
  }

  async #putSource({ key, sizeBytes, partBytes }: CrashObject, stream: number): Promise<string> {
    const bytes = randomBytes(sizeBytes, stream);
    await this.#source.place.put(key, bytes, partBytes);
    this.#objects.push({ key, bytes, partBytes: this.#play.pair[0] === "folder" ? undefined : partBytes });
    return await markOf(bytes);
  }

  /** One or two runs up to their end, whichever it is; answers what stands at the destination then. */
  async #round(death: Death, source: Snapshot, before: Snapshot): Promise<Snapshot> {
    this.#note(`=== ${JSON.stringify(death)}`);
    const over = new AbortController();
    const moment = this.#moment(death.moment, over.signal);
    const runs = [await this.#start()];
    if (death.company !== "alone") runs.push(await this.#start());
    if (runs.length === 2) this.#pairs++;
    const ended = Promise.all(runs.map(({ started }) => started.finished)).then(() => "ended" as const);
    const came = await Promise.race([moment.then(() => "moment" as const), ended]);
    over.abort();
    const doomed = came === "ended" ? [] : death.company === "one dies" ? runs.slice(0, 1) : runs;
    for (const { started } of doomed) kill(started, death.signal);
    // A run that may say goodbye needs its connections for that, and so does one that lives on.
    if (death.signal !== "SIGKILL") { for (const proxy of this.#proxies) proxy.letGo(); }
    await Promise.all(doomed.map(({ started }) => started.finished));
    for (const proxy of this.#proxies) {
      if (death.lastWords || death.company === "one dies") proxy.letGo();
      else proxy.release();
    }
    const told: Told[] = [];
    for (const run of runs) told.push(await this.#end(run, doomed.includes(run) ? death.signal : undefined));
    for (const proxy of this.#proxies) await proxy.quiet();
    if (runs.length === 2 && doomed.length > 0) this.#noteUnseen();
    if (this.#mischief?.at === "round") await this.#mischief.play(this.#destination);
    const after = await this.#destination.place.snapshot();
    for (const run of told) this.#broken.push(...judgeRun({ source, before, after, run, deletes: this.#play.mirror }));
    await this.#judgeSource(source);
    return after;
  }

  async #cleanRun(source: Snapshot, before: Snapshot): Promise<Pick<CrashReport, "sentAgain" | "refused" | "spared">> {
    const { place } = this.#destination;
    const spared = await provableBytes(this.#objects, source, before, place, ruleFor(this.#source.place, place));
    this.#note(`=== clean run, ${spared} bytes lie provable`);
    for (const proxy of this.#proxies) proxy.reset();
    const run = await this.#end(await this.#start());
    if (this.#mischief?.at === "clean run") await this.#mischief.play(this.#destination);
    const after = await place.snapshot();
    const trial = { source, before, after, run, deletes: this.#play.mirror };
    this.#broken.push(...judgeRun(trial), ...judgeCleanRun(trial), ...judgeManifest(source, run));
    this.#broken.push(...judgeUploads(await this.#left(source, run), this.#texts));
    await this.#judgeSource(source);
    const total = this.#objects.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const moved = this.#moved();
    const sentAgain = Math.max(0, moved - (total - spared));
    if (sentAgain > 0) {
      const saw = `${moved} bytes were moved, ${spared} of ${total} lay provable at the destination: ${sentAgain} too many`;
      this.#broken.push({ promise: "sent again", saw });
    }
    return { sentAgain, refused: refusedBytes(this.#destination.proxy?.exchanges ?? []), spared };
  }

  /**
   * Unfinished uploads, but for those that nobody can have told of, as their objects needed no move any more: strangers', and those of a
   * run that died while another one finished the object, where that one died as well, or had looked for the last time before.
   */
  async #left(source: Snapshot, run: Told): Promise<OpenUpload[]> {
    const skipped = new Set(run.objects.filter(({ outcome }) => outcome === "skipped").map(({ key }) => key));
    const open = await this.#destination.place.openUploads(source.keys());
    const orphans = open.filter(({ key }) => skipped.has(key) && (!this.#done.has(key) || this.#unseen.has(key)));
    this.#orphans = orphans.filter(({ uploadId }) => !this.#strangers.has(uploadId)).length;
    return open.filter((upload) => !orphans.includes(upload) && !(skipped.has(upload.key) && this.#strangers.has(upload.uploadId)));
  }

  /** Object bytes on the wire since the last reset, to the destination or into the folder. */
  #moved(): number {
    const { proxy } = this.#destination;
    if (proxy === undefined) return readBytes(this.#source.proxy?.exchanges ?? []);
    // versitygw refuses to complete what it has copied under a declared checksum: each run learns that anew, and has it copied once more.
    const counted = proxy.exchanges.filter((exchange) => this.#destination.place.kind !== "versitygw" || carriesObject(exchange));
    return movedBytes(counted, (copied) => {
      const at = this.#objects.find(({ key }) => decodeURIComponent(copied).split("?")[0]?.endsWith(`/${key}`));
      if (at === undefined) throw new Error(`Copied from somewhere else: ${copied}`);
      return at.bytes.length;
    });
  }

  /** Two runs work on one partial file in a folder, where nobody can say who began it. */
  #noteUnseen(): void {
    const { proxy } = this.#destination;
    if (proxy === undefined) { for (const { key } of this.#objects) this.#unseen.add(key); }
    else for (const key of begunUnseen(proxy.exchanges)) this.#unseen.add(key);
  }

  async #judgeSource(source: Snapshot): Promise<void> {
    const now = await this.#source.place.snapshot();
    for (const [key, mark] of source) {
      if (now.get(key) !== mark) this.#broken.push({ promise: "lost object", saw: `at the source ${key} is ${now.get(key)}` });
    }
  }

  /** Resolves when it comes; stops looking when `over` is aborted. */
  #moment(moment: Moment, over: AbortSignal): Promise<void> {
    if (moment.side === "folder") return written(this.#destination.location, moment.count, over);
    const proxy = (moment.side === "source" ? this.#source : this.#destination).proxy;
    if (proxy === undefined) throw new Error("There is no wire on that side");
    for (const each of this.#proxies) each.reset();
    if (moment.after === "bytes") return proxy.holdAfter(moment.direction, moment.bytes);
    if (moment.after === "requests") return proxy.holdWhen((_, what) => what === "asked" && proxy.exchanges.length >= moment.count);
    let seen = 0;
    return proxy.holdWhen(({ head }, what) => what === moment.after && kindOf(head) === moment.kind && ++seen === moment.nth);
  }

  async #start(): Promise<Run> {
    const { job, partMib } = this.#play;
    const number = this.#runs++;
    const manifest = `${this.#folder}/${number}.ndjson`;
    const path = `${this.#folder}/${number}.ini`;
    const keys = {
      source: this.#source.location,
      destination: this.#destination.location,
      manifest,
      part_size: `${partMib[number % partMib.length]} MiB`,
      progress: "none",
      ...job,
    };
    await Deno.writeTextFile(path, this.#source.store + this.#destination.store + section("job.move", keys));
    return { started: startSluice([path, "--set", "log_level=debug"]), manifest };
  }

  /** Waits for the end of a run; `sent` is the signal that it was sent. */
  async #end({ started, manifest }: Run, sent?: Deno.Signal): Promise<Told> {
    const { code, signal, stdout, stderr, wallMs, hung } = await untilEnd(started, HANG_MS);
    const words = `${stdout}${stderr}`;
    const told = await Deno.readTextFile(manifest).catch(() => "");
    this.#texts.push(words, told);
    this.#note(`--- ${manifest} ended with ${hung ? "nothing" : signal ?? code} after ${Math.round(wallMs)} ms\n${words}\n${told}`);
    if (hung) this.#broken.push({ promise: "not well", saw: `a run hung: ${words.slice(-1000)}` });
    if (sent !== undefined && (signal !== null || code === 130)) this.#killed.push(sent);
    else this.#codes.push(code);
    const objects = readTold(told);
    for (const { outcome, key } of objects) if (outcome === "done" && key !== undefined) this.#done.add(key);
    return { code: signal === null ? code : undefined, words, objects };
  }

  #note(text: string): void {
    this.#log.push(text);
  }
}

/** Keys whose uploads were asked for before the last one was begun, and not after. */
function begunUnseen(exchanges: readonly Exchange[]): string[] {
  const unseen = new Set<string>();
  for (const { head } of exchanges) {
    const [path = "", query = ""] = head.target.split("?");
    const kind = kindOf(head);
    if (kind === "create") unseen.add(decodeURIComponent(path.split("/").slice(2).join("/")));
    if (kind === "list uploads") unseen.delete(new URLSearchParams(query).get("prefix") ?? "");
  }
  return [...unseen];
}

/** Resolves at the n-th thing that happens below a folder. */
async function written(folder: string, count: number, over: AbortSignal): Promise<void> {
  const watcher = Deno.watchFs(folder);
  over.addEventListener("abort", () => watcher.close());
  let seen = 0;
  for await (const { kind } of watcher) if (kind !== "access" && ++seen >= count) return;
}

function kill({ child }: StartedSluice, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // Ended in the same moment.
  }
}
