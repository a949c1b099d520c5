/**
 * A program, run by plan_keys_test.ts in a process of its own so that its memory is its own: plans a job over two made-up listings and
 * prints as JSON what the plan said and what memory it took. Must never hold a listing: keys are made when their page is asked for.
 *
 * Of every thousand keys one is only at the source, one only at the destination, and one differs.
 */
import { lean } from "../../lib/heap.ts";
import { planJob } from "../../lib/plan/plan_job.ts";
import type { ObjectInfo } from "../../lib/types.ts";
import { makeJob, scriptedStore } from "../plan/scripted_store.ts";

/** What the program prints. Heaps are what was in use right after a collection. */
export interface PlannedKeys {
  readonly items: Readonly<Record<string, number>>;
  readonly heapAtTenthBytes: number;
  readonly heapAtEndBytes: number;
  /** Highest resident size of the process up to a tenth of the way, and of all of it. */
  readonly peakAtTenthBytes: number;
  readonly peakBytes: number;
  readonly keysPerSecond: number;
}

/** What is planned; handed over as JSON. */
export interface PlanKeysTask {
  /** Keys of both sides together count once. A multiple of 1,000. */
  readonly keys: number;
  readonly destination: "store" | "folder";
  /** Holds on to every item: what the measure must notice. */
  readonly leak?: boolean;
}

const PAGE_KEYS = 1000;
const ONLY_SOURCE = 3;
const ONLY_DESTINATION = 7;
const DIFFERENT = 11;

/** Keys in folders of 1,000 and of 1,000,000, some outside of ASCII; in UTF-8 order, as counted. */
function keyOf(index: number): string {
  const digits = String(index).padStart(9, "0");
  return `data/${digits.slice(0, 3)}/档案-${digits.slice(3, 6)}/an-object-of-some-length-${digits.slice(6)}.bin`;
}

function pages(task: PlanKeysTask, side: "source" | "destination"): () => AsyncGenerator<ObjectInfo[]> {
  const left = side === "source" ? ONLY_DESTINATION : ONLY_SOURCE;
  return async function* () {
    for (let first = 0; first < task.keys; first += PAGE_KEYS) {
      const page: ObjectInfo[] = [];
      for (let index = first; index < first + PAGE_KEYS; index++) {
        const place = index % PAGE_KEYS;
        if (place === left) continue;
        const sizeBytes = place === DIFFERENT && side === "source" ? 5000 : place;
        page.push({ key: keyOf(index), sizeBytes, etag: "0cc175b9c0f1b6a831c399e269772661", lastModifiedMs: 1.7e12 });
      }
      yield page;
    }
  };
}

/** Plans it and measures. Needs `--v8-flags=--expose-gc`. */
async function measure(task: PlanKeysTask): Promise<PlannedKeys> {
  const job = makeJob("s3://a/", task.destination === "store" ? "s3://b/" : "/b/", { delete: true });
  const source = scriptedStore("source", { pages: pages(task, "source") });
  const destination = scriptedStore("destination", { pages: pages(task, "destination") });
  const plan = planJob({ job, source, destination, caseInsensitive: true, signal: new AbortController().signal });
  const items: Record<string, number> = {};
  const held: unknown[] = [];
  let seen = 0;
  let heapAtTenthBytes = 0;
  let peakAtTenthBytes = 0;
  const begun = performance.now();
  for await (const item of lean(plan)) {
    items[item.kind] = (items[item.kind] ?? 0) + 1;
    if (task.leak) held.push(item);
    if (++seen !== Math.floor(task.keys / 10)) continue;
    heapAtTenthBytes = usedHeap();
    peakAtTenthBytes = await peakResident();
  }
  const keysPerSecond = Math.round(task.keys / (performance.now() - begun) * 1000);
  const heapAtEndBytes = usedHeap();
  if (task.leak && held.length === 0) throw new Error("Nothing was planned");
  return { items, heapAtTenthBytes, heapAtEndBytes, peakAtTenthBytes, peakBytes: await peakResident(), keysPerSecond };
}

function usedHeap(): number {
  (globalThis as unknown as { gc(): void }).gc();
  return Deno.memoryUsage().heapUsed;
}

/** From the system where it keeps a high-water mark, else the size of now. */
async function peakResident(): Promise<number> {
  if (Deno.build.os !== "linux") return Deno.memoryUsage().rss;
  const kib = /^VmHWM:\s+(\d+) kB/m.exec(await Deno.readTextFile("/proc/self/status"))?.[1];
  return Number(kib) * 1024;
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(Deno.args[0] ?? "{}"))));
