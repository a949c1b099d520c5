/**
 * Scenarios that once broke a promise, made small, with what they showed. Never taken out: each is played in every run of the tests.
 */
import { MIB } from "../../lib/limits.ts";
import type { Written } from "./scenario.ts";

/** A scenario, and what was wrong before it was mended. */
export interface FailedOnce {
  readonly showed: string;
  readonly scenario: Written;
}

/** See the file comment. */
export const FAILED_ONCE: readonly FailedOnce[] = [
  {
    showed: "another's parts became the object, as the destination's ETags could not speak against them",
    scenario: {
      seed: 123,
      destination: { etags: "opaque" },
      objects: [{ sizeBytes: 262144, partSizeBytes: 131072, foreign: "right form, wrong bytes" }],
    },
  },
  {
    showed: "a create whose answer was lost left an upload that no result told of",
    scenario: { seed: 3, faults: { lost: 0.15 }, objects: [{ sizeBytes: 2 * MIB }, { sizeBytes: 2 * MIB }] },
  },
  {
    showed: "of two runs at once the slower one left its upload behind without a word",
    scenario: { seed: 46, objects: [{ sizeBytes: 2240832 }], happenings: [{ atEvent: 22, what: "second run", which: 45 }] },
  },
  {
    showed: "a cancelled worker waited for credentials that never came, until it was ended and nobody could tell of its upload",
    scenario: {
      seed: 56,
      source: { kind: "local", etags: "opaque" },
      objects: [{ sizeBytes: 2636931 }],
      credentialsMs: 68426,
      latencyMs: 500,
      faults: { refresh: 0.950238203807282 },
    },
  },
  {
    showed: "verify = size took the only part of an older version of the same size, as the size of an only part holds no token",
    scenario: {
      seed: 3357,
      objects: [{ sizeBytes: 262144 }, { sizeBytes: 82835, before: "other size", foreign: "strange" }],
      verify: "size",
      latencyMs: 500,
      faults: { lost: 0.23048833556964876, server: 0.14674775041708246 },
      happenings: [{ atEvent: 57, what: "second run", which: 52 }, { atEvent: 70, what: "overwrite", which: 194 }],
    },
  },
  {
    showed: "an upload that another run ended while it was looked at hid one that a lost create had left",
    scenario: {
      seed: 28206,
      destination: { conditions: "none" },
      serverSide: true,
      objects: [
        { sizeBytes: 262144, partSizeBytes: 87382 },
        { sizeBytes: 2885264, partSizeBytes: 480878, before: "old" },
        { sizeBytes: 2520805, partSizeBytes: 504161, checksum: true, before: "other size" },
        { sizeBytes: 103302, before: "old" },
      ],
      compare: "checksum",
      verify: "full",
      partsInFlight: 3,
      objectsInFlight: 4,
      latencyMs: 500,
      pageEntries: 1,
      faults: { late: 0.11255823298295893, error200: 0.1288262450801649, torn: 0.12928740046393192 },
      happenings: [{ atEvent: 3, what: "second run", which: 804 }],
    },
  },
  {
    showed: "no fault of the program: another's upload of the right form, whose bytes are wrong, hid a good one that held no more",
    scenario: {
      seed: 16143,
      objects: [
        { sizeBytes: 3156702 },
        { sizeBytes: 3697101 },
        { sizeBytes: 4266459, before: "other size", foreign: "right form, wrong bytes" },
        { sizeBytes: 150914, before: "other size", foreign: "right form, wrong bytes" },
      ],
      retries: 1,
      pageEntries: 1,
      faults: { dropped: 0.1805831535405717, twice: 0.10490537704099144, server: 0.29965163697611163 },
    },
  },
];

/** Whole seeds that once seemed to break a promise, played in every run beside the small scenarios: see the last of those. */
export const PLAYED_ALWAYS: readonly number[] = [7162, 16143];
