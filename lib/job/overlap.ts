/** Do source and destination overlap? A job that copies a tree into itself never ends, and one that deletes there loses data. */
import type { Job, Place, StoreSpec } from "../job_types.ts";
import { isWithin } from "./local_path.ts";

/** What a job says of the parts of a tree that it is about. */
type NamedSelection = Pick<Job, "prefixes" | "files" | "names" | "prefixesFrom" | "filesFrom" | "keepPath" | "cutPrefix">;

/** What else decides whether two places overlap. */
interface OverlapQuestion extends NamedSelection {
  readonly cwd: string;
  readonly exclude: readonly string[];
  readonly keyPrefix: string;
  readonly delete: boolean;
}

/** Why the two places must not be used together, in words with the way out; undefined when they may. */
export function overlap(from: Place, destination: Place, question: OverlapQuestion): string | undefined {
  if (from.store.type === "local" || destination.store.type === "local") return localOverlap(from, destination, question.cwd);
  if (rootOf(from.store) !== rootOf(destination.store) || from.bucket !== destination.bucket) return undefined;
  if (!from.tree) return from.key === destination.key && !destination.tree ? SAME : undefined;
  const roots = { from: from.key + question.cutPrefix, to: destination.key + question.keyPrefix };
  const leftOut = question.exclude.includes(regionGlob(roots.to.slice(roots.from.length)));
  for (const { text, cut, exact } of namedParts(question)) {
    const there = roots.from + text;
    const here = roots.to + (question.keepPath ? text : text.slice(cut));
    if (there === here) return SAME;
    if (exact) continue;
    if (here.startsWith(there) && !leftOut) return INSIDE;
    // Without deletes it only writes beside itself.
    if (there.startsWith(here) && question.delete) return AROUND;
  }
  return undefined;
}

/** A part of a tree. `cut` is the length of what `keep_path = no` cuts off. */
interface NamedPart {
  readonly text: string;
  readonly cut: number;
  readonly exact: boolean;
}

/** The parts of a tree that a job names; all of it when it names none. */
function namedParts(selection: NamedSelection): NamedPart[] {
  const part = (text: string, exact: boolean): NamedPart => ({ text, cut: text.lastIndexOf("/") + 1, exact });
  const { prefixesFrom, filesFrom } = selection;
  const prefixes = [...selection.prefixes, ...prefixesFrom?.names ?? []].map((text) => part(text, false));
  const files = [...selection.files, ...filesFrom?.names ?? []].map((text) => part(text, true));
  const names = selection.names.map((name) => ({ ...part(name, false), text: `${name}/` }));
  const parts = [...prefixes, ...files, ...names];
  return parts.length > 0 || prefixesFrom !== undefined || filesFrom !== undefined ? parts : [part("", false)];
}

/** The glob of every key that begins with this text; see `include` and `exclude`. */
export function regionGlob(prefix: string): string {
  return `/${prefix.replaceAll(/[\\*?[\]{}]/g, (char) => `\\${char}`)}${prefix.endsWith("/") ? "" : "**"}`;
}

const SAME = "source and destination are the same place; change one of them";
const INSIDE_FOLDER = "the destination is inside the source, so the job would copy its own copies; use a place outside";
const INSIDE = `${INSIDE_FOLDER}, or exclude it`;
const AROUND = "the source is inside the destination, so the job would write around it; use a place outside";

function localOverlap(source: Place, destination: Place, cwd: string): string | undefined {
  const from = folderOf(source);
  const to = folderOf(destination);
  if (from === undefined || to === undefined) return undefined;
  if (source.store.type !== "local" || destination.store.type !== "local") return embeddedOverlap(source, destination, cwd);
  if (!source.tree) return from === to && source.key === destination.key ? SAME : undefined;
  if (isWithin(to, from, cwd)) return isWithin(from, to, cwd) ? SAME : INSIDE_FOLDER;
  return isWithin(from, to, cwd) ? AROUND : undefined;
}

/** An embedded store keeps its objects in a folder: a local tree must not hold that folder, nor be in it. */
function embeddedOverlap(source: Place, destination: Place, cwd: string): string | undefined {
  const [from, to] = [folderOf(source) ?? "", folderOf(destination) ?? ""];
  if (source.store.type === "local" && source.tree && isWithin(to, from, cwd)) return INSIDE_FOLDER;
  if (source.store.type === "embedded" && destination.tree && isWithin(from, to, cwd)) return AROUND;
  const [local, embedded] = source.store.type === "local" ? [from, to] : [to, from];
  return isWithin(local, embedded, cwd) ? "the local folder is inside the folder of the embedded store; use a place outside" : undefined;
}

function folderOf(place: Place): string | undefined {
  if (place.store.type === "local") return place.bucket;
  return place.store.type === "embedded" ? place.store.folder : undefined;
}

/** Two stores with the same root have the same buckets. */
function rootOf(store: StoreSpec): string {
  if (store.type === "embedded") return `folder ${store.folder}`;
  if (store.type === "local") return "local";
  return store.endpoint === undefined ? "amazon" : new URL(store.endpoint).origin;
}
