/** Where a random test gets its seed. Every such test prints it. */

/** SLUICE_SEED of the environment, so that a run can be had again, or a new seed; says which. */
export function testSeed(): number {
  const given = Number(Deno.env.get("SLUICE_SEED"));
  const seed = Number.isInteger(given) && given > 0 ? given : crypto.getRandomValues(new Uint32Array(1))[0] || 1;
  console.log(`seed ${seed} (SLUICE_SEED=${seed} runs this again)`);
  return seed;
}
