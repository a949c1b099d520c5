/** The arithmetic behind the verdicts, and that the measuring counts what it must. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import type { PeerName } from "../peers.ts";
import { findTool } from "../tools.ts";
import { judge, type Standing } from "./contest.ts";
import { measure, median } from "./measure.ts";
import { type Errand, peerArgs } from "./peer_commands.ts";
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

Deno.test("renderText() and renderMarkdown() show every tool, and the terminal every verdict", () => {
  const verdicts = [judge({ tool: "sluice", metric: "cpuSeconds", peer: "mc", most: 0.6 }, STANDINGS)];
  const result = { title: "work", rounds: 1, standings: STANDINGS, verdicts };
  assertEquals(verdicts.map(describeVerdict), ["MISS: sluice CPU 0.67 × mc (goal ≤ 0.60 × mc)"]);
  for (const text of [renderText(result), renderMarkdown("2 cores", [result])]) {
    for (const part of ["work (1 round)", "sluice", "mc", "0.67"]) assertStringIncludes(text, part);
  }
  assertStringIncludes(renderText(result), "MISS");
});

Deno.test("measure() counts the CPU of children and the memory of the program, and reports a failure", async () => {
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

Deno.test("renderText() divides the cost by the amount of work", () => {
  const result = { title: "listing", rounds: 1, standings: STANDINGS.slice(0, 1), verdicts: [], units: { name: "key", count: 10_000 } };
  assertStringIncludes(renderText(result), "sluice: 100 µs CPU per key");
});

Deno.test("peerArgs() asks each peer for the same work", () => {
  const tree = { route: "up", folder: "/data/small", prefix: "small" } as const;
  const file = { ...tree, object: "file-000000" };
  const cases: [PeerName, Errand, string | undefined][] = [
    ["mc", tree, "mirror --quiet /data/small right/destination/small"],
    [
      "mc",
      { ...file, route: "across", caFile: "/ca" },
      "cp --quiet --insecure left/source/small/file-000000 right/destination/small/file-000000",
    ],
    ["rclone", { ...tree, route: "down" }, "copy --transfers 32 left:source/small /data/small"],
    [
      "rclone",
      { ...file, route: "across", caFile: "/ca" },
      "copyto --ca-cert /ca left:source/small/file-000000 right:destination/small/file-000000",
    ],
    ["s5cmd", tree, "cp /data/small/ s3://destination/small/"],
    ["s5cmd", { ...tree, sync: true }, "sync /data/small/ s3://destination/small/"],
    ["s5cmd", { ...tree, route: "down" }, "cp s3://source/small/* /data/small/"],
    ["s5cmd", { ...file, route: "down" }, "cp s3://source/small/file-000000 /data/small/file-000000"],
    ["s5cmd", { ...tree, route: "across" }, undefined],
    ["aws", tree, "s3 cp --recursive --quiet /data/small s3://destination/small"],
    ["aws", { ...tree, sync: true }, "s3 sync --quiet /data/small s3://destination/small"],
  ];
  for (const [tool, errand, wanted] of cases) assertEquals(peerArgs(tool, errand)?.join(" "), wanted);
});
