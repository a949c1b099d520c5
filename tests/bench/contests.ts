/**
 * The contests with their goals: the same work for sluice and for every peer that can do it. Each function fills the arena with what its
 * contest needs.
 */
import { type Arena, present, storeSection } from "./arena.ts";
import type { Contest } from "./contest.ts";
import { startListingStore } from "./listing_store.ts";
import { ossToS3 } from "./oss_contest.ts";

const KIB = 1024;
const SMALL_BYTES = 4 * KIB;
/** The peak that sluice may reach with any part size. */
const PEAK_MOST_BYTES = 160e6;
const LISTING_PEAK_MOST_BYTES = 200e6;

/** A contest that is prepared when its turn comes. `close` ends what only this contest needed. */
export interface ContestMaker {
  readonly name: string;
  make(arena: Arena): Promise<Contest & { close?(): Promise<void> }>;
}

/** All contests, in the order in which they run. */
export const CONTESTS: readonly ContestMaker[] = [
  { name: "bucket-to-bucket", make: bucketToBucket },
  { name: "upload", make: upload },
  { name: "download", make: download },
  { name: "small-bucket-to-bucket", make: smallBucketToBucket },
  { name: "small-upload", make: smallUpload },
  { name: "nothing-to-do", make: nothingToDo },
  { name: "oss-to-s3", make: ossToS3 },
  { name: "listing", make: listing },
];

async function bucketToBucket(arena: Arena): Promise<Contest> {
  // One PUT, not parts: a multipart object would keep its own layout, whatever part size is asked for.
  await arena.source.put("big", await bigFile(arena).then((path) => Deno.readFile(path)));
  const keys = { source: "left://source/big", destination: "right://destination/big" };
  const contestants = present([
    ["sluice", await arena.sluice(keys)],
    ["mc", arena.peer("mc", ["cp", "--quiet", "left/source/big", "right/destination/big"], "left")],
    ["rclone", arena.peer("rclone", ["copyto", "left:source/big", "right:destination/big"], "left")],
    ["sluice 8 MiB parts", await arena.sluice({ ...keys, part_size: "8 MiB" })],
    ["sluice 512 MiB parts", await arena.sluice({ ...keys, part_size: "512 MiB" })],
  ], { reset: () => arena.destination.remove("big"), check: () => checkSize(arena, "big") });
  return {
    title: `${bytes(arena.options.objectBytes)} bucket to bucket`,
    contestants,
    goals: [
      { tool: "sluice", metric: "cpuSeconds", peer: "mc", most: 0.6 },
      { tool: "sluice", metric: "cpuSeconds", peer: "rclone", most: 0.35 },
      ...["sluice", "sluice 8 MiB parts", "sluice 512 MiB parts"].map((tool) => ({
        tool,
        metric: "peakBytes" as const,
        most: PEAK_MOST_BYTES,
      })),
    ],
  };
}

async function upload(arena: Arena): Promise<Contest> {
  const path = await bigFile(arena);
  const contestants = present([
    ["sluice", await arena.sluice({ source: path, destination: "right://destination/big" })],
    ["mc", arena.peer("mc", ["cp", "--quiet", path, "right/destination/big"], "right")],
    ["s5cmd", arena.peer("s5cmd", ["cp", path, "s3://destination/big"], "right")],
    ["rclone", arena.peer("rclone", ["copyto", path, "right:destination/big"], "right")],
    ["aws", arena.peer("aws", ["s3", "cp", "--quiet", path, "s3://destination/big"], "right")],
  ], { reset: () => arena.destination.remove("big"), check: () => checkSize(arena, "big") });
  return {
    title: `${bytes(arena.options.objectBytes)} upload`,
    contestants,
    goals: [
      { tool: "sluice", metric: "cpuSeconds", peer: "mc", most: 1 },
      { tool: "sluice", metric: "cpuSeconds", peer: "s5cmd", most: 0.6 },
    ],
  };
}

