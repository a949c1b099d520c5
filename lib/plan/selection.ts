/**
 * `prefixes` and `files`: the pieces of a tree that a job is about, in key order and without overlap, so that each can be listed by itself
 * and the walk stays one ascending stream. Asks no store.
 */
import type { Job } from "../types.ts";
import { compareKeys } from "./key_order.ts";

/** A piece of the tree, relative to the source. */
export interface Piece {
  /** A prefix, or, if `exact`, one key. */
  readonly text: string;
  readonly exact: boolean;
}

/** The pieces of a job's tree; without a selection the one piece is all of it. */
export function piecesOf(job: Pick<Job, "prefixes" | "files">): readonly Piece[] {
  if (job.prefixes.length === 0 && job.files.length === 0) return [{ text: "", exact: false }];
  const prefixes: string[] = [];
  for (const prefix of sorted(job.prefixes)) {
    const last = prefixes.at(-1);
    if (last === undefined || !prefix.startsWith(last)) prefixes.push(prefix);
  }
  const covered = new Set(prefixes);
  const lengths = [...new Set(prefixes.map((prefix) => prefix.length))];
  const files = sorted(job.files).filter((file) => !lengths.some((length) => covered.has(file.slice(0, length))));
  const pieces = [...prefixes.map((text) => ({ text, exact: false })), ...files.map((text) => ({ text, exact: true }))];
  return pieces.sort((one, other) => compareKeys(one.text, other.text));
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compareKeys);
}
