/** Random numbers that can be had again: SLUICE_SEED in the environment, or a new seed, which is printed. */

export function testSeed(): number {
  const given = Deno.env.get("SLUICE_SEED");
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  console.log(`seed ${seed} (SLUICE_SEED=${seed} runs this again)`);
  return seed;
}

/** Mulberry32: numbers from 0 to below 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
