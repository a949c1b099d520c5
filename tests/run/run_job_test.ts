/** How runs end: deletes that are cut short, hooks that fail, sources that are empty. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { Summary } from "../../lib/report/summary.ts";
import { type Hooks, type RunEnd, runJob, type RunSetup } from "../../lib/run/run_job.ts";
import { REAL_CLOCK } from "../../lib/run/real_clock.ts";
import type { WorkerCommand } from "../../lib/protocol.ts";
import type { WorkerLink } from "../../lib/schedule/worker_link.ts";
import type { DeleteFailure, Store } from "../../lib/store/store.ts";
import type { Job } from "../../lib/job_types.ts";
import { makeJob, scriptedStore } from "../plan/scripted_store.ts";
import { done, totals } from "../schedule/rig.ts";

/** A worker to whom every object is done at once. */
function goodWorker(): WorkerLink {
  const link: WorkerLink = {
    onEvent: () => {},
    onDeath: () => {},
    post(command: WorkerCommand) {
      if (command.type === "assign") {
        queueMicrotask(() => link.onEvent({ type: "settled", results: command.transfers.map(done), totals: totals() }));
      }
      if (command.type === "drain" || command.type === "cancel") queueMicrotask(() => link.onEvent({ type: "drained", totals: totals() }));
    },
    terminate: () => {},
  };
  queueMicrotask(() => link.onEvent({ type: "ready" }));
  return link;
}

interface Scene {
  source?: readonly string[];
  destination?: readonly string[];
  job?: Partial<Job>;
  hooks?: Hooks;
  signal?: AbortSignal;
  deletes?: (keys: readonly string[]) => readonly DeleteFailure[] | Promise<readonly DeleteFailure[]>;
}

async function run(scene: Scene): Promise<{ end: RunEnd; summary: Summary; deleted: string[] }> {
  const job = makeJob("s3://a/", "s3://b/", { compare: "size", maxDelete: 10_000, ...scene.job });
  const deleted: string[] = [];
  const store = (keys: readonly string[] = []): Store =>
    Object.assign(scriptedStore("s", { objects: keys.map((key) => ({ key })), pageSize: 1000 }), {
      async deleteObjects(batch: readonly string[]) {
        const failed = await scene.deletes?.(batch) ?? [];
        deleted.push(...batch.filter((key) => !failed.some((failure) => failure.key === key)));
        return failed;
      },
    });
  const ready = { type: "local", name: "s", bucket: "/s" } as const;
  const setup: RunSetup = {
    job,
    sides: {
      source: { ready, credentials: undefined, store: store(scene.source) },
      destination: { ready, credentials: undefined, store: store(scene.destination) },
      serverSideCopy: false,
      caseInsensitive: false,
      close: () => {},
    },
    hooks: scene.hooks ?? {},
    signal: scene.signal ?? new AbortController().signal,
    engine: { spawn: goodWorker, clock: REAL_CLOCK, random: Math.random, seed: () => 1, digest: () => Promise.resolve({}) },
  };
  const summary = new Summary();
  const end = await runJob(setup, summary);
  return { end, summary, deleted };
}

const EXTRA = Array.from({ length: 2500 }, (_, index) => `x${String(index).padStart(4, "0")}`);

Deno.test("an interrupt between two batches of deletes is an interrupt, and says how many were left", async () => {
  const stop = new AbortController();
  const { end, summary, deleted } = await run({
    source: ["a"],
    destination: ["a", ...EXTRA],
    job: { delete: true },
    signal: stop.signal,
    deletes: () => (stop.abort(), []),
  });
  assertEquals(end, { interrupted: true, error: undefined, deletesHeldBack: 1500 });
  assertEquals([summary.deleted.objects, deleted.length], [1000, 1000]);
});

Deno.test("a batch of deletes that an interrupt cuts short is not counted", async () => {
  const stop = new AbortController();
  let batches = 0;
  const { end, summary } = await run({
    source: ["a"],
    destination: ["a", ...EXTRA],
    job: { delete: true },
    signal: stop.signal,
    deletes() {
      if (++batches < 2) return [];
      stop.abort();
      throw new TransferError("cancelled", "Interrupted");
    },
  });
  assertEquals(end, { interrupted: true, error: undefined, deletesHeldBack: 1500 });
  assertEquals(summary.deleted.objects, 1000);
});

Deno.test("a batch of deletes that fails stops the job with its error; what is left is counted", async () => {
  const { end } = await run({
    source: ["a"],
    destination: ["a", ...EXTRA],
    job: { delete: true },
    deletes: () => Promise.reject(new TransferError("config", "AccessDenied")),
  });
  assertEquals([end.error?.kind, end.interrupted, end.deletesHeldBack], ["config", false, 2500]);
});

Deno.test("a delete that fails keeps its own kind", async () => {
  const { end, summary } = await run({
    source: ["a"],
    destination: ["a", "b", "c"],
    job: { delete: true },
    deletes: () => [{ key: "b", kind: "throttled", message: "SlowDown" }],
  });
  assertEquals([end.error, [...summary.failedByKind], summary.deleted.objects], [undefined, [["throttled", 1]], 1]);
});

for (
  const [what, source, allowEmptySource, gone] of [
    ["holds nothing", [], false, 0],
    ["holds nothing, which is meant", [], true, 3],
    ["holds excluded objects only", ["a.tmp"], false, 3],
  ] as const
) {
  Deno.test(`delete with a source that ${what} deletes ${gone} of 3`, async () => {
    const destination = ["x", "y", "z"];
    const { end, summary, deleted } = await run({ source, destination, job: { delete: true, allowEmptySource, exclude: ["*.tmp"] } });
    assertEquals([end.error, deleted.length, summary.failed], [undefined, gone, gone === 0 ? 1 : 0]);
    if (gone === 0) assertStringIncludes(summary.failuresShown[0]?.message ?? "", "the source holds no object at all");
  });
}

const broken = () => {
  throw new Error("lost my head");
};

for (
  const [name, hooks] of [
    ["onResult", { onResult: broken }],
    ["onResult", { onResult: () => Promise.reject(new Error("lost my head")) }],
    ["onResult", { onResult: () => new Promise<void>((_, reject) => setTimeout(() => reject(new Error("lost my head")), 20)) }],
    ["select", { select: broken }],
    ["select", { select: () => Promise.reject(new Error("lost my head")) }],
    ["rename", { rename: broken }],
    ["rename", { rename: (() => 7) as never }],
    ["headers", { headers: broken }],
    ["headers", { headers: (() => ({ metadata: broken })) as never }],
    ["headers", { headers: (() => "x") as never }],
  ] as const satisfies readonly (readonly [string, Hooks])[]
) {
  Deno.test(`a failing ${name} hook (${Object.values(hooks)[0]}) stops the job and is named`, async () => {
    const { end } = await run({ source: ["a"], destination: [], hooks });
    assertEquals([end.error?.kind, end.interrupted], ["config", false]);
    assertStringIncludes(end.error?.message ?? "", `The ${name} hook failed for "a": `);
  });
}

Deno.test("nothing is deleted after a hook has failed, and no call of a hook outlives the run", async () => {
  let open = 0;
  const onResult = async () => {
    open++;
    await new Promise((resolve) => setTimeout(resolve, 20));
    open--;
    broken();
  };
  const { end, deleted } = await run({ source: ["a", "b"], destination: ["z"], job: { delete: true }, hooks: { onResult } });
  assertEquals([end.error?.kind, deleted, end.deletesHeldBack, open], ["config", [], 1, 0]);
});
