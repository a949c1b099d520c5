import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { planJob } from "../../lib/plan/plan_job.ts";
import type { ObjectInfo, PlanItem } from "../../lib/types.ts";
import { asLine, begin, items, lines, NEW, OLD } from "./planned.ts";
import { rounds } from "../test_seed.ts";

Deno.test("planJob() moves what is missing or changed and skips the rest, under the destination's prefix", async () => {
  const plan = await lines({
    from: "s3://in/a/",
    to: "s3://out/b",
    source: ["a/1", { key: "a/2", sizeBytes: 5 }, { key: "a/3", lastModifiedMs: NEW }, "a/4", "a/x/5"],
    destination: ["b/2", "b/3", "b/4", "b/9"],
  });
  assertEquals(plan, [
    "transfer a/1 -> b/1: missing",
    "transfer a/2 -> b/2: size differs",
    "transfer a/3 -> b/3: source is newer",
    "skip a/4: same size, not older",
    "transfer a/x/5 -> b/x/5: missing",
  ]);
});

Deno.test("planJob() numbers transfers and says what they replace", async () => {
  const plan = await items({ source: ["a", { key: "b", sizeBytes: 2 }], destination: ["b"] });
  assertEquals(plan.map((item) => item.kind === "transfer" && [item.transfer.id, item.transfer.replaces?.key]), [[0, undefined], [1, "b"]]);
});

Deno.test("planJob() carries odd keys from bucket to bucket as they are", async () => {
  const keys = ["/x", "a", "a//b", "a/../b", "a/b/", "e\u0301", "é", "line\nbreak", "+ %#?&<>", "\u{1F600}", "\uffee"];
  const plan = await items({ source: keys });
  assertEquals(plan.map((item) => item.kind === "transfer" && item.transfer.destinationKey).sort(), [...keys].sort());
});

Deno.test("planJob() gives an unreadable name the kind of its reason: access, the disk, or what is not a file", async () => {
  const reasons = ["operation not permitted (EPERM)", "input/output error (EIO)", "no such file (ENOENT)", "neither a file nor a folder"];
  const source = reasons.map((unreadable, at) => ({ key: `${at}`, unreadable }));
  const kinds = ["denied", "disk", "unsupported", "unsupported"];
  const plan = kinds.map((kind, at) => `problem ${at}: ${kind}: Cannot read the source: ${reasons[at]}`);
  assertEquals(await lines({ from: "/in", source, destination: [] }), plan);
});

Deno.test("planJob() selects by globs, then by the hook, and protects what the hook leaves out", async () => {
  const plan = await lines({
    job: { include: ["*.txt"], exclude: ["/tmp/"], delete: true },
    source: ["a.bin", "a.txt", "b.txt", "tmp/c.txt"],
    destination: ["b.txt", "d.txt", "old-b.txt"],
    select: (_object, relativeKey) => Promise.resolve(!relativeKey.includes("b")),
  });
  assertEquals(plan, [
    "skip a.bin: excluded",
    "transfer a.txt -> a.txt: missing",
    "skip b.txt: excluded",
    "skip tmp/c.txt: excluded",
    "delete d.txt",
  ]);
});

Deno.test("planJob() looks renamed objects up one by one, a bounded number at once, and keeps the order", async () => {
  const objects = Array.from({ length: 200 }, (_, index) => ({ key: `a/${String(index).padStart(3, "0")}`, lastModifiedMs: OLD }));
  const started = begin({
    from: "s3://in/a/",
    to: "s3://out/z/",
    source: { objects, pageSize: 100 },
    destination: ["z/100-new"],
    rename: (relativeKey) => relativeKey === "007" ? undefined : `${relativeKey}-new`,
  });
  const plan: string[] = [];
  for await (const item of planJob(started.input)) plan.push(asLine(item));
  assertEquals(plan.length, 200);
  assertEquals(plan[7], "skip a/007: excluded");
  assertEquals(plan[8], "transfer a/008 -> z/008-new: missing");
  assertEquals(plan[100], "skip a/100: same size, not older");
  assert(started.destination.calls.every((call) => call.startsWith("head z/")), "the destination was listed");
  assertEquals(started.destination.headsMost, 16);
});

