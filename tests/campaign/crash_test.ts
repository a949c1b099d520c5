/**
 * The crash campaign: the real program is killed at moments drawn from a seed, up to four times in a row, alone and with two runs of the
 * same job at once, and run once more: nothing is lost, nothing is wrong, nothing is left unsaid, and nothing is sent again that lay whole
 * at the destination. `SLUICE_KILLS=n` plays until so many runs were killed, `SLUICE_SEED=n` plays one again.
 */
import { assert, assertEquals } from "@std/assert";
import type { Broken } from "./oracle.ts";
import { CRASH_SEEDS } from "./crash_seeds.ts";
import { type CrashReport, playCrash } from "./crash_play.ts";
import { CRASH_PAIRS, drawCrash } from "./crash_script.ts";
import { type Servers, startServers } from "./sides.ts";

const one = Deno.env.get("SLUICE_SEED");
const kills = Number(Deno.env.get("SLUICE_KILLS") ?? 0);
/** Where further plays begin, so that several machines may share the work. */
const first = Number(Deno.env.get("SLUICE_FIRST_SEED") ?? 1);

let servers: Servers = new Map();
const totals = { plays: 0, kills: 0, interrupts: 0, runsAtOnce: 0, orphans: 0, sparedBytes: 0, sentAgainBytes: 0, refusedBytes: 0 };
const codes = new Map<number, number>();
const broken = new Map<Broken["promise"], number>();

Deno.test.beforeAll(async () => void (servers = await startServers()));
Deno.test.afterAll(async () => {
  for (const server of servers.values()) await server.stop();
});

function count(report: CrashReport): void {
  totals.plays++;
  totals.kills += report.killed.filter((signal) => signal === "SIGKILL").length;
  totals.interrupts += report.killed.filter((signal) => signal !== "SIGKILL").length;
  totals.runsAtOnce += report.pairs;
  totals.orphans += report.orphans;
  totals.sparedBytes += report.spared;
  totals.refusedBytes += report.refused;
  totals.sentAgainBytes += report.sentAgain;
  for (const code of report.codes) codes.set(code, (codes.get(code) ?? 0) + 1);
  for (const { promise } of report.broken) broken.set(promise, (broken.get(promise) ?? 0) + 1);
}

/** Plays one; answers what it broke, in words. */
async function play(seed: number): Promise<string[]> {
  const drawn = drawCrash(seed);
  if (!drawn.pair.every((kind) => kind === "folder" || servers.has(kind))) return [];
  const report = await playCrash(drawn, servers);
  count(report);
  if (report.broken.length === 0) return [];
  console.log(`SLUICE_SEED=${seed} plays it again: ${JSON.stringify(drawn)}\n${report.log}`);
  const saw = report.broken.map(({ promise, saw }) => `${promise}: ${saw}`).join("\n");
  return [`Seed ${seed}, ${drawn.pair.join(" to ")}, broke a promise:\n${saw}`];
}

async function playAll(seeds: Iterable<number>): Promise<void> {
  const wrong: string[] = [];
  for (const seed of seeds) wrong.push(...await play(seed));
  assertEquals(wrong, []);
}

if (one !== undefined) {
  Deno.test(`killed runs lose nothing and send nothing twice: seed ${one}`, () => playAll([Number(one)]));
} else {
  for (const { seed, found } of CRASH_SEEDS) Deno.test(`it does not come back: ${found} (seed ${seed})`, () => playAll([seed]));
  for (const [index, pair] of CRASH_PAIRS.entries()) {
    Deno.test(`${pair.join(", ")}: killed runs lose nothing and send nothing twice`, () => playAll([first + index]));
  }
}
if (kills > 0) {
  Deno.test(`${kills} kills lose nothing and send nothing twice`, async () => {
    const wrong: string[] = [];
    for (let seed = first + CRASH_PAIRS.length; totals.kills < kills; seed++) wrong.push(...await play(seed));
    assertEquals(wrong, []);
  });
}

Deno.test("runs were killed, alone and two at once, and what lay at the destination was spared", () => {
  const ended = [...codes].map(([code, times]) => `${code}: ${times}`).join(", ");
  const { plays, runsAtOnce, interrupts } = totals;
  const counted = (promise: Broken["promise"]) => `${promise} ${broken.get(promise) ?? 0}`;
  const kinds = ["wrong object", "lost object", "unreported upload", "untrue result", "not well", "bug"] as const;
  console.log(
    [
      `${plays} plays, ${totals.kills} kills, ${interrupts} interrupts, ${runsAtOnce} times two runs at once; other runs by exit code ${ended}`,
      kinds.map(counted).join(", "),
      `uploads of which nobody lived to tell ${totals.orphans}`,
      `bytes spared ${totals.sparedBytes}, bytes sent again beyond those in flight ${totals.sentAgainBytes}, sent and refused ${totals.refusedBytes}`,
    ].join("\n"),
  );
  if (one === undefined) assert(totals.kills > 0 && runsAtOnce > 0 && totals.sparedBytes > 0);
});
