import { assertEquals } from "@std/assert";
import { checkJob, noCounts } from "../../lib/plan/check_job.ts";
import { planJob } from "../../lib/plan/plan_job.ts";
import { piecesOf } from "../../lib/plan/selection.ts";
import type { Job } from "../../lib/job_types.ts";
import { makeJob, type Script, type ScriptedObject, scriptedStore } from "./scripted_store.ts";

const NOW_MS = 100_000;

/** The plan of a job as `source -> destination`, `problem KEY` or `delete KEY`, and the calls at the source. */
async function planned(from: string, to: string, job: Partial<Job>, keys: (string | ScriptedObject)[], there: string[] = []) {
  const script = (all: (string | ScriptedObject)[]): Script => ({
    objects: all.map((one) => typeof one === "string" ? { key: one, lastModifiedMs: 1 } : one),
  });
  const source = scriptedStore("source", script(keys));
  const destination = scriptedStore("destination", script(there));
  const input = { job: makeJob(from, to, job), source, destination, signal: new AbortController().signal, nowMs: NOW_MS };
  const lines: string[] = [];
  for await (const item of planJob(input)) {
    if (item.kind === "transfer") lines.push(`${item.transfer.source.key} -> ${item.transfer.destinationKey}`);
    else if (item.kind === "problem") lines.push(`problem ${item.key}: ${item.error.kind}`);
    else if (item.kind === "delete") lines.push(`delete ${item.destinationKey}`);
    else lines.push(`${item.key} ${item.reason}`);
  }
  return { lines, calls: source.calls, input };
}

Deno.test("piecesOf() gives pieces in key order that never overlap", () => {
  const none = { prefixes: [], files: [], names: [], keepPath: true };
  assertEquals(piecesOf(none), [{ text: "", exact: false, head: "" }]);
  const texts = (prefixes: string[], files: string[]) =>
    piecesOf({ ...none, prefixes, files }).map(({ text, exact }) => exact ? `=${text}` : text);
  assertEquals(texts(["b", "a/", "a/x", "a"], ["ab", "c", "0", "c", "a/y", "b"]), ["=0", "a", "b", "=c"]);
  assertEquals(texts(["", "x"], ["y"]), [""]);
  assertEquals(texts([], ["é", "z", "\u{1F600}", "\uFF5E"]), ["=z", "=é", "=\uFF5E", "=\u{1F600}"]);
});

Deno.test("prefixes are plain texts, keep their names, and list nothing else", async () => {
  const keys = ["p/pre", "p/pre/a", "p/pre/dir/", "p/pre2/b", "p/q"];
  const { lines, calls } = await planned("s3://in/p/", "s3://out/", { prefixes: ["pre"] }, keys);
  assertEquals(lines, ["p/pre -> pre", "p/pre/a -> pre/a", "p/pre/dir/ -> pre/dir/", "p/pre2/b -> pre2/b"]);
  assertEquals(calls, ["list p/pre"]);
  assertEquals((await planned("s3://in/p/", "s3://out/", { prefixes: ["q", "pre/"] }, keys)).lines, [
    "p/pre/a -> pre/a",
    "p/pre/dir/ -> pre/dir/",
    "p/q -> q",
  ]);
});

Deno.test("files are looked up, never listed, and one that is not there is a problem", async () => {
  const keys = ["p/a", "p/ab", "p/x*y"];
  const { lines, calls, input } = await planned("s3://in/p/", "s3://out/o/", { files: ["x*y", "nowhere", "a"] }, keys, ["o/a"]);
  assertEquals(lines, ["p/a same size, not older", "problem p/nowhere: notFound", "p/x*y -> o/x*y"]);
  assertEquals(calls, ["head p/a", "head p/nowhere", "head p/x*y"]);
  const counts = noCounts();
  assertEquals((await Array.fromAsync(checkJob(input, counts))).map(({ key, difference }) => `${key} ${difference}`), [
    "p/nowhere unreadable",
    "p/x*y missing",
  ]);
  assertEquals([counts.same, counts.different], [1, 2]);
});