Deno.test("planJob() refuses delete together with a rename hook", async () => {
  await assertRejects(() => items({ job: { delete: true }, source: [], rename: (key) => key }), TransferError, "rename hook");
});

Deno.test("planJob() reports two objects that are renamed to one key", async () => {
  const plan = await lines({ source: ["a", "b"], rename: () => "same" });
  assertEquals(plan, ["transfer a -> same: missing", 'problem b: conflict: Renamed to "same", and so was an earlier object']);
});

Deno.test("planJob() ends the job when a hook throws and says which", async () => {
  const failing = () => {
    throw new Error("oh no");
  };
  await assertRejects(() => items({ source: ["a"], select: failing }), TransferError, 'The select hook failed for "a": oh no');
  await assertRejects(() => items({ source: ["a"], rename: failing }), TransferError, "The rename hook failed");
  await assertRejects(() => items({ source: ["a"], headers: failing }), TransferError, "The headers hook failed");
});

Deno.test("planJob() asks the headers hook about transfers only", async () => {
  const plan = await items({ source: ["a", "b"], destination: ["a"], headers: (_object, key) => ({ contentType: `x/${key}` }) });
  assertEquals(plan.map((item) => item.kind === "transfer" ? item.transfer.headers : item.kind), ["skip", { contentType: "x/b" }]);
});

Deno.test("planJob() looks closer for compare = checksum and keeps the order", async () => {
  const etag = (digit: string) => digit.repeat(32);
  const plan = await lines({
    job: { compare: "checksum" },
    source: [{ key: "a", etag: etag("a") }, { key: "b", etag: etag("b") }, { key: "c" }, "d"],
    destination: [{ key: "a", etag: etag("f") }, { key: "b", etag: etag("b") }, { key: "c" }],
  });
  assertEquals(plan, ["transfer a -> a: checksum differs", "skip b: same etag", "transfer c -> c: always", "transfer d -> d: missing"]);
});

Deno.test("planJob() looks at no destination with compare = always, of a tree as little as of a single object", async () => {
  for (const from of ["s3://in/", "s3://in/a"]) {
    const { input, destination } = begin({ from, to: "s3://out/b/", job: { compare: "always" }, source: ["a"], destination: ["b/a"] });
    const plan: PlanItem[] = [];
    for await (const item of planJob(input)) plan.push(item);
    assertEquals([plan.map(asLine), destination.calls], [["transfer a -> b/a: always"], []]);
  }
});

Deno.test("planJob() plans a single object under its own name, or under the one given", async () => {
  const source = ["x/a.bin", "x/a.bin.old"];
  assertEquals(await lines({ from: "s3://in/x/a.bin", to: "s3://out/b/", source }), ["transfer x/a.bin -> b/a.bin: missing"]);
  assertEquals(await lines({ from: "s3://in/x/a.bin", to: "s3://out/b", source }), ["transfer x/a.bin -> b: missing"]);
  const there = await lines({ from: "s3://in/x/a.bin", to: "s3://out/b", source, destination: ["b"] });
  assertEquals(there, ["skip x/a.bin: same size, not older"]);
  const longest = "k".repeat(1024);
  assertEquals(await lines({ from: "s3://in/x/a.bin", to: `s3://out/${longest}`, source }), [`transfer x/a.bin -> ${longest}: missing`]);
});

Deno.test("planJob() says clearly that a single source object is missing", async () => {
  const error = await assertRejects(
    () => lines({ from: "s3://in/none", source: ["none/a"] }),
    TransferError,
    "No source object s3://in/none",
  );
  assertEquals((error as TransferError).kind, "config");
});

Deno.test("planJob() reports a destination key that no store can hold", async () => {
  const long = "é".repeat(512);
  const plan = await lines({ to: "s3://out/p/", source: [long, "k"] });
  assertEquals(plan.map((line) => line.slice(0, 7)), ["transfe", "problem"]);
  assertEquals((await lines({ source: [long] }))[0]?.slice(0, 8), "transfer");
});

