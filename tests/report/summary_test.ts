import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { chooseColours } from "../../lib/report/colours.ts";
import { Summary } from "../../lib/report/summary.ts";
import { summaryLines } from "../../lib/report/summary_text.ts";
import { done, effort, failed } from "./results.ts";

const PLAIN = chooseColours({ isTerminal: false });

function busySummary(): Summary {
  const summary = new Summary();
  summary.addResult(done("a", 1000));
  summary.addResult(
    done("b", 2000, {
      effort: effort({ movedBytes: 500, foundBytes: 1500, retries: 2 }),
      notCarried: ["tags"],
      otherUploads: ["u1", "u2"],
    }),
  );
  summary.addResult(done("c", 10, { evidence: "size", way: "server-side copy", effort: effort() }));
  summary.addResult(failed("d\n", "denied", 5, { movedBytes: 4 }));
  summary.addResult({
    id: 9,
    key: "e",
    destinationKey: "e",
    sizeBytes: 7,
    effort: effort({ movedBytes: 3 }),
    outcome: "cancelled",
    uploadId: "u3",
  });
  summary.addPlanItem({ kind: "skip", key: "f", destinationKey: "f", sizeBytes: 30, reason: "same etag" });
  summary.addPlanItem({ kind: "skip", key: "g", destinationKey: "g", sizeBytes: 40, reason: "excluded" });
  summary.addPlanItem({ kind: "problem", key: "h", error: { kind: "conflict", message: "Cannot be written" } });
  summary.addDelete("i", 50);
  summary.addDelete("j", 60, { kind: "throttled", message: "SlowDown" });
  return summary;
}

Deno.test("Summary counts every object once and every byte that moved", () => {
  const { type, ...sums } = busySummary().record(2000);
  assertEquals(type, "summary");
  assertEquals(sums as Record<string, unknown>, {
    done: { objects: 3, bytes: 3010 },
    movedBytes: 1507,
    foundBytes: 1500,
    foundObjects: 1,
    skipped: { "same etag": { objects: 1, bytes: 30 }, excluded: { objects: 1, bytes: 40 } },
    deleted: { objects: 1, bytes: 50 },
    failed: 3,
    failedByKind: { denied: 1, conflict: 1, throttled: 1 },
    cancelled: 1,
    verified: { "etag md5": 2, "size md5": 1 },
    ways: { relay: 2, "server-side copy": 1 },
    notCarried: { tags: 1 },
    strangerUploads: 2,
    leftUploads: 1,
    retries: 2,
    elapsedMs: 2000,
  });
});

Deno.test("summaryLines() says all of it in words, failures first and keys escaped", () => {
  assertEquals(summaryLines(busySummary(), { elapsedMs: 2000, ended: true, destination: "s3://b/to/" }, PLAIN), [
    "failed d\\n: Cannot move it: denied (access denied)",
    "failed h: Cannot be written (in conflict)",
    "failed j: Cannot delete: SlowDown (store busy)",
    "copied:        3 objects, 2.9 KiB, 1.5 KiB sent in 2.0 s, 754 B/s",
    "found there:   1.5 KiB of 1 object, left by an earlier run and not sent again",
    "skipped:       1 same etag (30 B), 1 excluded (40 B)",
    "deleted:       1 object, 50 B",
    "verified by:   2 etag md5, 1 size md5",
    "way:           2 relay, 1 server-side copy",
    "not carried:   1 tags",
    "retries:       2",
    "interrupted:   1 object, to be resumed by the next run",
    "left behind:   1 unfinished upload, for the next run to go on from: sluice uploads s3://b/to/ lists them, with --abort it ends them",
    "other uploads: 2 unfinished uploads of the same keys, not of this run: sluice uploads s3://b/to/ lists them, with --abort it ends them",
    "failed:        3 objects: 1 access denied, 1 in conflict, 1 store busy",
  ]);
});

for (
  const { skipped, ended = true, result } of [
    { skipped: "same etag", result: "result:        nothing to do, everything is there" },
    { skipped: "excluded", result: "result:        nothing to do, everything is excluded" },
    { skipped: undefined, result: "result:        nothing to do, the source holds no object" },
    { skipped: "same etag", ended: false, result: undefined },
  ] as const
) {
  Deno.test(`summaryLines() of a run that ${ended ? "ended" : "was stopped"} and skipped ${skipped ?? "nothing"}: ${result}`, () => {
    const summary = new Summary();
    if (skipped) summary.addPlanItem({ kind: "skip", key: "f", destinationKey: "f", sizeBytes: 30, reason: skipped });
    const lines = summaryLines(summary, { elapsedMs: 100, ended, destination: "/to" }, PLAIN);
    assertEquals(lines[0], "copied:        0 objects, 0 B in 0.1 s");
    assertEquals(lines.find((line) => line.startsWith("result:")), result);
  });
}

Deno.test("Summary prints at most 100 failures and tells how many more there are", () => {
  const summary = new Summary();
  for (let index = 0; index < 5000; index++) summary.addResult(failed(`key ${index}`, "network"));
  assertEquals(summary.failed, 5000);
  assertEquals(summary.failuresShown.length, 100);
  const lines = summaryLines(summary, { elapsedMs: 1, ended: true, destination: "/to" }, PLAIN);
  assertEquals(lines.filter((line) => line.startsWith("failed key")).length, 100);
  assertStringIncludes(lines[100] ?? "", "4,900 more objects");
});

Deno.test("Summary tells a bounded number of texts apart, whatever stores say", () => {
  const summary = new Summary();
  for (let index = 0; index < 1000; index++) summary.addResult(done("k", 1, { notCarried: [`header ${index}`] }));
  assert(summary.notCarried.size <= 51);
  assertEquals([...summary.notCarried.values()].reduce((sum, count) => sum + count, 0), 1000);
});
