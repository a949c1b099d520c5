/**
 * How much work one worker may hold, and which worker gets the next transfer: arithmetic on plain numbers. It must never know a link,
 * a message or a clock.
 */
import { KIB, WINDOW_BYTES_MAX, WINDOW_TRANSFERS_MAX } from "../limits.ts";

/**
 * What an object costs besides its bytes, in bytes: a small object takes about 0.3 CPU ms, in which a relay moves about 400 KiB
 * (3.2 CPU s for 10,000 small objects, 0.8 CPU s per GiB).
 */
const OBJECT_COST_BYTES = 400 * KIB;

/** The open work of one worker: handed to it, not settled yet. */
export interface Load {
  readonly count: number;
  readonly bytes: number;
  /** Objects of multipart size. */
  readonly big: number;
  /** Objects that were open in a worker that died. */
  readonly suspects: number;
}

/** The load of a worker that holds nothing. */
export const NO_LOAD: Load = { count: 0, bytes: 0, big: 0, suspects: 0 };

/** What decides when a worker is busy. */
export interface WindowRules {
  /** Small objects that a worker starts at once. */
  readonly objectsInFlight: number;
  /** Objects of at least this size are big. */
  readonly multipartThresholdBytes: number;
}

/** What the choice must know of a transfer. */
export interface Request {
  readonly sizeBytes: number;
  readonly suspect: boolean;
}

/** The load with one transfer more (`sign` 1) or less (`sign` -1). */
export function addLoad(load: Load, request: Request, rules: WindowRules, sign: 1 | -1): Load {
  return {
    count: load.count + sign,
    bytes: load.bytes + sign * request.sizeBytes,
    big: load.big + (request.sizeBytes >= rules.multipartThresholdBytes ? sign : 0),
    suspects: load.suspects + (request.suspect ? sign : 0),
  };
}

/** The measure of the choice: open bytes plus {@link OBJECT_COST_BYTES} for each open object. */
export function weight(load: Load): number {
  return load.bytes + load.count * OBJECT_COST_BYTES;
}

/** True when whatever is handed over now would wait in the worker: it moves a big object, or as many small ones as it starts at once. */
export function isBusy(load: Load, rules: WindowRules): boolean {
  return load.big > 0 || load.count >= rules.objectsInFlight;
}

/**
 * True when the window takes this transfer. A transfer beyond the bytes bound fits when nothing else big is held. One suspect at a time:
 * should it kill again, it is the only one that dies for the second time.
 */
export function fits(load: Load, request: Request, rules: WindowRules): boolean {
  if (load.count >= WINDOW_TRANSFERS_MAX) return false;
  if (request.suspect && load.suspects > 0) return false;
  if (load.count === 0 || load.bytes + request.sizeBytes <= WINDOW_BYTES_MAX) return true;
  return load.big === 0 && request.sizeBytes >= rules.multipartThresholdBytes;
}

/** Transfers that the window could still take if they were small. */
export function windowRoom(load: Load): number {
  return load.bytes >= WINDOW_BYTES_MAX ? 0 : WINDOW_TRANSFERS_MAX - load.count;
}

/**
 * Who gets a transfer: the lightest worker that can start it at once; else a fresh worker, if one may be started; else the lightest one
 * with room in its window; else nobody.
 */
export function choose<M extends { readonly load: Load }>(
  members: Iterable<M>,
  request: Request,
  rules: WindowRules,
  mayStart: boolean,
): M | "fresh" | undefined {
  let idle: M | undefined;
  let ahead: M | undefined;
  for (const member of members) {
    if (!fits(member.load, request, rules)) continue;
    if (ahead === undefined || weight(member.load) < weight(ahead.load)) ahead = member;
    if (isBusy(member.load, rules)) continue;
    if (idle === undefined || weight(member.load) < weight(idle.load)) idle = member;
  }
  if (idle !== undefined) return idle;
  return mayStart ? "fresh" : ahead;
}
