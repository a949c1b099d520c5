/** The arithmetic behind the verdicts, and that the measuring counts what it must. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { findTool } from "../tools.ts";
import { judge, type Standing } from "./contest.ts";
import { measure, median } from "./measure.ts";
import { describeVerdict, renderMarkdown, renderText } from "./render.ts";

const STANDINGS: Standing[] = [
  { tool: "sluice", cost: { wallSeconds: 2, cpuSeconds: 1, peakBytes: 170e6 } },
  { tool: "mc", cost: { wallSeconds: 4, cpuSeconds: 1.5, peakBytes: 60e6 } },
];

Deno.test("median() takes the middle, or the mean of the two middle ones", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 2, 3]), 2.5);
  assertThrows(() => median([]), RangeError);
});

Deno.test("judge() compares with the peer, with a bound, and never passes what was not measured", () => {
  assertEquals(judge({ tool: "sluice", metric: "wallSeconds", peer: "mc", most: 0.5 }, STANDINGS).met, true);
  assertEquals(judge({ tool: "sluice", metric: "cpuSeconds", peer: "mc", most: 0.6 }, STANDINGS).met, false);
  assertEquals(judge({ tool: "sluice", metric: "peakBytes", most: 160e6 }, STANDINGS).met, false);
  assertEquals(judge({ tool: "sluice", metric: "wallSeconds", peer: "rclone", most: 9 }, STANDINGS).met, undefined);
});

Deno.test("renderText() and renderMarkdown() show every tool and every verdict", () => {
  const verdicts = [judge({ tool: "sluice", metric: "cpuSeconds", peer: "mc", most: 0.6 }, STANDINGS)];
  const result = { title: "work", rounds: 1, standings: STANDINGS, verdicts };
  assertEquals(verdicts.map(describeVerdict), ["MISS: sluice CPU 0.67 × mc (goal ≤ 0.60 × mc)"]);
  for (const text of [renderText(result), renderMarkdown("2 cores", [result])]) {
    for (const part of ["work (1 round)", "sluice", "mc", "MISS", "0.67"]) assertStringIncludes(text, part);
  }
});

Deno.test("measure() counts the CPU of children and the memory of the program, and tells a failure", async () => {
  const python = findTool("python3");
  if (python === undefined) return console.warn("NOT RUN: python3 was not found");
  const env = { PATH: Deno.env.get("PATH") ?? "" };
  const busy =
    "import subprocess,sys; block=bytearray(80_000_000); subprocess.run([sys.executable,'-c','x=0\\nfor i in range(2_000_000): x+=i'])";
  const cost = await measure(python, { command: python, args: ["-c", busy], env, cwd: "." });
  assert(cost.cpuSeconds > 0.03 && cost.peakBytes > 80_000_000, JSON.stringify(cost));
  await assertRejects(
    () => measure(python, { command: python, args: ["-c", "raise SystemExit(3)"], env, cwd: "." }),
    Error,
    "ended with 3",
  );
});
