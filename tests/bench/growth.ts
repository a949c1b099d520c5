/** How cost grows: the same work with more objects and with more bytes. Time and memory per unit must stay flat. */
import { Arena, type ArenaOptions } from "./arena.ts";
import type { Contest } from "./contest.ts";
import { type ContestMaker, copying, listing } from "./contests.ts";

const GIB = 1024 ** 3;

/** The curves, smallest amount first. */
export const GROWTH: readonly ContestMaker[] = [
  ...[1_000, 10_000, 100_000, 1_000_000].map((keyCount) => ({
    name: "listing",
    make: (arena: Arena) => listing(arena, keyCount),
  })),
  ...[1_000, 10_000, 50_000].map((smallCount) => ({ name: "objects", make: (arena: Arena) => grown(arena, "small", { smallCount }) })),
  ...[1, 2, 4].map((gib) => ({ name: "bytes", make: (arena: Arena) => grown(arena, "big", { objectBytes: gib * GIB }) })),
];

/** Copying a tree of another size, on servers of its own: what the sizes before left in their memory does not count. */
async function grown(
  { options }: Arena,
  tree: "small" | "big",
  more: Partial<ArenaOptions>,
): Promise<Contest & { close(): Promise<void> }> {
  const arena = await Arena.open({ ...options, ...more });
  if (arena === undefined) throw new Error("MinIO was there a moment ago and is not now");
  const contest = await copying({ name: tree, tree, route: "across", peers: [], goals: [] }, arena);
  const units = tree === "small"
    ? { name: "object", count: arena.options.smallCount }
    : { name: "GiB", count: arena.options.objectBytes / GIB };
  return { ...contest, units, close: () => arena.close() };
}