async function download(arena: Arena): Promise<Contest> {
  const target = `${arena.folder}/out/big`;
  if (await arena.source.head("big") === undefined) await arena.source.put("big", await Deno.readFile(await bigFile(arena)));
  const contestants = present([
    ["sluice", await arena.sluice({ source: "left://source/big", destination: target })],
    ["mc", arena.peer("mc", ["cp", "--quiet", "left/source/big", target], "left")],
    ["s5cmd", arena.peer("s5cmd", ["cp", "s3://source/big", target], "left")],
    ["rclone", arena.peer("rclone", ["copyto", "left:source/big", target], "left")],
    ["aws", arena.peer("aws", ["s3", "cp", "--quiet", "s3://source/big", target], "left")],
  ], {
    reset: () => emptyFolder(`${arena.folder}/out`),
    check: async () => expect((await Deno.stat(target)).size, arena.options.objectBytes, "bytes downloaded"),
  });
  return {
    title: `${bytes(arena.options.objectBytes)} download`,
    contestants,
    goals: [{ tool: "sluice", metric: "cpuSeconds", peer: "s5cmd", most: 1.3 }],
  };
}

async function smallBucketToBucket(arena: Arena): Promise<Contest> {
  await smallObjects(arena);
  const contestants = present([
    ["sluice", await arena.sluice({ source: "left://source/small/", destination: "right://destination/small/" })],
    ["rclone", arena.peer("rclone", ["copy", "--transfers", "32", "left:source/small", "right:destination/small"], "left")],
    ["mc", arena.peer("mc", ["mirror", "--quiet", "left/source/small", "right/destination/small"], "left")],
  ], { reset: () => arena.emptyDestination(), check: () => checkCount(arena) });
  return {
    title: `${arena.options.smallCount} × 4 KiB bucket to bucket`,
    contestants,
    goals: [
      { tool: "sluice", metric: "wallSeconds", peer: "rclone", most: 0.75 },
      { tool: "sluice", metric: "cpuSeconds", peer: "rclone", most: 0.5 },
    ],
  };
}

async function smallUpload(arena: Arena): Promise<Contest> {
  const folder = await smallFiles(arena);
  const contestants = present([
    ["sluice", await arena.sluice({ source: `${folder}/`, destination: "right://destination/small/" })],
    ["s5cmd", arena.peer("s5cmd", ["cp", `${folder}/`, "s3://destination/small/"], "right")],
    ["rclone", arena.peer("rclone", ["copy", "--transfers", "32", folder, "right:destination/small"], "right")],
    ["mc", arena.peer("mc", ["mirror", "--quiet", folder, "right/destination/small"], "right")],
    ["aws", arena.peer("aws", ["s3", "cp", "--quiet", "--recursive", folder, "s3://destination/small/"], "right")],
  ], { reset: () => arena.emptyDestination(), check: () => checkCount(arena) });
  return {
    title: `${arena.options.smallCount} × 4 KiB upload`,
    contestants,
    goals: [
      { tool: "sluice", metric: "wallSeconds", peer: "s5cmd", most: 1.1 },
      { tool: "sluice", metric: "cpuSeconds", peer: "s5cmd", most: 1.1 },
    ],
  };
}

async function nothingToDo(arena: Arena): Promise<Contest> {
  const folder = await smallFiles(arena);
  await arena.emptyDestination();
  await putAll(arena, async (name) => void await arena.destination.put(`small/${name}`, await Deno.readFile(`${folder}/${name}`)));
  const contestants = present([
    ["sluice", await arena.sluice({ source: `${folder}/`, destination: "right://destination/small/" })],
    ["s5cmd", arena.peer("s5cmd", ["sync", `${folder}/`, "s3://destination/small/"], "right")],
    ["rclone", arena.peer("rclone", ["copy", "--transfers", "32", folder, "right:destination/small"], "right")],
    ["mc", arena.peer("mc", ["mirror", "--quiet", folder, "right/destination/small"], "right")],
    ["aws", arena.peer("aws", ["s3", "sync", "--quiet", folder, "s3://destination/small/"], "right")],
  ], { reset: () => Promise.resolve(), check: () => checkCount(arena) });
  return {
    title: `${arena.options.smallCount} files, nothing to do`,
    contestants,
    goals: [
      { tool: "sluice", metric: "wallSeconds", peer: "s5cmd", most: 1.2 },
      { tool: "sluice", metric: "cpuSeconds", peer: "s5cmd", most: 1.2 },
    ],
  };
}

