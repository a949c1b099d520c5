/** The contests with their goals: the same work for sluice and for every peer that can do it. */
import type { PeerName } from "../peers.ts";
import { Arena, type JobKeys, storeSection } from "./arena.ts";
import { type Contest, type Goal, present } from "./contest.ts";
import { startListingStore } from "./listing_store.ts";
import type { Invocation } from "./measure.ts";
import { ossToS3 } from "./oss_contest.ts";
import { peerArgs, type Route } from "./peer_commands.ts";
import { describeTree, inBucket, namesOf, onDisk, type Trees } from "./trees.ts";

/** A contest that is prepared when its turn comes. `close` ends what only this contest needed. */
export interface ContestMaker {
  readonly name: string;
  /** `python` counts what its preparations run. */
  make(arena: Arena, python: string): Promise<Contest & { close?(): Promise<void> }>;
}

/** Copying one tree. */
export interface Work {
  readonly name: string;
  readonly tree: keyof Trees;
  readonly route: Route;
  readonly peers: readonly PeerName[];
  /** The destination has everything already. */
  readonly nothing?: boolean;
  readonly tls?: boolean;
  /** Further ways to run sluice, by what the table calls them. */
  readonly variants?: Readonly<Record<string, JobKeys>>;
  readonly goals: readonly Goal[];
}

const NEAR: readonly PeerName[] = ["s5cmd", "mc", "rclone", "aws"];
const ACROSS: readonly PeerName[] = ["mc", "rclone"];
const PART_SIZES = { "sluice, parts of 8 MiB": { part_size: "8 MiB" }, "sluice, parts of 512 MiB": { part_size: "512 MiB" } };

const WORKS: readonly Work[] = [
  {
    name: "bucket-to-bucket",
    tree: "big",
    route: "across",
    peers: ACROSS,
    variants: PART_SIZES,
    goals: [cpu(0.5, "mc"), cpu(0.28, "rclone"), ...["sluice", ...Object.keys(PART_SIZES)].map((tool) => peak(100, tool))],
  },
  { name: "tls", tree: "big", route: "across", peers: ACROSS, tls: true, goals: [cpu(0.8, "mc")] },
  { name: "upload", tree: "big", route: "up", peers: NEAR, goals: [cpu(0.6, "s5cmd"), cpu(0.8, "mc"), peak(110)] },
  {
    name: "download",
    tree: "big",
    route: "down",
    peers: NEAR,
    variants: { "sluice, not verified": { verify: "size" } },
    goals: [cpu(0.8, "s5cmd"), cpu(0.9, "mc", "sluice, not verified"), peak(100)],
  },
  {
    name: "small-bucket-to-bucket",
    tree: "small",
    route: "across",
    peers: ACROSS,
    goals: [cpu(0.4, "rclone"), cpu(0.45, "mc"), wall(0.6, "rclone")],
  },
  { name: "small-upload", tree: "small", route: "up", peers: NEAR, goals: [cpu(0.8, "s5cmd"), wall(0.9, "s5cmd")] },
  { name: "small-download", tree: "small", route: "down", peers: NEAR, goals: [cpu(0.8, "s5cmd"), wall(0.9, "s5cmd")] },
  { name: "medium-upload", tree: "medium", route: "up", peers: NEAR, goals: [cpu(0.8, "s5cmd"), peak(110)] },
  { name: "medium-download", tree: "medium", route: "down", peers: NEAR, goals: [cpu(0.8, "s5cmd"), peak(110)] },
  {
    name: "tiny",
    tree: "tiny",
    route: "across",
    peers: ACROSS,
    goals: [{ tool: "sluice", metric: "cpuSeconds", most: 0.2 }, peak(80)],
  },
  { name: "nothing-to-do", tree: "small", route: "up", peers: NEAR, nothing: true, goals: [cpu(1, "mc")] },
];

/** All contests, in the order in which they run. */
export const CONTESTS: readonly ContestMaker[] = [
  ...WORKS.map((work) => ({ name: work.name, make: (arena: Arena) => work.tls ? overTls(work, arena) : copying(work, arena) })),
  { name: "oss-to-s3", make: ossToS3 },
  { name: "listing", make: (arena) => listing(arena, arena.options.listedKeys) },
];

