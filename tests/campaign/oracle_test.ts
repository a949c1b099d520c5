/** The referee of the campaigns is not blind: each planted wrong is named, and what is right is not. */
import { assertEquals } from "@std/assert";
import { type Broken, judgeCleanRun, judgeRun, judgeUploads, readTold, type Trial } from "./oracle.ts";

const source = new Map([["a", "1 x"], ["b", "2 y"]]);
const well: Trial = {
  source,
  before: new Map([["a", "1 old"], ["other", "3 z"]]),
  after: new Map([["a", "1 x"], ["b", "2 y"], ["other", "3 z"]]),
  run: { code: 0, words: "", objects: [{ outcome: "done", key: "a" }, { outcome: "done", key: "b" }] },
};

function promises(broken: readonly Broken[]): string[] {
  return broken.map(({ promise }) => promise);
}

Deno.test("the referee has nothing to say of a run that did what it said", () => {
  assertEquals(judgeRun(well), []);
  assertEquals(judgeCleanRun(well), []);
});

Deno.test("the referee has nothing to say of a run that failed and left the old bytes", () => {
  const after = new Map([["a", "1 old"], ["other", "3 z"]]);
  assertEquals(judgeRun({ ...well, after, run: { code: 1, words: "", objects: [{ outcome: "failed", key: "a" }] } }), []);
});

Deno.test("the referee names a destination object that is neither old nor the source's, whatever the run said", () => {
  const after = new Map(well.after).set("a", "1 damaged");
  const run = { code: 1, words: "", objects: [] };
  assertEquals(promises(judgeRun({ ...well, after, run })), ["wrong object"]);
  assertEquals(promises(judgeRun({ ...well, after: new Map(well.after).set("new", "9 n"), run })), ["wrong object"]);
});

Deno.test("the referee names what is not there under exit code 0, and what is still old", () => {
  const run = { code: 0, words: "", objects: [] };
  assertEquals(promises(judgeRun({ ...well, after: new Map([["a", "1 x"], ["other", "3 z"]]), run })), ["lost object"]);
  assertEquals(promises(judgeRun({ ...well, after: new Map(well.after).set("a", "1 old"), run })), ["wrong object"]);
});

Deno.test("the referee names an old object that vanished, but for a job that deletes", () => {
  const after = new Map([["a", "1 x"], ["b", "2 y"]]);
  assertEquals(promises(judgeRun({ ...well, after })), ["lost object"]);
  assertEquals(judgeRun({ ...well, after, deletes: true }), []);
  const gone = new Map([["b", "2 y"]]);
  assertEquals(promises(judgeRun({ ...well, after: gone, deletes: true, run: { ...well.run, code: 1, objects: [] } })), ["lost object"]);
});

Deno.test("the referee names a result that is not true", () => {
  const after = new Map(well.after).set("a", "1 old");
  const run = { code: 1, words: "", objects: [{ outcome: "done", key: "a", evidence: "etag" }] };
  assertEquals(promises(judgeRun({ ...well, after, run })), ["untrue result"]);
  assertEquals(promises(judgeRun({ ...well, run: { code: 0, words: "", objects: [{ outcome: "failed", key: "a" }] } })), ["untrue result"]);
  assertEquals(promises(judgeRun({ ...well, run: { code: 3, words: "", objects: [] } })), ["bug"]);
});

Deno.test("the referee names a clean run that did not end well, and sides that differ", () => {
  const run = { code: 1, words: "", objects: [] };
  assertEquals(promises(judgeCleanRun({ ...well, run, after: new Map([["a", "1 x"]]) })), ["not well", "not well"]);
});

Deno.test("the referee names an upload that nobody tells of, and none that somebody does", () => {
  const open = [{ key: "a", uploadId: "told" }, { key: "b", uploadId: "silent" }, { key: "c", uploadId: '.q".sluice-1' }];
  const texts = ['{"uploadId":"told"}', '{"strangerUploads":[".q\\".sluice-1"]}'];
  assertEquals(judgeUploads(open, texts).map(({ saw }) => saw), ["nobody tells of upload silent of b"]);
});

Deno.test("a manifest that a kill cut short is read up to its last line", () => {
  const lines = '{"type":"object","key":"a"}\n{"type":"summary"}\n{"type":"object","key":"b"}\n';
  assertEquals(readTold(`${lines}{"type":"obj`).map(({ key }) => key), ["a", "b"]);
  assertEquals(readTold(lines).map(({ key }) => key), ["a", "b"]);
});
