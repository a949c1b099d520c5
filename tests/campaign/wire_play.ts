/**
 * Plays one play of the wire campaign with the real program and real servers, and lets the referee judge each run. Holds no opinion of its
 * own.
 */
import { BucketAdmin } from "../bucket_admin.ts";
import { startSluice } from "../e2e/run_sluice.ts";
import { startEmbedded } from "../e2e/scene.ts";
import { randomBytes, withFolder } from "../e2e/trees.ts";
import { sendOss } from "../embedded/oss_client.ts";
import { startMinio, startVersitygw, type TestServer } from "../servers.ts";
import { right } from "../store/oss_under_test.ts";
import { FaultProxy } from "./fault_proxy.ts";
import { type Broken, judgeCleanRun, judgeRun, judgeUploads, readTold, type Told } from "./oracle.ts";
import { folderPlace, markOf, ossPlace, type Place, s3Place, type Snapshot } from "./place.ts";
import type { FaultyRun, PlaceKind, Play } from "./wire_script.ts";

/** The servers of a campaign, by kind of place; a kind that cannot be had here is missing. */
export type Servers = ReadonlyMap<PlaceKind, TestServer>;

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

let bucketCount = 0;

/** Starts all servers that are found; says aloud which are not. */
export async function startServers(): Promise<Servers> {
  const servers = new Map<PlaceKind, TestServer>([["embedded", await startEmbedded()], ["oss", await startEmbedded()]]);
  for (const [kind, start] of [["minio", startMinio], ["versitygw", startVersitygw]] as const) {
    const server = await start();
    if (server !== undefined) servers.set(kind, server);
    else console.warn(`NOT RUN with ${kind}: it was not found; put it on PATH or set SLUICE_${kind.toUpperCase()}`);
  }
  return servers;
}

/** One side of a play. */
interface Side {
  readonly place: Place;
  readonly proxy: FaultProxy | undefined;
  /** As the job names it. */
  readonly location: string;
  /** Its section of the job file. */
  readonly store: string;
}

/** Plays it; throws only when the test itself is broken. `meddle` gets at the destination behind everybody's back, before the clean run. */
export async function playWire(play: Play, servers: Servers, meddle?: (destination: Place) => Promise<void>): Promise<PlayReport> {
  return await withFolder(async (folder) => {
    const source = await openSide("source", play.pair[0], `${folder}/source`, servers);
    const destination = await openSide(
      "destination",
      play.pair[1],
      `${folder}/destination`,
      servers,
      play.oneAddress ? source.proxy : undefined,
    );
    try {
      return await new Stage(play, folder, source, destination).play(meddle);
    } finally {
      for (const side of [source, destination]) side.place.close();
      for (const proxy of new Set([source.proxy, destination.proxy])) await proxy?.close();
    }
  });
}

async function openSide(name: string, kind: PlaceKind, folder: string, servers: Servers, shared?: FaultProxy): Promise<Side> {
  if (kind === "folder") {
    await Deno.mkdir(folder);
    return { place: folderPlace(folder), proxy: undefined, location: `${folder}/`, store: "" };
  }
  const server = servers.get(kind);
  if (server === undefined) throw new Error(`${kind} was not started`);
  const bucket = `wire-${++bucketCount}`;
  const proxy = shared ?? await FaultProxy.start(server.endpoint);
  if (kind === "oss") {
    right(await sendOss(server, "PUT", `/${bucket}/`));
  } else {
    const admin = new BucketAdmin(server, bucket);
    await admin.create();
    admin.close();
  }
  const keys = {
    endpoint: proxy.endpoint,
    access_key_id: server.accessKeyId,
    secret_access_key: server.secretAccessKey,
    ...(kind === "oss" ? { type: "oss" } : { type: "s3", region: server.region, addressing: "path" }),
  };
  const place = kind === "oss" ? ossPlace(server, bucket) : s3Place(server, bucket);
  return { place, proxy, location: `${name}://${bucket}/`, store: section(`store.${name}`, keys) };
}

class Stage {
  readonly #play: Play;
  readonly #folder: string;
  readonly #source: Side;
  readonly #destination: Side;
  readonly #log: string[] = [];
  readonly #broken: Broken[] = [];
  readonly #codes: (number | undefined)[] = [];
  /** All that was said in all runs. */
  readonly #texts: string[] = [];

  constructor(play: Play, folder: string, source: Side, destination: Side) {
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
    let hung = false;
    const guard = setTimeout(() => {
      hung = true;
      started.child.kill("SIGKILL");
    }, HANG_MS);
    const { code, stdout, stderr, wallMs } = await started.finished;
    clearTimeout(guard);
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

function section(title: string, keys: Readonly<Record<string, string | number>>): string {
  return `[${title}]\n${Object.entries(keys).map(([key, value]) => `${key} = ${value}\n`).join("")}\n`;
}
