/** Plays one play of the odd campaign with the real program, and lets the referee judge each run. Holds no opinion of its own. */
import { startSluice, untilEnd } from "../e2e/run_sluice.ts";
import { withFolder } from "../e2e/trees.ts";
import type { TestServer } from "../servers.ts";
import { judgeOdd, type OddTold } from "./odd_referee.ts";
import { bytesOfStream, mustEndWell, type OddPlanned, type OddPlay } from "./odd_script.ts";
import { type OpenedSide, openOddSide } from "./odd_sides.ts";
import { type Broken, readTold } from "./oracle.ts";
import { markOf, type Snapshot } from "./place.ts";
import { section } from "./sides.ts";

/** What came of a play. */
export interface OddReport {
  readonly broken: readonly Broken[];
  /** Exit codes, in order; undefined for a run that hung. */
  readonly codes: readonly (number | undefined)[];
  /** What people need to see of a play that broke something. */
  readonly log: string;
}

/** A run that takes longer hangs. */
const HANG_MS = 60_000;
/** Objects at the destination that the source does not have. */
const EXTRAS = ["extra/1", "extra/2", "zz extra"];

/** Plays it; throws only when the test itself is broken. `meddle` gets at the destination behind everybody's back, after each run. */
export async function playOdd(
  play: OddPlay,
  embedded: TestServer,
  meddle?: (destination: OpenedSide) => Promise<void>,
): Promise<OddReport> {
  return await withFolder(async (folder) => {
    const [from, to] = play.pair;
    const source = await openOddSide({ side: "source", kind: from, oddities: play.source, folder }, embedded);
    const destination = await openOddSide({ side: "destination", kind: to, oddities: play.destination, folder }, embedded);
    try {
      return await playOn({ play, folder, source, destination, ...(meddle && { meddle }) });
    } finally {
      await source.close();
      await destination.close();
    }
  });
}

interface Stage {
  readonly play: OddPlay;
  readonly folder: string;
  readonly source: OpenedSide;
  readonly destination: OpenedSide;
  readonly meddle?: (destination: OpenedSide) => Promise<void>;
}

async function playOn(stage: Stage): Promise<OddReport> {
  const { play, destination, meddle } = stage;
  const source = await fill(stage);
  const broken: Broken[] = [];
  const codes: (number | undefined)[] = [];
  const log: string[] = [];
  for (let count = 0; count < play.runs; count++) {
    const before = await destination.snapshot();
    const run = await runOnce(stage, count, log);
    await meddle?.(destination);
    const after = await destination.snapshot();
    codes.push(run.code);
    broken.push(...judgeOdd({ source, before, after, run, deletes: play.deletes }, mustEndWell(play)));
  }
  for (const key of encodedAsChunked(destination)) broken.push({ promise: "wrong object", saw: `${key} is stored as aws-chunked` });
  log.push(...sawRequests(stage));
  return { broken, codes, log: log.join("\n") };
}

/** Puts everything in its place; returns what the source holds. */
async function fill({ play, source, destination }: Stage): Promise<Snapshot> {
  const found = new Map<string, string>();
  for (const [index, { key, sizeBytes, partSizes, tagged, before }] of play.objects.entries()) {
    const bytes = bytesOfStream(sizeBytes, play.seed * 100 + index);
    found.set(key, await markOf(bytes));
    await source.put(key, bytes, { ...(partSizes && { partSizes }), ...(tagged && { tags: { team: "a b&c" } }) });
    if (before !== undefined) await destination.put(key, oldBytes(play, index, before, bytes));
  }
  for (const [index, key] of EXTRAS.entries()) await destination.put(key, bytesOfStream(100, play.seed + index));
  return found;
}

/** Old bytes have another length: what is as long and not older counts as the same between places that cannot compare better. */
function oldBytes(
  play: OddPlay,
  index: number,
  before: NonNullable<OddPlanned["before"]>,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  return before === "same" ? bytes : bytesOfStream(bytes.length % 5000 + 7, play.seed * 100 + 50 + index);
}

async function runOnce({ play, folder, source, destination }: Stage, count: number, log: string[]): Promise<OddTold> {
  const manifest = `${folder}/${count}.ndjson`;
  const job = `${folder}/job.ini`;
  const keys = {
    source: source.location,
    destination: destination.location,
    manifest,
    progress: "none",
    delete: play.deletes ? "yes" : "no",
    ...play.job,
    ...source.jobKeys,
    ...destination.jobKeys,
  };
  await Deno.writeTextFile(job, source.section + destination.section + section("job.move", keys));
  const started = startSluice([job, "--set", "log_level=debug"]);
  const { code, stdout, stderr, wallMs, hung } = await untilEnd(started, HANG_MS);
  const words = `${stdout}${stderr}`;
  const told = await Deno.readTextFile(manifest).catch(() => "");
  log.push(`--- run ${count}: ${hung ? "hung" : code} after ${Math.round(wallMs)} ms\n${words}\n${told}`);
  return { code: hung ? undefined : code, words, objects: readTold(told), ...readRest(told) };
}

/** What a manifest holds besides objects. */
function readRest(told: string): Pick<OddTold, "summary" | "failedDeletes"> {
  const records = told.split("\n").filter((line) => line.endsWith("}")).map((line) => JSON.parse(line));
  return {
    summary: records.findLast(({ type }) => type === "summary"),
    failedDeletes: records.filter(({ type, outcome }) => type === "delete" && outcome === "failed").length,
  };
}

function encodedAsChunked({ store }: OpenedSide): string[] {
  return [...store?.objects ?? []].filter(([, { headers }]) => headers["content-encoding"]?.includes("aws-chunked")).map(([key]) => key);
}

/** The last requests that odd stores saw. */
function sawRequests({ source, destination }: Stage): string[] {
  return [["source", source], ["destination", destination]].flatMap(([name, side]) => {
    const asked = typeof side === "string" ? undefined : side?.store?.asked;
    return (asked ?? []).slice(-60).map(({ question, method, target }) => `${name} saw ${question}: ${method} ${target}`);
  });
}