Deno.test("planJob() reports a file against a folder before bytes move, neighbours between them or not", async () => {
  const plan = await lines({ to: "/out", source: ["a", "a!", "a/b", "a0", "c/", "c/d", "e/f"], destination: ["e"] });
  assertEquals(plan, [
    "transfer a -> a: missing",
    "transfer a! -> a!: missing",
    'problem a/b: conflict: Cannot be written beside another name: "a" is a file, so it cannot be a folder as well',
    "transfer a0 -> a0: missing",
    "transfer c/ -> c/: missing",
    "transfer c/d -> c/d: missing",
    'problem e/f: conflict: Cannot be written beside another name: "e" is a file, so it cannot be a folder as well',
  ]);
});

Deno.test("planJob() reports names that differ only in case when the disk cannot tell them apart", async () => {
  const options = { to: "/out", source: ["Photos/a", "README", "b/X", "b/x", "photos/b", "readme2"] };
  assertEquals((await lines(options)).filter((line) => line.startsWith("problem")), []);
  assertEquals((await lines({ ...options, caseInsensitive: true })).filter((line) => line.startsWith("problem")), [
    'problem b/x: conflict: Cannot be written beside another name: The destination does not tell it from "b/X"',
    'problem photos/b: conflict: Cannot be written beside another name: The destination does not tell it from "Photos"',
  ]);
});

Deno.test("planJob() never deletes a file that is another spelling of one just written", async () => {
  const plan = await lines({ to: "/out", job: { delete: true }, caseInsensitive: true, source: ["README"], destination: ["readme"] });
  assertEquals(plan, ["transfer README -> README: missing"]);
});

Deno.test("planJob() makes folders of markers, finds them again, and never deletes a folder", async () => {
  const started = begin({
    to: "/out",
    job: { delete: true },
    source: [{ key: "new/", sizeBytes: 0 }, { key: "old/", sizeBytes: 0, lastModifiedMs: NEW }],
    destination: [{ key: "gone/", sizeBytes: 0 }, { key: "gone/file" }, { key: "old/", sizeBytes: 0, lastModifiedMs: OLD }],
  });
  const plan: string[] = [];
  for await (const item of planJob(started.input)) plan.push(asLine(item));
  assertEquals(plan, ["transfer new/ -> new/: missing", "skip old/: same size", "delete gone/file"]);
  assertEquals(started.destination.calls, ["list  folders"]);
});

Deno.test("planJob() leaves out the marker of the source's own root where the destination has none", async () => {
  const source = [{ key: "a/", sizeBytes: 0 }, { key: "a/b", lastModifiedMs: OLD }];
  assertEquals(await lines({ from: "s3://in/a/", source }), ["transfer a/b -> b: missing"]);
  assertEquals(await lines({ from: "s3://in/a/", to: "/out", source }), ["transfer a/b -> b: missing"]);
  assertEquals((await lines({ from: "s3://in/a/", to: "s3://out/z/", source }))[0], "transfer a/ -> z/: missing");
});

/** What is alive, without the garbage that a busy machine leaves lying. An empty `deno test` alone has 84 MB. */
function liveHeapBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return Deno.memoryUsage().heapUsed;
}

/** A million; fewer in the quick check. */
const MANY = Math.min(1000, rounds(1000)) * 1000;

Deno.test(`planJob() plans ${MANY.toLocaleString("en")} objects in the memory of a few pages`, async () => {
  async function* pages(sizeBytes: number): AsyncGenerator<ObjectInfo[]> {
    for (let first = 0; first < MANY; first += 1000) {
      yield Array.from({ length: 1000 }, (_, index) => ({
        key: `folder/${String(first + index).padStart(9, "0")}-with-a-name-of-common-length`,
        sizeBytes: index % 10 === 0 ? sizeBytes : 1,
        lastModifiedMs: OLD,
      }));
    }
  }
  const { input } = begin({ source: { pages: () => pages(2) }, destination: { pages: () => pages(3) }, job: { exclude: ["*.tmp"] } });
  const counts = { transfer: 0, skip: 0, delete: 0, problem: 0 };
  const alive: number[] = [];
  for await (const item of planJob(input)) {
    counts[item.kind] += 1;
    if ((counts.transfer + counts.skip) % 200_000 === 100_000) alive.push(liveHeapBytes());
  }
  assertEquals(counts, { transfer: MANY / 10, skip: MANY * 0.9, delete: 0, problem: 0 });
  // Held, a hundred thousand pairs would take some 40 MB.
  assert(Math.max(...alive) - Math.min(...alive) < 4e6, `heap at each 200,000 objects: ${alive}`);
});
