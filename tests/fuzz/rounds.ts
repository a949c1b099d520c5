/**
 * Rounds of a fuzz test: how many, from which seed, and what is said when one fails. Every round has a seed of its own, so that one is
 * played again alone.
 */
import { seedsToPlay } from "../test_seed.ts";
import { Chance } from "./chance.ts";

/** Rounds when nothing else is said, and the most that SLUICE_SEEDS can ask for where a round waits for real time. */
export interface Rounds {
  readonly usual: number;
  readonly most: number;
}

/** Registers a test that plays `rounds` seeds; a failure names its seed. */
export function fuzz(promise: string, rounds: number | Rounds, play: (chance: Chance) => void | Promise<void>): void {
  const { usual, most } = typeof rounds === "number" ? { usual: rounds, most: Infinity } : rounds;
  const seeds = seedsToPlay(usual, most);
  Deno.test(`${promise} (seeds ${seeds[0]} to ${seeds.at(-1)})`, () => playAll(seeds, play));
}

/** Plays seeds one after the other. Throws an error that names the seed of the one that failed. */
export async function playAll(seeds: readonly number[], play: (chance: Chance) => void | Promise<void>): Promise<void> {
  for (const seed of seeds) {
    try {
      await play(new Chance(seed));
    } catch (error) {
      throw new Error(`Seed ${seed} failed (SLUICE_SEED=${seed} plays it again): ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
    if (Object.keys(Object.prototype).length > 0 || "polluted" in {}) throw new Error(`Seed ${seed} changed what all objects inherit`);
  }
}
