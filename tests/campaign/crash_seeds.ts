/** Seeds of the crash campaign that once broke a promise, with what was found: played in every run. */

/** See above. */
export const CRASH_SEEDS: readonly { readonly seed: number; readonly found: string }[] = [
  { seed: 2, found: "unfinished small files of killed runs were left in the folder, and nobody told of them" },
  { seed: 1009, found: "the upload of a killed run was left without a word when another run finished the object meanwhile" },
  { seed: 1025, found: "copies in parts on versitygw failed, as each part has the checksum of the whole" },
];