Deno.test("deletes stay inside the prefixes, and objects outside min_size and max_size are left alone on both sides", async () => {
  const there = ["keep", "pre/gone", "preface"];
  const job = { prefixes: ["pre/"], delete: true };
  assertEquals((await planned("s3://in/", "s3://out/", job, ["pre/a"], there)).lines, ["pre/a -> pre/a", "delete pre/gone"]);
  const small = { key: "pre/b", sizeBytes: 4, lastModifiedMs: 1 };
  const large = { key: "pre/c", sizeBytes: 5, lastModifiedMs: 1 };
  assertEquals((await planned("s3://in/", "s3://out/", { ...job, minSizeBytes: 5 }, [small, large], there)).lines, [
    "pre/b excluded",
    "pre/c -> pre/c",
  ]);
  assertEquals((await planned("s3://in/", "s3://out/", { ...job, maxSizeBytes: 4 }, [small, large], there)).lines, [
    "pre/b -> pre/b",
    "pre/c excluded",
    "delete pre/gone",
  ]);
});

Deno.test("key_prefix stands in front of each key without a slash", async () => {
  const { lines } = await planned("s3://in/", "s3://out/d/", { keyPrefix: "pre" }, ["f", "s/g"], ["d/pref"]);
  assertEquals(lines, ["f same size, not older", "s/g -> d/pres/g"]);
});

Deno.test("names are objects, folders or both, whole names only, and need not be there", async () => {
  const keys = ["p/a", "p/a-b", "p/a/x", "p/ab", "p/c/", "p/c/y"];
  const { lines, calls } = await planned("s3://in/p/", "s3://out/", { names: ["nowhere", "c", "a"] }, keys);
  assertEquals(lines, ["p/a -> a", "p/a/x -> a/x", "p/c/ -> c/", "p/c/y -> c/y"]);
  assertEquals(calls.sort(), ["head p/a", "head p/c", "head p/nowhere", "list p/a/", "list p/c/", "list p/nowhere/"]);
});

Deno.test("keep_path = no cuts off what stands before the last slash of each piece, and tells keys that meet", async () => {
  const keys = ["d/e/f", "d/e/g/h", "i/e/f", "top"];
  const job = { names: ["d/e"], prefixes: ["i/e/"], files: ["d/e/g/h", "top"], keepPath: false };
  assertEquals((await planned("s3://in/", "s3://out/", job, keys)).lines, [
    "i/e/f -> f",
    "d/e/f -> e/f",
    "d/e/g/h -> e/g/h",
    "d/e/g/h -> h",
    "top -> top",
  ]);
  const meeting = { names: ["d/e", "i/e"], keepPath: false };
  assertEquals((await planned("s3://in/", "s3://out/", meeting, keys)).lines.filter((line) => line.startsWith("problem")), [
    "problem i/e/f: conflict",
  ]);
});

Deno.test("globs look at what keep_path = no cuts off", async () => {
  const job = { names: ["d/e"], keepPath: false, exclude: ["/d/e/f"] };
  assertEquals((await planned("s3://in/", "s3://out/", job, ["d/e/f", "d/e/g"])).lines, ["d/e/f excluded", "d/e/g -> e/g"]);
});

Deno.test("cut_prefix continues the source without a slash", async () => {
  const { lines, calls } = await planned("s3://in/d/", "s3://out/", { cutPrefix: "IMG_", keyPrefix: "new-" }, [
    "d/IMG_1",
    "d/IMG_2/x",
    "d/a",
  ]);
  assertEquals(lines, ["d/IMG_1 -> new-1", "d/IMG_2/x -> new-2/x"]);
  assertEquals(calls, ["list d/IMG_"]);
});

Deno.test("names of a file count beside those of the job, duplicates once; an empty file is nothing at all", async () => {
  const list = { path: "/list", names: ["b", "a", "b"] };
  assertEquals((await planned("s3://in/", "s3://out/", { files: ["a"], filesFrom: list }, ["a", "b", "c"])).lines, ["a -> a", "b -> b"]);
  assertEquals((await planned("s3://in/", "s3://out/", { prefixesFrom: { path: "/list", names: [] } }, ["a"])).lines, []);
  const unfound = await planned("s3://in/", "s3://out/", { prefixesFrom: { path: "/list", names: ["b", "c/"] } }, ["a"]);
  assertEquals(unfound.lines, ["problem /list: notFound"]);
});

Deno.test("objects older than max_age are excluded, and left alone at the destination", async () => {
  const old = { key: "a", lastModifiedMs: NOW_MS - 5001 };
  const recent = { key: "b", lastModifiedMs: NOW_MS - 5000 };
  const job = { maxAgeMs: 5000, delete: true };
  assertEquals((await planned("s3://in/", "s3://out/", job, [old, recent], ["older"])).lines, ["a excluded", "b -> b"]);
});
