/** Time limits of a movement. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { Watch } from "../../lib/bytes/watch.ts";

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true }));
}

Deno.test("Watch ends a movement in which nothing happens, as a network failure that says what stalled", async () => {
  using watch = new Watch(new AbortController().signal, 20, "Cannot read s3://b/k", "k");
  await fired(watch.signal);
  const error = watch.failure(new Error("any broken connection"));
  assertEquals([error.kind, error.key], ["network", "k"]);
  assertStringIncludes(error.message, "Cannot read s3://b/k: nothing moved for");
  assert(watch.ended);
});

Deno.test("Watch passes the caller's interrupt on and calls what follows cancelled", () => {
  const caller = new AbortController();
  using watch = new Watch(caller.signal, 10_000, "Cannot read s3://b/k");
  caller.abort();
  assert(watch.signal.aborted);
  assertEquals(watch.failure(new TypeError("fetch failed")).kind, "cancelled");
});

Deno.test("Watch gives back a TransferError that the caller aborted with", () => {
  const caller = new AbortController();
  const reason = new TransferError("credentials", "Keys are wrong");
  caller.abort(reason);
  using watch = new Watch(caller.signal, 10_000, "Cannot read s3://b/k");
  assertEquals(watch.failure(new Error("x")), reason);
});

Deno.test("Watch does not end a movement in which something happens", async () => {
  using watch = new Watch(new AbortController().signal, 60, "Cannot read s3://b/k");
  for (let times = 0; times < 8; times++) {
    await new Promise((resolve) => setTimeout(resolve, 15));
    watch.touch();
  }
  assert(!watch.signal.aborted);
});

Deno.test("Watch closes what it guards when it ends, at once where it has ended already, and nothing that was released", async () => {
  const closed: string[] = [];
  const thing = (name: string) => ({ close: () => void closed.push(name) });
  const caller = new AbortController();
  using watch = new Watch(caller.signal, 10_000, "Cannot read s3://b/k");
  const released = thing("released");
  for (const one of [thing("first"), released, thing("second")]) watch.guard(one);
  watch.release(released);
  caller.abort();
  watch.guard(thing("late"));
  assertEquals(closed, ["first", "second", "late"]);
  await fired(watch.signal);
});
