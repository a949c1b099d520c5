/** What main asks of a store is asked again when it fails. */
import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { patientStore } from "../../lib/store/retrying.ts";
import type { ListOptions, Store } from "../../lib/store/store.ts";
import type { ObjectInfo } from "../../lib/types.ts";
import { type Script, scriptedStore } from "../plan/scripted_store.ts";
import { FakeClock } from "../session/fake_world.ts";

const KEYS = ["a", "b", "c", "d", "e", "f", "g"];

function patient(store: Store, retries = 3): { store: Store; clock: FakeClock; retried: string[] } {
  const clock = new FakeClock();
  const retried: string[] = [];
  const tuning = { retries, retryDelayMs: 100, retryGrowth: "double" } as const;
  return {
    store: patientStore(store, { tuning, clock, random: () => 0.5, onRetry: (error) => retried.push(error.message) }),
    clock,
    retried,
  };
}

/** A listing of two keys a page that breaks before each of these keys, once each; `goesOn`: it knows startAfter. */
function breaking(before: string[], goesOn: boolean, asked: (string | undefined)[] = []): Script {
  const left = new Set(before);
  async function* pages(options: ListOptions): AsyncGenerator<ObjectInfo[]> {
    asked.push(options.startAfter);
    const { startAfter } = options;
    const keys = goesOn && startAfter !== undefined ? KEYS.filter((key) => key > startAfter) : KEYS;
    for (let at = 0; at < keys.length; at += 2) {
      await Promise.resolve();
      if (left.delete(keys[at] ?? "")) throw new TransferError("server", `Broke before ${keys[at]}`);
      yield keys.slice(at, at + 2).map((key) => ({ key, sizeBytes: 1 }));
    }
  }
  return { pages };
}

async function keysOf(store: Store, signal?: AbortSignal): Promise<string[]> {
  const pages = await Array.fromAsync(store.list({ prefix: "", ...(signal && { signal }) }));
  return pages.flat().map(({ key }) => key);
}

for (const goesOn of [true, false]) {
  Deno.test(`patientStore() tells every key once when the listing breaks (the store ${goesOn ? "goes on" : "begins anew"})`, async () => {
    const asked: (string | undefined)[] = [];
    const { store, retried } = patient(scriptedStore("s", breaking(["c", "e", "g"], goesOn, asked)));
    assertEquals(await keysOf(store), KEYS);
    assertEquals([retried.length, asked], [3, [undefined, "b", "d", "f"]]);
  });
}

Deno.test("patientStore() gives a listing up after as many failures in a row as retries allow", async () => {
  async function* pages(): AsyncGenerator<ObjectInfo[]> {
    yield [{ key: "a", sizeBytes: 1 }];
    throw new TransferError("throttled", "SlowDown", { retryAfterMs: 5000 });
  }
  const { store, clock, retried } = patient(scriptedStore("s", { pages }), 2);
  const error = await assertRejects(() => keysOf(store), TransferError);
  assertEquals([error.kind, retried.length], ["throttled", 2]);
  assertEquals(clock.nowMs >= 10_000, true);
});

Deno.test("patientStore() asks nothing again that is final, nor when it was interrupted", async () => {
  const denied = patient(scriptedStore("s", { listError: new TransferError("denied", "AccessDenied") }));
  assertEquals((await assertRejects(() => keysOf(denied.store), TransferError)).kind, "denied");
  const stop = new AbortController();
  const broken = scriptedStore("s", { listError: new TransferError("server", "InternalError") });
  const interrupted = patient({ ...broken, list: (options) => (stop.abort(), broken.list(options)) });
  assertEquals((await assertRejects(() => keysOf(interrupted.store, stop.signal), TransferError)).kind, "cancelled");
  assertEquals([denied.retried, interrupted.retried], [[], []]);
});

Deno.test("patientStore() looks and deletes again", async () => {
  const plain = scriptedStore("s", { objects: [{ key: "a" }] });
  let failures = 2;
  const fail = () => {
    if (failures-- > 0) throw new TransferError("network", "The connection broke");
  };
  const { store, retried } = patient({
    ...plain,
    head: async (key, options) => {
      fail();
      return await plain.head(key, options);
    },
    deleteObjects: (keys) => {
      fail();
      return Promise.resolve(keys.map((key) => ({ key, message: "kept" })));
    },
  });
  assertEquals((await store.head("a"))?.key, "a");
  failures = 1;
  assertEquals(await store.deleteObjects(["a"]), [{ key: "a", message: "kept" }]);
  assertEquals(retried.length, 3);
});
