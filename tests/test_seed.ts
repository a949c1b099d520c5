/** Where random tests get their seeds. Every such test prints the seed that fails. */

/** SLUICE_SEED of the environment, so that a run can be had again, or a new seed; says which. */
export function testSeed(): number {
  const seed = count("SLUICE_SEED") ?? (crypto.getRandomValues(new Uint32Array(1))[0] || 1);
  console.log(`seed ${seed} (SLUICE_SEED=${seed} runs this again)`);
  return seed;
}

/** How many rounds a test plays: SLUICE_SEEDS, else `usual`; `most` where a round waits for real time. */
export function rounds(usual: number, most = Infinity): number {
  return Math.min(most, count("SLUICE_SEEDS") ?? usual);
}

/** The seeds to play: SLUICE_SEED alone, else those from SLUICE_FIRST_SEED (1) on, as many as {@link rounds} says. */
export function seedsToPlay(usual: number, most = Infinity): number[] {
  return seedsFrom(rounds(usual, most));
}

/** The seeds of a campaign, whose plays are real runs: SLUICE_SEED alone, else SLUICE_PLAYS of them from SLUICE_FIRST_SEED (1) on. */
export function playsToPlay(usual: number): number[] {
  return seedsFrom(count("SLUICE_PLAYS") ?? usual);
}

function seedsFrom(length: number): number[] {
  const one = count("SLUICE_SEED");
  const first = count("SLUICE_FIRST_SEED") ?? 1;
  return one !== undefined ? [one] : Array.from({ length }, (_, index) => first + index);
}

function count(name: string): number | undefined {
  const value = Number(Deno.env.get(name));
  return Number.isInteger(value) && value > 0 ? value : undefined;
}
