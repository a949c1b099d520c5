/**
 * The odd campaign: the real program copies small trees from and to stores that differ from Amazon by a seeded script, and whatever they do
 * nothing is lost, wrong or deleted for nothing, and what can end well does. `SLUICE_PLAYS=n` plays n from `SLUICE_FIRST_SEED` (1) on,
 * `SLUICE_SEED=n` that one alone.
 */
import { assert, assertEquals } from "@std/assert";
import { startEmbedded } from "../e2e/scene.ts";
import type { TestServer } from "../servers.ts";
import { playsToPlay } from "../test_seed.ts";
import { playOdd } from "./odd_play.ts";
import { drawOdd, mustEndWell, ODDITIES } from "./odd_script.ts";

/** Plays when nothing else is said. */
const PLAYS = 25;

const seeds = playsToPlay(PLAYS);

let embedded: TestServer | undefined;
Deno.test.beforeAll(async () => void (embedded = await startEmbedded()));
Deno.test.afterAll(async () => await embedded?.stop());

Deno.test(`between odd stores nothing is lost, wrong or deleted for nothing (${seeds.length} plays)`, async () => {
  assert(embedded !== undefined);
  const wrong: string[] = [];
  const codes = new Map<unknown, number>();
  const seen = new Set<string>();
  let well = 0;
  for (const seed of seeds) {
    const play = drawOdd(seed);
    const { source, destination, pair } = play;
    const report = await playOdd(play, embedded);
    for (const code of report.codes) codes.set(code, (codes.get(code) ?? 0) + 1);
    for (const name of [...source, ...destination]) seen.add(name);
    if (mustEndWell(play)) well++;
    if (report.broken.length === 0) continue;
    const saw = report.broken.map(({ promise, saw }) => `${promise}: ${saw}`).join("\n");
    console.log(`SLUICE_SEED=${seed} plays it again: ${JSON.stringify(play)}\n${report.log}`);
    wrong.push(`Seed ${seed}, ${pair.join(" to ")}, source ${JSON.stringify(source)}, destination ${JSON.stringify(destination)}:\n${saw}`);
  }
  const ends = [...codes].map(([code, times]) => `${code}: ${times}`).join(", ");
  console.log(
    `${seeds.length} plays, ${well} of which must end well; ${seen.size} of ${ODDITIES.size} oddities; runs by exit code ${ends}`,
  );
  assertEquals(wrong, []);
});
