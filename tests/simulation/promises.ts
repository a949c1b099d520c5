/**
 * The promises that are checked of a run: when a result comes, when the run ends, and of the clean run after everything that went wrong.
 */
import { cut, rangeOf } from "../../lib/bytes/part_layout.ts";
import { bindLayout, type BoundLayout, fits } from "../../lib/session/layout.ts";
import { goesInParts } from "../../lib/session/plan_session.ts";
import { listedMd5 } from "../../lib/remote/answers.ts";
import type { ObjectInfo, PlanItem, Transfer, TransferResult } from "../../lib/types.ts";
import type { Bucket, Stored, StoredPart, StoredUpload } from "./bucket.ts";
import type { History } from "./history.ts";
import { same, sizeOf, slice } from "./matter.ts";
import { PART_BYTES, type Scenario } from "./scenario.ts";
import type { SimRun } from "./sim_run.ts";

/** A result is told once, and what it says is true. Answers what is wrong. */
export function checkResult(run: SimRun, transfer: Transfer | undefined, result: TransferResult, history: History): string | undefined {
  const { key, id } = result;
  if (transfer === undefined) return `one result each: ${run.name} told one of transfer ${id}, which was never planned`;
  if (run.results.has(id)) return `one result each: ${run.name} told two of transfer ${id} (${key})`;
  if (result.outcome !== "done") return undefined;
  const version = history.version(key, transfer.source.etag ?? transfer.source.local?.fileMark);
  if (version === undefined) return `true results: ${run.name} moved ${key} in a version that never was`;
  if (!history.arrivedSince(result.destinationKey, version.content, run.beganMs)) {
    return `true results: ${run.name} says done of ${key} (${result.evidence}), whose planned version never stood at the destination`;
  }
  if (result.evidence === "etag" && result.etag !== version.etag) {
    return `true results: ${run.name} says evidence etag of ${key}, which has another ETag`;
  }
  return undefined;
}

/** What a run that has ended by itself must have kept. */
export function checkEnd(run: SimRun, runs: readonly SimRun[], source: Bucket, destination: Bucket, history: History): string | undefined {
  if (run.broken !== undefined) return `nothing thrown: ${run.name} threw ${String(run.broken)}`;
  const stopped = run.end?.error !== undefined || run.end?.interrupted === true;
  const missing = [...run.transfers.keys()].filter((id) => !run.results.has(id));
  // The one pull that is under way while the job stops is dropped.
  if (missing.length > (stopped ? 1 : 0)) return `one result each: ${run.name} told none of ${missing.length} transfers`;
  for (const worker of run.workers) {
    if (worker.alive) return `nothing left running: ${run.name} left worker ${worker.name}`;
  }
  const orphan = findOrphan(run, runs, destination);
  if (orphan !== undefined) return orphan;
  return run.allWell ? checkAllWell(run, source, history) : undefined;
}

function checkAllWell(run: SimRun, source: Bucket, history: History): string | undefined {
  if (!run.planEnded) return `well means all: ${run.name} did not end its plan`;
  const said = new Map<string, Extract<PlanItem, { kind: "transfer" | "skip" }>>();
  for (const item of run.items) {
    if (item.kind === "transfer") said.set(item.transfer.source.key, item);
    if (item.kind === "skip") said.set(item.key, item);
  }
  for (const [key, stored] of source.objects) {
    if (!history.stableSince(key, run.beganMs)) continue;
    const item = said.get(key);
    if (item === undefined) return `well means all: the plan of ${run.name} said nothing of ${key}`;
    if (item.kind === "transfer" && run.results.get(item.transfer.id)?.outcome !== "done") {
      return `well means all: ${run.name} did not do ${key}`;
    }
    const proven = item.kind === "skip" && (item.reason === "same etag" || item.reason === "same checksum");
    if (proven && !history.arrivedSince(key, stored.content, run.beganMs)) {
      return `well means all: ${run.name} skipped ${key} (${item.reason}), whose bytes never stood at the destination`;
    }
  }
  return undefined;
}

