/**
 * `prefixes`, `files` and `names`: the pieces of a tree that a job is about, in the order of their destination keys and, as long as they
 * keep their paths, without overlap, so that each can be listed by itself and the walk stays one ascending stream. Asks no store.
 */
import type { Job } from "../job_types.ts";
import { compareKeys } from "../bytes/key_order.ts";

/** A piece of the tree, relative to the source. */
export interface Piece {
  /** A prefix, or, if `exact`, one key. */
  readonly text: string;
  readonly exact: boolean;
  /** The beginning of `text` that is cut off at the destination; ends in a slash or is empty. */
  readonly head: string;
  /** Set for both pieces of a name, the object and the folder: neither needs to be there. */
  readonly name?: string;
}

/** The part of a job that says what it is about. */
export type SelectionOf = Pick<Job, "prefixes" | "files" | "names" | "prefixesFrom" | "filesFrom" | "keepPath">;

/** The pieces of a job's tree; without a selection the one piece is all of it. */
export function piecesOf(job: SelectionOf): readonly Piece[] {
  const byHead = Map.groupBy(namedPieces(job), ({ head }) => head);
  return [...byHead.values()].flatMap(withoutOverlap).sort((one, other) => compareKeys(targetOf(one), targetOf(other)));
}

/** What a piece's text becomes behind the destination's prefix. */
export function targetOf(piece: Piece): string {
  return piece.text.slice(piece.head.length);
}

/** True when two pieces may give the same destination key; only without `keep_path`. `pieces` as {@link piecesOf} gave them. */
export function piecesMeet(pieces: readonly Piece[]): boolean {
  let reach: Piece | undefined;
  for (const piece of pieces) {
    if (reach !== undefined && targetOf(piece).startsWith(targetOf(reach)) && (!reach.exact || targetOf(piece) === targetOf(reach))) {
      return true;
    }
    if (reach === undefined || !piece.exact) reach = piece;
  }
  return false;
}

function namedPieces(job: SelectionOf): Piece[] {
  const { prefixesFrom, filesFrom } = job;
  const head = (text: string) => job.keepPath ? "" : text.slice(0, text.lastIndexOf("/") + 1);
  const prefixes = [...job.prefixes, ...prefixesFrom?.names ?? []].map((text) => ({ text, exact: false, head: head(text) }));
  const files = [...job.files, ...filesFrom?.names ?? []].map((text) => ({ text, exact: true, head: head(text) }));
  const names = job.names.flatMap((name) => [
    { text: name, exact: true, head: head(name), name },
    { text: `${name}/`, exact: false, head: head(name), name },
  ]);
  const pieces = [...prefixes, ...files, ...names];
  const all = pieces.length === 0 && prefixesFrom === undefined && filesFrom === undefined;
  return all ? [{ text: "", exact: false, head: "" }] : pieces;
}

/** Pieces of one head: no key twice. A piece that must be there outlives one that need not. */
function withoutOverlap(pieces: readonly Piece[]): Piece[] {
  const prefixes: Piece[] = [];
  for (const piece of sorted(pieces.filter(({ exact }) => !exact))) {
    const last = prefixes.at(-1);
    if (last === undefined || !piece.text.startsWith(last.text)) prefixes.push(piece);
  }
  const covered = new Set(prefixes.map(({ text }) => text));
  const lengths = [...new Set(prefixes.map(({ text }) => text.length))];
  const files = sorted(pieces.filter(({ exact }) => exact)).filter(({ text }, at, all) =>
    text !== all[at - 1]?.text && !lengths.some((length) => covered.has(text.slice(0, length)))
  );
  return [...prefixes, ...files];
}

function sorted(pieces: readonly Piece[]): Piece[] {
  return [...pieces].sort((one, other) =>
    compareKeys(one.text, other.text) || Number(one.name !== undefined) - Number(other.name !== undefined)
  );
}