/** A contest of its own servers. */
async function overTls(work: Work, { options }: Arena): Promise<Contest & { close(): Promise<void> }> {
  const arena = await Arena.open(options, true);
  if (arena === undefined) throw new Error("MinIO was there a moment ago and is not now");
  const contest = await copying(work, arena);
  return { ...contest, title: `${contest.title} over TLS`, close: () => arena.close() };
}

/** Copying a tree by one route. */
export async function copying(work: Work, arena: Arena): Promise<Contest> {
  const { route, nothing = false } = work;
  const tree = arena.trees[work.tree];
  const object = tree.count === 1 ? namesOf(tree)[0] : undefined;
  const place = `${tree.name}/${object ?? ""}`;
  const out = `${arena.folder}/out`;
  await onDisk(arena.folder, tree);
  if (route !== "up") await inBucket(arena.folder, tree, arena.source);
  await arena.destination.removeAll();
  if (nothing) await inBucket(arena.folder, tree, arena.destination);
  const keys = {
    source: route === "up" ? `${arena.folder}/${place}` : `left://source/${place}`,
    destination: route === "down" ? `${out}/${place}` : `right://destination/${place}`,
  };
  const errand = {
    route,
    folder: `${route === "up" ? arena.folder : out}/${tree.name}`,
    prefix: tree.name,
    sync: nothing,
    ...(object !== undefined && { object }),
    ...(arena.caFile !== undefined && { caFile: arena.caFile }),
  };
  const entries: [string, Invocation | undefined][] = await arena.sluice(keys);
  for (const tool of work.peers) {
    const args = peerArgs(tool, errand);
    if (args !== undefined) entries.push([tool, arena.peer(tool, args, route === "up" ? "right" : "left")]);
  }
  for (const [name, more] of Object.entries(work.variants ?? {})) {
    const [first] = await arena.sluice({ ...keys, ...more });
    entries.push([name, first?.[1]]);
  }
  const steps = {
    reset: () => nothing ? Promise.resolve() : route === "down" ? emptyFolder(out) : arena.destination.removeAll(),
    check: async () => {
      const sizes = route === "down" ? await fileSizes(`${out}/${tree.name}`) : await arena.destination.sizes();
      expect(sizes.length, tree.count, "objects at the destination");
      expect(sizes.reduce((sum, size) => sum + size, 0), tree.count * tree.sizeBytes, "bytes at the destination");
    },
  };
  const words = nothing ? ", nothing to do" : { across: " bucket to bucket", up: " upload", down: " download" }[route];
  return { title: describeTree(tree) + words, contestants: present(entries, steps), goals: work.goals };
}

/** A run that finds `keyCount` objects on both sides and nothing to do. */
export async function listing(arena: Arena, keyCount: number): Promise<Contest & { close(): Promise<void> }> {
  const store = await startListingStore(keyCount);
  const account = { endpoint: store.endpoint, region: "us-east-1", accessKeyId: "listed", secretAccessKey: "listed-secret" };
  // Two stores of different keys: one endpoint with one account would be a server-side copy.
  const stores = storeSection("left", account) + storeSection("right", { ...account, accessKeyId: "other" });
  const entries = await arena.sluice({ source: "left://listed/", destination: "right://listed-too/" }, stores);
  return {
    title: `listing of ${keyCount} keys on both sides`,
    contestants: present(entries, {
      reset: () => Promise.resolve(store.reset()),
      check: () => Promise.resolve(expect(store.listedKeys(), 2 * keyCount, "keys listed")),
    }),
    goals: [{ tool: "sluice", metric: "cpuSeconds", most: 15 }, peak(150)],
    units: { name: "key", count: 2 * keyCount },
    close: () => store.close(),
  };
}

function cpu(most: number, peer: string, tool = "sluice"): Goal {
  return { tool, metric: "cpuSeconds", peer, most };
}

function wall(most: number, peer: string): Goal {
  return { tool: "sluice", metric: "wallSeconds", peer, most };
}

function peak(megabytes: number, tool = "sluice"): Goal {
  return { tool, metric: "peakBytes", most: megabytes * 1e6 };
}

async function emptyFolder(folder: string): Promise<void> {
  await Deno.remove(folder, { recursive: true });
  await Deno.mkdir(folder);
}

async function fileSizes(folder: string): Promise<number[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.filter(({ isFile }) => isFile).map(({ name }) => Deno.statSync(`${folder}/${name}`).size);
}

function expect(value: number, wanted: number, what: string): void {
  if (value !== wanted) throw new Error(`${value} ${what}, expected ${wanted}`);
}
