import { assert, assertEquals } from "@std/assert";
import { collectWhenOver } from "../lib/heap.ts";

/** In a function of its own, so that nothing on the caller's stack holds the object. */
function garbage(): WeakRef<object> {
  return new WeakRef({});
}

/** A WeakRef holds its object until the event loop turns. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("collectWhenOver() collects once when the heap is over its limit, and again only when it has grown", async () => {
  const alive = Array.from({ length: 2e6 }, (_, index) => ({ index }));
  const limitBytes = 1e6;
  const first = garbage();
  await turn();
  collectWhenOver(limitBytes);
  assertEquals(first.deref(), undefined);

  const second = garbage();
  await turn();
  for (let look = 0; look < 10; look++) collectWhenOver(limitBytes);
  assert(second.deref() !== undefined, "collected again, although the heap had not grown");

  const more = Array.from({ length: 2e6 }, (_, index) => ({ index }));
  await turn();
  collectWhenOver(limitBytes);
  assertEquals(second.deref(), undefined);
  assertEquals(alive.length + more.length, 4e6);
});