/** An upload that this run began, that is still open, and of which it says nothing. */
function findOrphan(run: SimRun, runs: readonly SimRun[], destination: Bucket): string | undefined {
  const told = runs.flatMap(({ results }) => [...results.values()]);
  for (const upload of destination.uploads.values()) {
    if (!upload.by.startsWith(`${run.name}/`)) continue;
    if (run.workers.some((worker) => worker.name === upload.by && worker.killed)) continue;
    const result = [...run.results.values()].find(({ destinationKey }) => destinationKey === upload.key);
    // Another run may have taken it over, and tell of it.
    if (result === undefined || told.some((one) => says(one, upload.uploadId))) continue;
    // Who is interrupted does not wait for an answer, and looks no more.
    if (!upload.known && (result.outcome === "cancelled" || run.end?.interrupted || run.end?.error)) continue;
    if (result.outcome === "failed" && result.error.kind === "crash") continue;
    // A failed result names one upload; what a lost answer left besides is found by the next run.
    if (result.outcome === "failed" && !upload.known) continue;
    // What arrives after the last look cannot be known; and with few retries the look itself may have failed.
    if (upload.late && run.job.tuning.retries < 3) continue;
    if (upload.late && upload.madeMs >= destination.lookedMs(upload.by, upload.key)) continue;
    return `no silent uploads: ${run.name} left ${upload.uploadId} of ${upload.key}, and its ${result.outcome} result says nothing of it`;
  }
  return undefined;
}

function says(result: TransferResult, uploadId: string): boolean {
  if (result.outcome !== "done") return result.uploadId === uploadId;
  // A result that says that uploads could not be listed is not silent about them.
  return result.otherUploads.includes(uploadId) || result.notCarried.some((words) => words.startsWith("resume:"));
}

/** Nobody asks for unfinished uploads of an object that goes by one request. */
function wentInParts(run: SimRun, scenario: Scenario, source: ObjectInfo): boolean {
  return goesInParts({
    source: run.sides.source.store,
    destination: run.sides.destination.store,
    sourceIsLocal: scenario.source.kind === "local",
    destinationIsLocal: scenario.destination.kind === "local",
    sourceUrl: "",
    rules: { ...run.job.rules, serverSideCopy: scenario.serverSide },
  }, source);
}

/** Bytes that a clean run may count on, by key: the parts that lie whole in an upload bound to the present version of the source. */
export function reusableBytes(scenario: Scenario, source: Bucket, destination: Bucket): Map<string, number> {
  const reusable = new Map<string, number>();
  if (scenario.unfinished === "keep") return reusable;
  for (const [key, stored] of source.objects) {
    const uploads = [...destination.uploads.values()].filter((upload) => upload.key === key);
    // Whoever lies about one part makes everything doubtful, and what was sent before the lie was found out is sent again.
    const lied = (part: StoredPart) => part.half || part.lost || (part.flipped && destination.traits.etags !== "md5");
    if (uploads.some((upload) => [...upload.parts.values()].some(lied))) {
      reusable.set(key, -Infinity);
      continue;
    }
    const whole = uploads.map((upload) => wholeBytes(scenario, source, destination, stored, upload));
    const best = Math.max(0, ...whole);
    // Of several uploads the one that seems to save most is taken: another's of the right form, whose bytes are wrong, may hide the best.
    const bound = boundLayout(scenario, source, destination, infoOf(source, key, stored), stored);
    const hidden = uploads.some((upload, index) => claimedBytes(upload, bound) >= best && (whole[index] ?? 0) < best);
    if (best > 0) reusable.set(key, hidden ? -Infinity : best);
  }
  return reusable;
}

