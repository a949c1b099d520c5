/**
 * What the plan asks about sources that are compressed on the way: through a wire of its own, opened when first needed, because to compare
 * a compressed file means to compress it.
 */
import type { PlanInput } from "../plan/plan_input.ts";
import { encodeSource } from "../session/content_type.ts";
import type { Job } from "../job_types.ts";
import { mainWire } from "./main_wire.ts";
import type { OpenSides } from "./open_sides.ts";

/** The plan's way to see a source as it is sent; undefined for jobs that compress nothing. */
export function planEncoder(job: Job, sides: OpenSides): PlanInput["encode"] {
  if (job.rules.gzip === undefined || sides.source.ready.type !== "local") return undefined;
  const wire = mainWire(sides, job.tuning.timeoutMs);
  return async (source, destinationKey, options) => {
    const question = { rules: job.rules, local: (await wire()).local, destinationKey, override: undefined };
    return (await encodeSource(question, source, options)).source;
  };
}
