/** What main asks of a store is asked again when it fails. */
import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { retryingStore } from "../../lib/store/retrying.ts";
import { listPages } from "../../lib/remote/pages.ts";
import type { ListOptions, Store } from "../../lib/store/store.ts";
import { type Script, scriptedStore } from "../plan/scripted_store.ts";
import { FakeClock } from "../session/fake_world.ts";

const KEYS = ["a", "b", "c", "d", "e", "f", "g"];

function retryingOver(store: Store, retries = 3): { store: Store; clock: FakeClock; retried: string[] } {
  const clock = new FakeClock();
  const retried: string[] = [];
  const tuning = { retries, retryDelayMs: 100, retryGrowth: "double" } as const;
  return {
    store: retryingStore(store, { tuning, clock, random: () => 0.5, onRetry: (error) => retried.push(error.message) }),
    clock,
    retried,
  };
}

/** A listing of two keys a page, each page requested through `repeat`, that fails before each of these keys, once each. */
function breaking(before: string[], asked: string[] = []): Script {
  const left = new Set(before);
  return {
    pages: (options: ListOptions) =>
      listPages({
        ...options,
        what: "Cannot list",
        page({ token = "0" }) {
          asked.push(token);
          const at = Number(token);
          if (left.delete(KEYS[at] ?? "")) return Promise.reject(new TransferError("server", `Broke before ${KEYS[at]}`));
          const objects = KEYS.slice(at, at + 2).map((key) => ({ key, sizeBytes: 1 }));
          return Promise.resolve({ objects, ...(at + 2 < KEYS.length && { next: String(at + 2) }) });
        },
      }),
  };
}

async function keysOf(store: Store, signal?: AbortSignal): Promise<string[]> {
  const pages = await Array.fromAsync(store.list({ prefix: "", ...(signal && { signal }) }));
  return pages.flat().map(({ key }) => key);
}

Deno.test("retryingStore() requests each page that failed again, by its own token", async () => {
  const asked: string[] = [];
  const { store, retried } = retryingOver(scriptedStore("s", breaking(["c", "e", "g"], asked)));
  assertEquals(await keysOf(store), KEYS);
  assertEquals([retried.length, asked], [3, ["0", "2", "2", "4", "4", "6", "6"]]);
});

Deno.test("retryingStore() gives a listing up after as many failures in a row as retries allow", async () => {
  const busy = new TransferError("throttled", "SlowDown", { retryAfterMs: 5000 });
  const pages = (options: ListOptions) => listPages({ ...options, what: "Cannot list", page: () => Promise.reject(busy) });
  const { store, clock, retried } = retryingOver(scriptedStore("s", { pages }), 2);
  const error = await assertRejects(() => keysOf(store), TransferError);
  assertEquals([error.kind, retried.length], ["throttled", 2]);
  assertEquals(clock.nowMs >= 10_000, true);
});

Deno.test("retryingStore() asks nothing again that is final, nor when it was interrupted", async () => {
  const denied = retryingOver(scriptedStore("s", { listError: new TransferError("denied", "AccessDenied") }));
  assertEquals((await assertRejects(() => keysOf(denied.store), TransferError)).kind, "denied");
  const stop = new AbortController();
  const page = () => (stop.abort(), Promise.reject(new TransferError("server", "InternalError")));
  const interrupted = retryingOver(scriptedStore("s", { pages: (options) => listPages({ ...options, what: "Cannot list", page }) }));
  assertEquals((await assertRejects(() => keysOf(interrupted.store, stop.signal), TransferError)).kind, "cancelled");
  assertEquals([denied.retried, interrupted.retried], [[], []]);
});

Deno.test("retryingStore() looks again, and deletes again what failed for a while and nothing else", async () => {
  const plain = scriptedStore("s", { objects: [{ key: "a" }] });
  const head = plain.head.bind(plain);
  let failures = 2;
  const fail = () => {
    if (failures-- > 0) throw new TransferError("network", "The connection broke");
  };
  const asked: (readonly string[])[] = [];
  const busy = new Set(["b", "c"]);
  const { store, retried } = retryingOver(Object.assign(plain, {
    head: async (...question: Parameters<Store["head"]>) => {
      fail();
      return await head(...question);
    },
    deleteObjects: (keys: readonly string[]) => {
      asked.push(keys);
      fail();
      const slow = keys.filter((key) => key === "never" || busy.delete(key)).map((
        key,
      ) => ({ key, kind: "throttled", message: "SlowDown" } as const));
      const denied = keys.filter((key) => key === "d").map((key) => ({ key, kind: "denied", message: "AccessDenied" } as const));
      return Promise.resolve([...slow, ...denied]);
    },
  }));
  assertEquals((await store.head("a"))?.key, "a");
  assertEquals(retried.length, 2);
  failures = 1;
  const keys = ["a", "b", "c", "d"];
  assertEquals(await store.deleteObjects(keys), [{ key: "d", kind: "denied", message: "AccessDenied" }]);
  assertEquals(asked, [keys, keys, ["b", "c"]]);
  assertEquals(await store.deleteObjects(["never", "e"]), [{ key: "never", kind: "throttled", message: "SlowDown" }]);
});