/** What an upload seems to hold of the source by the numbers and sizes of its parts, under any layout that is the source's. */
function claimedBytes({ parts }: StoredUpload, bound: BoundLayout): number {
  const infos = [...parts.values()].map(({ info }) => info);
  const layouts = [bound.layout, ...infos.map(({ sizeBytes }) => bound.adopt(sizeBytes))].filter((layout) => layout !== undefined);
  const claims = layouts.map((layout) => infos.filter((info) => fits(layout, info)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  return Math.max(0, ...claims);
}

function wholeBytes(scenario: Scenario, source: Bucket, destination: Bucket, stored: Stored, upload: StoredUpload): number {
  const info = infoOf(source, upload.key, stored);
  const bound = boundLayout(scenario, source, destination, info, stored);
  if (upload.boundTo !== bound.token || upload.layoutBytes === undefined) return 0;
  if (bound.binding !== "file" && bound.binding !== "named" && upload.initiatedMs + 15 * 60_000 < (info.lastModifiedMs ?? 0)) return 0;
  if (!provable(scenario, destination, bound.binding, stored, upload)) return 0;
  const layout = bound.adopt(upload.layoutBytes);
  if (layout === undefined) return 0;
  let bytes = 0;
  for (const [partNumber, part] of upload.parts) {
    const { first, last } = rangeOf(layout, partNumber);
    if (same(part.content, slice(stored.content, first, last))) bytes += sizeOf(part.content);
  }
  return bytes;
}

function provable(scenario: Scenario, destination: Bucket, binding: string, stored: Stored, upload: StoredUpload): boolean {
  const { etags } = destination.traits;
  if (binding === "named") return true;
  if (scenario.verify === "size" && binding === "token" && upload.parts.size > 1) return true;
  if (destination.traits.ownDigest) return binding === "file" || stored.checksums.some(({ algorithm }) => algorithm === "crc64ecma");
  if (binding === "file") {
    return etags === "md5" || [...upload.parts.values()].every((part) => part.info.checksums.some(({ algorithm }) => algorithm !== "md5"));
  }
  return etags === "md5" || (upload.declared !== undefined && stored.checksums.some(({ algorithm }) => algorithm === "crc32"));
}

/** The source object as a listing tells it. */
export function infoOf(source: Bucket, key: string, stored: Stored): ObjectInfo {
  const mark = source.traits.kind === "local"
    ? { local: { fileMark: stored.etag } }
    : { etag: stored.etag, ...listedMd5(stored.etag, source) };
  return { key, sizeBytes: sizeOf(stored.content), lastModifiedMs: stored.lastModifiedMs, ...mark };
}

/** The source's own parts are followed where its MD5 of part MD5s can be compared with something. */
function isFollowed({ verify }: Scenario, source: Bucket, destination: Bucket, { partSizeBytes, checksums }: Stored): boolean {
  const { traits } = source;
  if (partSizeBytes === 0 || traits.kind === "local" || traits.etags !== "md5" || traits.ownDigest) return false;
  return destination.traits.kind === "local" ? verify !== "size" && checksums.length === 0 : destination.traits.etags === "md5";
}

/** The layout that sluice gives this object. */
export function boundLayout(scenario: Scenario, source: Bucket, destination: Bucket, info: ObjectInfo, stored: Stored) {
  return bindLayout({
    source: info,
    sourceUrl: source.traits.kind === "local" ? `file://${source.name}` : `s3://${source.name}`,
    sourceIsLocal: scenario.source.kind === "local",
    destinationIsLocal: scenario.destination.kind === "local",
    ...(isFollowed(scenario, source, destination, stored) && { sourceParts: cut(info.sizeBytes, stored.partSizeBytes) }),
    wanted: PART_BYTES,
    limits: destination.capabilities,
  });
}

/** What the clean run after all the trouble must have kept, besides {@link checkEnd}. */
export function checkClean(
  run: SimRun,
  scenario: Scenario,
  reusable: ReadonlyMap<string, number>,
  source: Bucket,
  destination: Bucket,
): string | undefined {
  if (!run.allWell) {
    const failures = run.summary.failuresShown.map(({ key, kind, message }) => `${key} ${kind} ${message}`).join("; ");
    return `clean run well: ${failures || JSON.stringify(run.end)}`;
  }
  for (const result of run.results.values()) {
    const { movedBytes } = result.effort;
    const missing = result.sizeBytes - (reusable.get(result.key) ?? 0);
    if (movedBytes > missing) {
      return `only what is missing: the clean run moved ${movedBytes} bytes of ${result.key}, where ${missing} were not there`;
    }
    const stored = source.objects.get(result.key);
    const there = destination.objects.get(result.destinationKey);
    if (stored === undefined || there === undefined || !same(stored.content, there.content)) return `clean run well: ${result.key} differs`;
    const unsaid = [...destination.uploads.values()].find(({ key, uploadId }) => key === result.key && !says(result, uploadId));
    if (unsaid !== undefined && scenario.unfinished !== "keep" && wentInParts(run, scenario, infoOf(source, result.key, stored))) {
      return `no silent uploads: the clean run says nothing of upload ${unsaid.uploadId} of ${result.key}`;
    }
  }
  if (scenario.delete) {
    const extra = [...destination.objects.keys()].find((key) => !source.objects.has(key));
    if (extra !== undefined) return `clean run well: ${extra} was to be deleted`;
  }
  return undefined;
}
