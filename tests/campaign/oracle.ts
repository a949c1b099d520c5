/**
 * The referee of the campaigns against real servers: looks at a source, a destination and what runs have said, and names every promise
 * that is broken. Judges only; must never touch a store, and never believes a run more than the bytes.
 */
import type { OpenUpload, Snapshot } from "./place.ts";

/** One object's line of a manifest, as far as the referee believes it to mean something. */
export interface ToldObject {
  readonly type?: string;
  readonly outcome?: string;
  readonly key?: string;
  readonly destinationKey?: string;
  readonly evidence?: string;
  readonly movedBytes?: number;
  readonly foundBytes?: number;
  readonly uploadId?: string;
  readonly strangerUploads?: readonly string[];
  readonly error?: { readonly kind?: string; readonly message?: string };
}

/** How a run ended and all it said. */
export interface Told {
  /** Exit code; undefined for a run that was killed. */
  readonly code: number | undefined;
  /** Standard output and standard error. */
  readonly words: string;
  readonly objects: readonly ToldObject[];
}

/** The world around one run. Keys are the same on both sides. */
export interface Trial {
  /** The source, which nobody writes meanwhile. */
  readonly source: Snapshot;
  /** The destination before the first run of the play: the old bytes. */
  readonly before: Snapshot;
  /** The destination after this run. */
  readonly after: Snapshot;
  readonly run: Told;
  /** The job deletes what the source does not have. */
  readonly deletes?: boolean;
  /** The source's key out of a key of the manifest, where that tells more than the key. */
  readonly keyOf?: (told: string) => string;
}

/** A broken promise: its kind, under which it is counted, and what was seen. */
export interface Broken {
  readonly promise: "wrong object" | "lost object" | "not well" | "unreported upload" | "untrue result" | "bug" | "sent again";
  readonly saw: string;
}

/** The words for what a result rests on. */
const EVIDENCE: readonly string[] = ["etag", "checksum", "hashed", "size", "full"];

/** What a run has broken: true of every run, however it ended. */
export function judgeRun(trial: Trial): Broken[] {
  return [...judgeObjects(trial), ...judgeWords(trial)];
}

/** What the last run of a play, undisturbed, has broken besides {@link judgeRun}: it ends well, and both sides are equal. */
export function judgeCleanRun(trial: Trial): Broken[] {
  const { run, source, after, deletes } = trial;
  const broken: Broken[] = [];
  if (run.code !== 0) broken.push({ promise: "not well", saw: `the clean run ended with ${run.code}: ${run.words.slice(-2000)}` });
  for (const [key, mark] of source) {
    if (after.get(key) !== mark) broken.push({ promise: "not well", saw: `after the clean run ${key} is ${after.get(key)}, not ${mark}` });
  }
  for (const key of deletes ? after.keys() : []) {
    if (!source.has(key)) broken.push({ promise: "not well", saw: `after the clean run ${key} is still there` });
  }
  return broken;
}

/** What the manifest of a run that ended well has broken: one line for each object of the source, and a reason for each that was moved. */
export function judgeManifest(source: Snapshot, run: Told): Broken[] {
  const broken: Broken[] = [];
  for (const key of source.keys()) {
    const lines = run.objects.filter((line) => line.key === key);
    const [line] = lines;
    if (lines.length !== 1) broken.push({ promise: "untrue result", saw: `${lines.length} lines of the manifest tell of ${key}` });
    else if (line?.outcome === "done" ? !EVIDENCE.includes(line.evidence ?? "") : line?.outcome !== "skipped") {
      broken.push({ promise: "untrue result", saw: `the manifest says of ${key}: ${JSON.stringify(line)}` });
    }
  }
  return broken;
}

/** Unfinished uploads of which none of these texts (manifests, outputs) says anything. After the clean run of a play there may be none. */
export function judgeUploads(open: readonly OpenUpload[], texts: readonly string[]): Broken[] {
  return open.filter(({ uploadId }) => !texts.some((text) => saysId(text, uploadId)))
    .map(({ key, uploadId }) => ({ promise: "unreported upload", saw: `nobody tells of upload ${uploadId} of ${key}` }));
}

/** Every object's line of a manifest. The last line of a run that was killed may be torn; no other may. */
export function readTold(manifest: string): ToldObject[] {
  const lines = manifest.split("\n");
  const torn = lines.pop() ?? "";
  const told: ToldObject[] = lines.map((line) => JSON.parse(line));
  try {
    told.push(JSON.parse(torn));
  } catch {
    // Cut short, or nothing behind the last line end.
  }
  return told.filter(({ type }) => type === "object");
}

function judgeObjects({ source, before, after, run, deletes }: Trial): Broken[] {
  const broken: Broken[] = [];
  for (const [key, mark] of after) {
    if (mark === source.get(key) || mark === before.get(key)) continue;
    broken.push({
      promise: "wrong object",
      saw: `${key} is ${mark}: neither the old ${before.get(key)} nor the source's ${source.get(key)}`,
    });
  }
  for (const key of before.keys()) {
    if (!after.has(key) && !(deletes && !source.has(key))) broken.push({ promise: "lost object", saw: `${key} is no longer there` });
  }
  if (run.code !== 0) return broken;
  for (const [key, mark] of source) {
    const is = after.get(key);
    if (is === mark) continue;
    const promise = is === undefined ? "lost object" : "wrong object";
    broken.push({ promise, saw: `the run said 0, and ${key} is ${is}, not ${mark}` });
  }
  return broken;
}

function judgeWords({ source, after, run, keyOf = (key) => key }: Trial): Broken[] {
  const broken: Broken[] = [];
  for (const { outcome, key, evidence } of run.objects) {
    if (outcome !== "done" || key === undefined) continue;
    const at = keyOf(key);
    if (source.get(at) === undefined) broken.push({ promise: "untrue result", saw: `${key} is said to be done and is not in the source` });
    else if (after.get(at) !== source.get(at)) {
      broken.push({ promise: "untrue result", saw: `${key} is said to be done (${evidence}) and is ${after.get(at)}` });
    }
  }
  if (run.code === 3) broken.push({ promise: "bug", saw: `the run says that it has a bug: ${run.words.slice(-2000)}` });
  if (run.code === 0 && run.objects.some(({ outcome }) => outcome === "failed" || outcome === "cancelled")) {
    broken.push({ promise: "untrue result", saw: "the run said 0 and tells of objects that it did not move" });
  }
  return broken;
}

/** In plain words or as JSON writes it. */
function saysId(text: string, uploadId: string): boolean {
  return text.includes(uploadId) || text.includes(JSON.stringify(uploadId).slice(1, -1));
}
