/**
 * The few questions about bytes of local files that main asks itself: digests for `compare = checksum`, and sources as they are sent where
 * some are compressed on the way. Its wire is opened, and its code loaded, by the first of them; it sends no request to a store.
 */
import type { Job } from "../job_types.ts";
import type { PlanInput } from "../plan/plan_input.ts";
import { encodeSource } from "../session/content_type.ts";
import type { Wire } from "../wire/wire.ts";
import type { OpenSides } from "./open_sides.ts";

/** See the file comment; `encode` is undefined for jobs that compress nothing. */
export function localQuestions({ rules, tuning: { timeoutMs } }: Job, sides: OpenSides): Pick<PlanInput, "digest" | "encode"> {
  let opened: Promise<Wire> | undefined;
  const wire = () => opened ??= open(sides, timeoutMs);
  return {
    async digest({ side, object, range, algorithms }, signal) {
      return (await wire()).digest(side, { key: object.key, pin: object, range, algorithms }, signal);
    },
    encode: rules.gzip === undefined || sides.source.ready.type !== "local" ? undefined : async (source, destinationKey, options) => {
      const question = { rules, local: (await wire()).questions, destinationKey, override: undefined };
      return (await encodeSource(question, source, options)).source;
    },
  };
}

async function open({ source, destination }: OpenSides, timeoutMs: number): Promise<Wire> {
  const { openWire } = await import("../wire/open.ts");
  return openWire(source.ready, destination.ready, {
    sourceCredentials: source.credentials,
    destinationCredentials: destination.credentials,
    timeoutMs,
    now: () => Date.now(),
  });
}
