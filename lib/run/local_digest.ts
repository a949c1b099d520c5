/**
 * Digests of local files for `compare = checksum`: the only bytes that main ever reads, and only when the job asks for it.
 */
import type { DigestReader } from "../plan/look.ts";
import { mainWire } from "./main_wire.ts";
import type { OpenSides } from "./open_sides.ts";

/** Reads digests of local files through a wire of its own, opened when first needed. */
export function localDigest(sides: OpenSides, timeoutMs: number): DigestReader {
  const wire = mainWire(sides, timeoutMs);
  return async ({ side, object, range, algorithms }, signal) => {
    return (await wire()).digest(side, { key: object.key, pin: object, range, algorithms }, signal);
  };
}
