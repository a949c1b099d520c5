/**
 * Plays that once broke a promise, made small, with what they showed. Never taken out: each is played in every run of the campaign.
 */
import { MIB } from "../../lib/limits.ts";
import type { Fault } from "./wire_fault.ts";
import { PART_BYTES, type PlannedObject, type Play, THRESHOLD_BYTES } from "./wire_script.ts";

/** A play, and what was wrong before it was mended. */
export interface FailedOnce {
  readonly showed: string;
  readonly play: Play;
}

/** A fault with everything as it mostly is: the first request of its kind, in the middle of the answer. */
export function faultOf(fault: Pick<Fault, "kind" | "aim"> & Partial<Fault>): Fault {
  return { skip: 0, times: 1, at: 0.5, way: "answer", place: "body", mask: 1, ms: 100, keeps: true, bytesMax: Infinity, ...fault };
}

/** A play of a few objects with everything as it mostly is. */
export function playOf(
  play: Pick<Play, "pair" | "faulty"> & Partial<Omit<Play, "objects">>,
  objects: readonly Partial<PlannedObject>[],
): Play {
  const { job, ...rest } = play;
  return {
    seed: 0,
    oneAddress: false,
    ...rest,
    objects: objects.map((object, index) => ({
      key: `k/${index}`,
      sizeBytes: 3000,
      partBytes: undefined,
      oldBytes: undefined,
      stranger: false,
      ...object,
    })),
    job: {
      workers: 1,
      parts_in_flight: 2,
      retries: 3,
      retry_delay: "5ms",
      timeout: "1500ms",
      multipart_threshold: THRESHOLD_BYTES,
      part_size: PART_BYTES,
      ...job,
    },
  };
}

/** See the file comment. */
export const FAILED_ONCE: readonly FailedOnce[] = [
  {
    showed:
      "verify = full: a large download whose bytes changed on the way took the old object's place, and the next run called it the same",
    play: playOf({
      pair: ["embedded", "folder"],
      job: { verify: "full" },
      faulty: [{ source: [faultOf({ kind: "flip answer", aim: ["get"], times: 30 })], destination: [] }],
    }, [{ sizeBytes: 13 * MIB, oldBytes: 726 }]),
  },
  {
    showed: "a request that stalled on a kept connection was sent again by the runtime, past the job's timeout and unknown to the session",
    play: playOf({
      pair: ["embedded", "oss"],
      job: { unfinished: "abort" },
      faulty: [{
        source: [],
        destination: [faultOf({ kind: "stall", aim: ["abort"], times: 2, at: 0.1 }), faultOf({ kind: "lost answer", aim: ["create"] })],
      }],
    }, [{}, { sizeBytes: THRESHOLD_BYTES, stranger: true }]),
  },
  {
    showed: "a part whose length was changed on the way was stored short, and a truncated object was called done, by its size",
    play: playOf({
      pair: ["versitygw", "minio"],
      faulty: [{ source: [], destination: [faultOf({ kind: "short length", aim: ["part"], way: "request", skip: 3 })] }],
    }, [{ sizeBytes: 2 * PART_BYTES }]),
  },
];
