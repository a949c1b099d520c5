/**
 * Digests of local files for `compare = checksum`: the only bytes that main ever reads, and only when the job asks for it.
 */
import { pinOf } from "../session/content_type.ts";
import type { DigestReader } from "../plan/look.ts";
import type { Wire } from "../wire/wire.ts";
import type { OpenSides } from "./open_sides.ts";

/** Reads digests of local files through a wire of its own, opened when first needed. */
export function localDigest(sides: OpenSides, timeoutMs: number): DigestReader {
  let wire: Promise<Wire> | undefined;
  const open = async () => {
    const { openWire } = await import("../wire/open.ts");
    return openWire(sides.source.ready, sides.destination.ready, {
      sourceCredentials: sides.source.credentials,
      destinationCredentials: sides.destination.credentials,
      timeoutMs,
      now: () => Date.now(),
    });
  };
  return async ({ side, object, range, algorithms }, signal) => {
    wire ??= open();
    return (await wire).digest(side, { key: object.key, pin: pinOf(object), range, algorithms }, signal);
  };
}
