/**
 * The wire campaign: the real program moves small trees between every pair of stores while lines and servers fail by a seeded script, and
 * whatever happens nothing is lost and nothing is wrong. `SLUICE_PLAYS=n` plays n seeds from `SLUICE_FIRST_SEED` (1) on,
 * `SLUICE_SEED=n` that one alone.
 */
import { assert, assertEquals } from "@std/assert";
import { playsToPlay } from "../test_seed.ts";
import { FAULT_KINDS } from "./wire_fault.ts";
import { type Servers, startServers } from "./sides.ts";
import { playWire } from "./wire_play.ts";
import { FAILED_ONCE } from "./wire_seeds.ts";
import { drawPlay, PAIRS, type Play } from "./wire_script.ts";

/** Plays when nothing else is said. */
const PLAYS = 2 * PAIRS.length;

const seeds = playsToPlay(PLAYS);

let servers: Servers = new Map();
const fired = new Map<string, number>(FAULT_KINDS.map((kind) => [kind, 0]));
const codes = new Map<string, number>();
const broken = new Map<string, number>();
let plays = 0;

Deno.test.beforeAll(async () => void (servers = await startServers()));
Deno.test.afterAll(async () => {
  for (const server of servers.values()) await server.stop();
});

function count(sums: Map<string, number>, what: unknown): void {
  sums.set(String(what), (sums.get(String(what)) ?? 0) + 1);
}

async function play(drawn: Play): Promise<string[]> {
  const { seed } = drawn;
  if (!drawn.pair.every((kind) => kind === "folder" || servers.has(kind))) return [];
  const report = await playWire(drawn, servers);
  if (drawn.seed === 0) assert(report.fired.length > 0, `Nothing went wrong in a kept play:\n${report.log}`);
  plays++;
  for (const code of report.codes) count(codes, code);
  for (const { kind } of report.fired) count(fired, kind);
  for (const { promise } of report.broken) count(broken, promise);
  if (report.broken.length === 0) return [];
  const saw = report.broken.map(({ promise, saw }) => `${promise}: ${saw}`).join("\n");
  console.log(`${seed === 0 ? "A kept play" : `SLUICE_SEED=${seed} plays it again`}: ${JSON.stringify(drawn)}\n${report.log}`);
  return [`Seed ${seed}, ${drawn.pair.join(" to ")}, broke a promise:\n${saw}`];
}

for (const [index, [from, to]] of PAIRS.entries()) {
  const own = seeds.filter((seed) => (seed - 1) % PAIRS.length === index);
  if (own.length === 0) continue;
  Deno.test(`${from} to ${to}: nothing is lost and nothing is wrong, whatever the wire does (${own.length} plays)`, async () => {
    const wrong: string[] = [];
    for (const seed of own) wrong.push(...await play(drawPlay(seed)));
    assertEquals(wrong, []);
  });
}

Deno.test("what once broke a promise does not break it again", async () => {
  const wrong: string[] = [];
  for (const { play: kept } of FAILED_ONCE) wrong.push(...await play(kept));
  assertEquals(wrong, []);
});

Deno.test("each kind of fault has happened", () => {
  console.log(`${plays} plays; runs by exit code ${text(codes)}; faults ${text(fired)}; broken promises ${text(broken) || "none"}`);
  if (seeds.length >= PLAYS) assertEquals([...fired].filter(([, times]) => times === 0), []);
});

function text(sums: ReadonlyMap<string, number>): string {
  return [...sums].map(([what, times]) => `${what}: ${times}`).join(", ");
}
