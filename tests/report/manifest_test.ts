import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { Manifest, type ManifestFile, openManifest } from "../../lib/report/manifest.ts";
import { deleteRecord, differenceRecord, planRecord, resultRecord, unplannedRecord } from "../../lib/report/records.ts";
import { Redactor } from "../../lib/report/redact.ts";
import { done, failed, planned } from "./results.ts";

Deno.test("openManifest() writes one line per object in order and closes with what is queued", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/manifest.ndjson`;
    const manifest = await openManifest(path, { redactor: new Redactor() });
    for (let index = 0; index < 5000; index++) await manifest.write(resultRecord(done(`key\n${index}`, index), "missing"));
    await manifest.close();
    const lines = (await Deno.readTextFile(path)).split("\n");
    assertEquals(lines.pop(), "");
    assertEquals(lines.length, 5000);
    lines.forEach((line, index) => assertEquals(JSON.parse(line).key, `key\n${index}`));
    const again = await openManifest(path, { redactor: new Redactor(), append: true });
    await again.write({ type: "summary" });
    await again.close();
    assertEquals((await Deno.readTextFile(path)).split("\n").length, 5002);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openManifest() says as a config error that the file cannot be opened", async () => {
  const error = await assertRejects(
    () => openManifest("/nowhere/at/all/manifest", { redactor: new Redactor() }),
    TransferError,
    "Cannot open the manifest /nowhere/at/all/manifest",
  );
  assertEquals((error as TransferError).kind, "config");
});

function heldFile() {
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => open = resolve);
  let text = "";
  let closed = false;
  const file: ManifestFile = {
    async write(bytes) {
      await gate;
      const taken = bytes.subarray(0, Math.max(1, Math.floor(bytes.length / 2)));
      text += new TextDecoder().decode(taken);
      return taken.length;
    },
    sync: () => Promise.resolve(),
    close() {
      closed = true;
    },
  };
  return { file, open, text: () => text, closed: () => closed };
}

Deno.test("Manifest makes its caller wait when the disk is slow, and holds no more than its queue", async () => {
  const held = heldFile();
  const manifest = new Manifest(held.file, "m", new Redactor());
  let written = 0;
  const writer = (async () => {
    for (; written < 3000; written++) await manifest.write({ type: "object", filler: "x".repeat(1000) });
  })();
  for (let turn = 0; turn < 10_000; turn++) await Promise.resolve();
  assert(written > 900 && written < 1200, `${written} lines were taken`);
  held.open();
  await writer;
  await manifest.close();
  assertEquals(held.text().split("\n").length, 3001);
  assert(held.closed());
});

Deno.test("Manifest tells a full disk as a storage error, at the next line and at the end, and still closes", async () => {
  let closed = false;
  const manifest = new Manifest(
    {
      write: () => Promise.reject(new Error("No space left on device")),
      sync: () => Promise.resolve(),
      close() {
        closed = true;
      },
    },
    "m.ndjson",
    new Redactor(),
  );
  await manifest.write({ type: "object" });
  const error = await assertRejects(() => manifest.close(), TransferError, "Cannot write the manifest m.ndjson: No space left");
  assertEquals((error as TransferError).kind, "storage");
  await assertRejects(() => manifest.write({ type: "object" }), TransferError, "No space left");
  assert(closed);
});

Deno.test("Manifest never writes a secret", async () => {
  const held = heldFile();
  held.open();
  const redactor = new Redactor();
  redactor.add("verysecret");
  const manifest = new Manifest(held.file, "m", redactor);
  await manifest.write({ type: "object", error: { message: "bad key verysecret" } });
  await manifest.close();
  assertEquals(held.text(), '{"type":"object","error":{"message":"bad key ***"}}\n');
});

Deno.test("resultRecord() tells evidence, effort and way of what is done", () => {
  const { elapsedMs: _elapsed, ...record } = resultRecord(
    done("k", 5, { etag: "e", storageClass: "IA", notCarried: ["tags"], otherUploads: ["u"] }),
    "size differs",
  );
  assertEquals(record as Record<string, unknown>, {
    type: "object",
    outcome: "done",
    key: "k",
    destinationKey: "k",
    sizeBytes: 5,
    reason: "size differs",
    movedBytes: 5,
    foundBytes: 0,
    parts: 1,
    retries: 0,
    evidence: "etag",
    digest: "md5",
    way: "relay",
    etag: "e",
    storageClass: "IA",
    notCarried: ["tags"],
    strangerUploads: ["u"],
  });
});

Deno.test("records of failures name kind, message, status, code and request id", () => {
  const error = { kind: "denied", message: "Cannot move it: denied", status: 500, code: "Odd", requestId: "R1" };
  assertEquals(resultRecord(failed("k", "denied")).error, error);
  const problem = unplannedRecord({ kind: "problem", key: "k", error: { kind: "conflict", message: "m", key: "k" } });
  assertEquals(JSON.parse(JSON.stringify(problem)), {
    type: "object",
    outcome: "failed",
    key: "k",
    error: { kind: "conflict", message: "m" },
  });
});

Deno.test("records of skips, deletes, plans and differences say what happened or would happen", () => {
  const skip = { key: "k", destinationKey: "d", sizeBytes: 1, reason: "same etag" } as const;
  assertEquals(unplannedRecord({ kind: "skip", ...skip }), { type: "object", outcome: "skipped", ...skip });
  assertEquals(deleteRecord("d", 1).outcome, "done");
  assertEquals(deleteRecord("d", 1, "no").error, { message: "no" });
  assertEquals([planRecord(planned("k", 1)), planRecord({ kind: "skip", ...skip })].map(({ action }) => action), ["copy", "skip"]);
  assertEquals(JSON.parse(JSON.stringify(differenceRecord({ key: "k", difference: "extra", sizeBytes: 1 }))), {
    type: "difference",
    difference: "extra",
    key: "k",
    sizeBytes: 1,
  });
});