async function listing(arena: Arena): Promise<Contest & { close(): Promise<void> }> {
  const store = await startListingStore(arena.options.listedKeys);
  const account = { endpoint: store.endpoint, region: "us-east-1", accessKeyId: "listed", secretAccessKey: "listed-secret" };
  // Two stores of different keys: one endpoint with one account would be a server-side copy.
  const stores = storeSection("left", account) + storeSection("right", { ...account, accessKeyId: "other" });
  const invocation = await arena.sluiceWith(stores, { source: "left://listed/", destination: "right://listed-too/" });
  return {
    title: `listing of ${arena.options.listedKeys} keys on both sides`,
    contestants: present([["sluice", invocation]], {
      reset: () => Promise.resolve(store.reset()),
      check: () => Promise.resolve(expect(store.listedKeys(), 2 * arena.options.listedKeys, "keys listed")),
    }),
    goals: [{ tool: "sluice", metric: "peakBytes", most: LISTING_PEAK_MOST_BYTES }],
    close: () => store.close(),
  };
}

/** The big file, made once. */
async function bigFile(arena: Arena): Promise<string> {
  const path = `${arena.folder}/big/big`;
  if ((await Array.fromAsync(Deno.readDir(`${arena.folder}/big`))).length === 0) await randomFile(path, arena.options.objectBytes);
  return path;
}

/** The folder of small files, made once. */
async function smallFiles(arena: Arena): Promise<string> {
  const folder = `${arena.folder}/small`;
  if ((await Array.fromAsync(Deno.readDir(folder))).length > 0) return folder;
  await putAll(arena, async (name) => await Deno.writeFile(`${folder}/${name}`, crypto.getRandomValues(new Uint8Array(SMALL_BYTES))));
  return folder;
}

async function smallObjects(arena: Arena): Promise<void> {
  const folder = await smallFiles(arena);
  await putAll(arena, async (name) => void await arena.source.put(`small/${name}`, await Deno.readFile(`${folder}/${name}`)));
}

/** Calls `put` for each small name, 32 at a time. */
async function putAll(arena: Arena, put: (name: string) => Promise<void>): Promise<void> {
  const names = Array.from({ length: arena.options.smallCount }, (_, index) => `file-${String(index).padStart(6, "0")}`);
  const lanes = Array.from({ length: 32 }, async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) await put(name);
  });
  await Promise.all(lanes);
}

async function randomFile(path: string, sizeBytes: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const block = new Uint8Array(64 * KIB);
  for (let left = sizeBytes; left > 0;) {
    crypto.getRandomValues(block);
    left -= await file.write(block.subarray(0, Math.min(left, block.length)));
  }
}

async function emptyFolder(folder: string): Promise<void> {
  await Deno.remove(folder, { recursive: true });
  await Deno.mkdir(folder);
}

async function checkSize(arena: Arena, key: string): Promise<void> {
  expect((await arena.destination.head(key))?.ContentLength, arena.options.objectBytes, "bytes at the destination");
}

async function checkCount(arena: Arena): Promise<void> {
  expect((await arena.destination.keys()).length, arena.options.smallCount, "objects at the destination");
}

function expect(value: number | undefined, wanted: number, what: string): void {
  if (value !== wanted) throw new Error(`${value} ${what}, expected ${wanted}`);
}

function bytes(sizeBytes: number): string {
  return sizeBytes % KIB ** 3 === 0 ? `${sizeBytes / KIB ** 3} GiB` : `${sizeBytes / KIB ** 2} MiB`;
}
