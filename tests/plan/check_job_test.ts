import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { checkJob, noCounts } from "../../lib/plan/check_job.ts";
import { makeJob, type Script, scriptedStore } from "./scripted_store.ts";

function begin(source: Script, destination: Script) {
  const counts = noCounts();
  const differences = checkJob({
    job: makeJob("s3://in/", "s3://out/", { exclude: ["*.tmp"] }),
    source: scriptedStore("source", source),
    destination: scriptedStore("destination", destination),
    signal: new AbortController().signal,
  }, counts);
  return { differences, counts };
}

Deno.test("checkJob() tells every difference and counts the rest", async () => {
  const check = begin(
    {
      objects: [{ key: "a", unreadable: "broken link" }, { key: "b" }, { key: "c", sizeBytes: 7 }, { key: "d", sizeBytes: 0 }, {
        key: "x.tmp",
      }],
    },
    {
      objects: [{ key: "c" }, { key: "d", sizeBytes: 0 }, { key: "e" }, { key: "y.tmp" }].map((one) => ({
        etag: "d41d8cd98f00b204e9800998ecf8427e",
        ...one,
      })),
    },
  );
  const lines: string[] = [];
  for await (const { key, difference } of check.differences) lines.push(`${key} ${difference}`);
  assertEquals(lines, ["a unreadable", "b missing", "c size differs", "d always", "e extra"]);
  assertEquals(check.counts, { same: 0, excluded: 1, different: 4, extra: 1, sameBytes: 0 });
});

Deno.test("checkJob() finds no difference between equal sides", async () => {
  const objects = [{ key: "a", sizeBytes: 3, lastModifiedMs: 1 }, { key: "b", sizeBytes: 4, lastModifiedMs: 1 }];
  const check = begin({ objects }, { objects });
  for await (const difference of check.differences) throw new Error(`unexpected ${difference.key}`);
  assertEquals(check.counts, { same: 2, excluded: 0, different: 0, extra: 0, sameBytes: 7 });
});

Deno.test("checkJob() throws when a listing fails instead of telling differences that are none", async () => {
  const check = begin({ objects: [{ key: "a" }], listError: new TransferError("denied", "Cannot list: AccessDenied") }, {
    objects: [{ key: "b" }],
  });
  await assertRejects(
    async () => {
      for await (const _ of check.differences);
    },
    TransferError,
    "AccessDenied",
  );
});
