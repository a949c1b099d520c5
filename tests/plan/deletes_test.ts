/** What a plan deletes, in which order, and when it deletes nothing. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { planJob } from "../../lib/plan/plan_job.ts";
import type { Job } from "../../lib/job_types.ts";
import type { PlanItem } from "../../lib/types.ts";
import { asLine, begin, type Case, lines, OLD } from "./planned.ts";
import type { Script } from "./scripted_store.ts";

const folder = (key: string) => ({ key, sizeBytes: 0 });
const THERE = ["k", folder("x/"), "x/one", folder("x/sub/"), "x/sub/two", "y", "z"];

Deno.test("planJob() deletes at the very end what only the destination has, but nothing that is excluded", async () => {
  const plan = await lines({
    job: { delete: true, exclude: ["*.keep"] },
    source: ["b", "z", "y.keep"],
    destination: ["a", "b", "c", "d.keep", "y.keep"],
  });
  assertEquals(plan, ["skip b: same size, not older", "skip y.keep: excluded", "transfer z -> z: missing", "delete a", "delete c"]);
});

Deno.test("planJob() deletes nothing without delete = true", async () => {
  assertEquals(await lines({ source: ["b"], destination: ["a", "b"] }), ["skip b: same size, not older"]);
});

Deno.test("planJob() deletes nothing when either listing is torn, however late", async () => {
  const torn = new TransferError("network", "Cannot list: connection reset");
  const objects = ["a", "b", "c", "d"].map((key) => ({ key }));
  const cases: Case[] = [
    { job: { delete: true }, source: { objects: objects.slice(0, 1), listError: torn }, destination: { objects } },
    { job: { delete: true }, source: { objects: [], listError: torn }, destination: { objects } },
    { job: { delete: true }, source: { objects: objects.slice(0, 1) }, destination: { objects, listError: torn } },
  ];
  for (const one of cases) {
    const seen: PlanItem[] = [];
    await assertRejects(
      async () => {
        for await (const item of planJob(begin(one).input)) seen.push(item);
      },
      TransferError,
      "connection reset",
    );
    assert(seen.every((item) => item.kind !== "delete"));
  }
});

Deno.test("planJob() deletes nothing when the signal fires before the plan has ended", async () => {
  const controller = new AbortController();
  const { input } = begin({ job: { delete: true }, source: ["b"], destination: ["a", "b", "c"], signal: controller.signal });
  const seen: PlanItem[] = [];
  await assertRejects(async () => {
    for await (const item of planJob(input)) {
      seen.push(item);
      controller.abort();
    }
  });
  assertEquals(seen.map(asLine), ["skip b: same size, not older"]);
});

Deno.test("planJob() deletes nothing when part of the source could not be read", async () => {
  const plan = await lines({
    from: "/in",
    job: { delete: true },
    source: [{ key: "closed", unreadable: "permission denied" }, "open"],
    destination: ["closed/a", "extra", "open"],
  });
  assertEquals(plan, [
    "problem closed: denied: Cannot read the source: permission denied",
    "skip open: same size, not older",
    "problem s3://out/: denied: Nothing deleted: part of the source could not be read, 2 extra objects were left",
  ]);
});

Deno.test("planJob() deletes nothing when an unreadable name is outside of include, as it may hide a folder", async () => {
  const plan = await lines({
    from: "/in",
    job: { delete: true, include: ["*.txt"] },
    source: [{ key: "closed", unreadable: "permission denied" }],
    destination: ["closed/a.txt"],
  });
  assertEquals(plan, ["problem s3://out/: denied: Nothing deleted: part of the source could not be read, 1 extra objects were left"]);
});

Deno.test("planJob() deletes nothing at all beyond max_delete and says how many there are", async () => {
  const options = { source: ["a.tmp"], destination: ["a", "b", "c", "d"] };
  assertEquals((await lines({ ...options, job: { delete: true, maxDelete: 3, exclude: ["*.tmp"] } })).slice(1), [
    "problem s3://out/: config: Nothing deleted: 4 extra objects are more than max_delete = 3",
  ]);
  assertEquals((await lines({ ...options, job: { delete: true, maxDelete: 4, exclude: ["*.tmp"] } })).length, 5);
});

Deno.test("planJob() deletes what is in the way of a transfer first, and only when both listings have ended cleanly", async () => {
  const mirror = (source: Case["source"], job: Partial<Job> = {}) =>
    lines({ to: "/out/", job: { delete: true, maxDelete: 10, ...job }, source, destination: THERE });
  const wait = ["skip k: same size, not older", "transfer n -> n: missing"];
  assertEquals(await mirror(["k", "n", "x", "y/deep"]), [
    ...wait,
    "delete x/sub/two",
    "delete x/sub/",
    "delete x/one",
    "delete x/",
    "delete y",
    "transfer x -> x: missing",
    "transfer y/deep -> y/deep: missing",
    "delete z",
  ]);
  const held = ["transfer x -> x: missing", "transfer y/deep -> y/deep: missing"];
  const few = await mirror(["k", "n", "x", "y/deep"], { maxDelete: 3 });
  assertEquals(few.slice(0, 4), [...wait, ...held]);
  assert(few[4]?.includes("Nothing deleted: 4 extra objects"), few[4]);
  const hidden = await mirror(["k", "n", { key: "q", unreadable: "denied" }, "x", "y/deep"]);
  assertEquals(hidden.filter((line) => line.startsWith("delete")), []);
  assertEquals((await mirror(["k", "n", "x"], { delete: false })).at(-1), "transfer x -> x: missing");
  const kept = await mirror(["k", "n", "x"], { exclude: ["x/sub/**"] });
  assertEquals(kept.filter((line) => line.startsWith("delete x/sub")), []);
});

Deno.test("planJob() leaves the markers of folders that a local source has, and deletes other keys that end in a slash", async () => {
  const options = { from: "/in/", job: { delete: true, maxDelete: 10 }, destination: ["a", folder("gone/"), folder("there/")] };
  const source: Script = { objects: [{ key: "a" }, { key: "there/b" }, { key: "there/", unlisted: true }] };
  assertEquals((await lines({ ...options, source })).filter((line) => line.startsWith("delete")), ["delete gone/"]);
});

Deno.test("planJob() notices that a destination's listing is out of order, on every page, and then deletes nothing", async () => {
  const source = ["a", "b", "c", "d"];
  const pagesOf = (...pages: string[][]): Script => ({
    objects: pages.flat().map((key) => ({ key, lastModifiedMs: OLD })),
    pages: async function* () {
      for (const page of pages) yield page.map((key) => ({ key, sizeBytes: 1, lastModifiedMs: OLD }));
    },
  });
  const same = source.map((key) => `skip ${key}: same size, not older`);
  const notes: string[] = [];
  const onNote = (line: string) => void notes.push(line);
  const orders = [pagesOf(["b", "a", "c", "d"]), pagesOf(["a"], ["c", "b"], ["d"]), pagesOf(["a", "b", "c"], ["c", "d"])];
  for (const destination of orders) {
    assertEquals(await lines({ source, destination, onNote }), same);
    await assertRejects(() => lines({ source, destination, job: { delete: true } }), TransferError, "not in byte order");
    await assertRejects(() => lines({ source, destination, extrasMatter: true }), TransferError, "not in byte order");
  }
  assertEquals(notes.length, 3);
  assert(notes.every((note) => note.includes("s3://out/ does not list its keys in byte order")));
  // "b" seems to be missing until the second page shows that the first said nothing of it.
  const late = pagesOf(["a", "c"], ["b", "d"]);
  assertEquals((await lines({ source, destination: late }))[1], "transfer b -> b: missing");
  const careless = await lines({ source, destination: { ...late, capabilities: { conditionalWrites: false } } });
  assertEquals(careless.filter((line) => line.startsWith("problem")), [
    'problem s3://out/: disorder: s3://out/ does not list its keys in byte order ("b" comes too late): ' +
    "1 earlier objects were taken for missing there and may have replaced others",
  ]);
});
