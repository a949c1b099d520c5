import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Totals } from "../../lib/types.ts";
import { PeopleWriter } from "../../lib/report/people.ts";
import { startProgress } from "../../lib/report/progress.ts";
import { ProgressMeter } from "../../lib/report/progress_meter.ts";
import { Redactor } from "../../lib/report/redact.ts";
import { done, effort, failed, planned } from "./results.ts";

function totals(movedBytes: number, foundBytes = 0): Totals {
  return { movedBytes, foundBytes, retries: 0, open: 1 };
}

Deno.test("ProgressMeter reaches 100 % whatever was retried or found, never goes back, and stays where it was when an object fails", () => {
  for (const fails of [false, true]) {
    const meter = new ProgressMeter();
    meter.addPlanItem(planned("a", 1000));
    meter.addPlanItem(planned("b", 1000));
    meter.endPlan();
    const seen: number[] = [];
    meter.setTotals(totals(0, 400));
    seen.push(meter.view(0).percent ?? -1);
    meter.setTotals(totals(1400, 400));
    seen.push(meter.view(1000).percent ?? -1);
    meter.addResult(done("a", 1000, { effort: effort({ movedBytes: 1200, foundBytes: 400, retries: 3 }) }));
    seen.push(meter.view(2000).percent ?? -1);
    meter.setTotals(totals(0));
    seen.push(meter.view(2500).percent ?? -1);
    meter.addResult(fails ? failed("b", "network", 1000, { movedBytes: 200 }) : done("b", 1000));
    seen.push(meter.view(3000).percent ?? -1);
    assertEquals(seen, [20, 90, 90, 90, fails ? 90 : 100]);
    assertEquals(meter.view(3000).positionBytes, fails ? 1800 : 2000);
  }
});

Deno.test("ProgressMeter counts the bytes of objects in work once, not again when they settle", () => {
  const meter = new ProgressMeter();
  for (const key of ["a", "b", "c", "d"]) meter.addPlanItem(planned(key, 1000));
  meter.endPlan();
  meter.setTotals(totals(1500));
  meter.addResult(done("a", 1000));
  assertEquals(meter.view(0).positionBytes, 1500);
  meter.setTotals(totals(2100));
  assertEquals(meter.view(1).positionBytes, 2100);
});

Deno.test("ProgressMeter tells neither percent nor remaining time before the plan has ended", () => {
  const meter = new ProgressMeter();
  meter.addPlanItem(planned("a", 1000));
  meter.view(0);
  meter.setTotals(totals(500));
  const before = meter.view(1000);
  assertEquals([before.percent, before.remainingMs, before.bytesPerSecond], [undefined, undefined, 500]);
  meter.endPlan();
  const after = meter.view(2000);
  assertEquals([after.percent, after.bytesPerSecond, after.remainingMs], [50, 250, 2000]);
});

Deno.test("ProgressMeter takes the speed over the whole run once all is settled, although nothing moved in the last seconds", () => {
  const meter = new ProgressMeter();
  meter.addPlanItem(planned("a", 1000));
  meter.endPlan();
  meter.view(0);
  meter.setTotals(totals(1000));
  assertEquals(meter.view(10_000).bytesPerSecond, 100);
  meter.addResult(done("a", 1000));
  for (let atMs = 20_000; atMs <= 40_000; atMs += 1000) meter.view(atMs);
  assertEquals(meter.view(50_000).bytesPerSecond, 20);
});

Deno.test("ProgressMeter takes found bytes for progress and not for speed", () => {
  const meter = new ProgressMeter();
  meter.addPlanItem(planned("a", 1000));
  meter.endPlan();
  meter.view(0);
  meter.setTotals(totals(100, 800));
  const view = meter.view(1000);
  assertEquals([view.percent, view.bytesPerSecond, view.remainingMs], [90, 100, 1000]);
});

Deno.test("ProgressMeter says 100 % of an empty plan, and of zero-byte objects only once they are settled", () => {
  const empty = new ProgressMeter();
  empty.endPlan();
  assertEquals(empty.view(0).percent, 100);
  const meter = new ProgressMeter();
  meter.addPlanItem(planned("a", 0));
  meter.endPlan();
  assertEquals(meter.view(0).percent, 0);
  meter.addResult(done("a", 0));
  assertEquals(meter.view(1).percent, 100);
});

function stage(isTerminal: boolean, columns = 80) {
  let text = "";
  const people = new PeopleWriter({ isTerminal, columns: () => columns, write: (piece) => void (text += piece) }, new Redactor());
  let tick: () => void = () => {};
  let ended = false;
  let nowMs = 0;
  const meter = new ProgressMeter();
  const options = {
    meter,
    people,
    now: () => nowMs,
    every(_intervalMs: number, call: () => void) {
      tick = call;
      return () => void (ended = true);
    },
  };
  return {
    options,
    people,
    meter,
    text: () => text,
    ended: () => ended,
    tick(milliseconds: number) {
      nowMs += milliseconds;
      tick();
    },
  };
}

Deno.test("startProgress() writes plain lines without a terminal, by the clock, and one at the end", () => {
  const { options, meter, tick, text, ended } = stage(false);
  const stop = startProgress({ ...options, mode: "auto" });
  meter.addPlanItem(planned("a\x1b", 2048));
  tick(1000);
  meter.setTotals(totals(1024));
  meter.endPlan();
  tick(1000);
  meter.addResult(done("a", 2048));
  meter.setTotals(totals(2048));
  tick(0);
  stop();
  assert(ended());
  assertEquals(text().split("\n"), [
    "0 B / 2.0 KiB+  0 B/s  0 / 1+ objects",
    "50 %  1.0 KiB / 2.0 KiB  512 B/s  ETA 2.0 s  0 / 1 objects",
    "100 %  2.0 KiB / 2.0 KiB  1.0 KiB/s  1 / 1 objects",
    "100 %  2.0 KiB / 2.0 KiB  1.0 KiB/s  1 / 1 objects",
    "",
  ]);
});

Deno.test("startProgress() draws one bar on a terminal that fits its width and ends full", () => {
  for (const columns of [20, 60, 80, 200]) {
    const { options, meter, text, ended } = stage(true, columns);
    const stop = startProgress({ ...options, mode: "auto" });
    meter.addPlanItem(planned("a", 2048));
    meter.endPlan();
    meter.addResult(done("a", 2048));
    stop();
    assert(ended());
    const drawn = text().split(/\r|\n/).map((piece) => piece.replaceAll("\x1b[K", ""));
    for (const line of drawn) assert(line.length < columns, `${line.length} of ${columns} columns: ${line}`);
    const last = drawn.filter((line) => line !== "").at(-1) ?? "";
    assertStringIncludes(last, "100 %");
    if (columns >= 80) assert(/^\[=+\] 100 %/.test(last), last);
    assert(text().endsWith("\n"));
    // Only a carriage return and "erase to the end of the line": nothing that a killed process would leave switched off.
    // deno-lint-ignore no-control-regex
    assert(!/\x1b(?!\[K)/.test(text()));
  }
});

Deno.test("startProgress() shows nothing for none", () => {
  const { options, text } = stage(true);
  startProgress({ ...options, mode: "none" })();
  assertEquals(text(), "");
});

Deno.test("PeopleWriter writes lines above the progress line and draws that again", () => {
  const { people, text } = stage(true);
  people.overlay("bar");
  people.line("failed x");
  people.endOverlay();
  people.line("end");
  assertEquals(text(), "\rbar\x1b[K\r\x1b[2Kfailed x\nbar\nend\n");
});
