/**
 * Keeps V8 from growing a heap that it need not: left alone it would rather take memory than collect, and a listing of a million keys
 * leaves gigabytes of garbage behind. Changes speed and memory only, never what the program does.
 */
import { HEAP_LOOK_ITEMS, MAIN_HEAP_BYTES } from "./limits.ts";
import { nodeV8, nodeVm } from "./node.ts";

/** A heap that is larger than its limit even after a collection may grow by this before the next one: each takes time by what is alive. */
const GROWTH = 1.25;

let collect: (() => void) | undefined;
let keptBytes = 0;

/** Collects this thread's garbage when its heap has grown beyond this; cheap to ask. */
export function collectWhenOver(heapBytes: number): void {
  if (Deno.memoryUsage().heapTotal <= Math.max(heapBytes, keptBytes * GROWTH)) return;
  if (!collect) {
    // The only flag that V8 still takes from a running program; limits of the heap are fixed when it starts.
    nodeV8().setFlagsFromString("--expose-gc");
    collect = nodeVm().runInNewContext("gc") as () => void;
  }
  collect();
  keptBytes = Deno.memoryUsage().heapTotal;
}

/** Passes a long stream on and keeps main's heap small meanwhile. */
export async function* lean<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  let passed = 0;
  for await (const item of items) {
    if (++passed % HEAP_LOOK_ITEMS === 0) collectWhenOver(MAIN_HEAP_BYTES);
    yield item;
  }
}
