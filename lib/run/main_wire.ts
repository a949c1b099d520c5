/**
 * The wire of the few questions about bytes that main asks itself. Must never be opened, or its code loaded, before the first of them.
 */
import type { Wire } from "../wire/wire.ts";
import type { OpenSides } from "./open_sides.ts";

/** Answers a way to a wire that is opened when first asked for. `timeoutMs`: a request without any progress for so long has failed. */
export function mainWire(sides: OpenSides, timeoutMs: number): () => Promise<Wire> {
  let wire: Promise<Wire> | undefined;
  return () => wire ??= open(sides, timeoutMs);
}

async function open(sides: OpenSides, timeoutMs: number): Promise<Wire> {
  const { openWire } = await import("../wire/open.ts");
  return openWire(sides.source.ready, sides.destination.ready, {
    sourceCredentials: sides.source.credentials,
    destinationCredentials: sides.destination.credentials,
    timeoutMs,
    now: () => Date.now(),
  });
}
