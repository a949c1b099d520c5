/**
 * The nouns of the wire campaign: what can go wrong on a line, once or often, and with which requests. Data only.
 */
import type { RequestKind } from "./http_exchange.ts";

/** What can go wrong. */
export const FAULT_KINDS = [
  "cut request",
  "cut answer",
  "stall",
  "delay",
  "reset",
  "refuse",
  "flip request",
  "flip answer",
  "short length",
  "long length",
  "early 503",
  "lost answer",
] as const;

/** One of {@link FAULT_KINDS}. */
export type FaultKind = typeof FAULT_KINDS[number];

/** One thing that goes wrong. */
export interface Fault {
  readonly kind: FaultKind;
  /** Which requests it is for. */
  readonly aim: readonly RequestKind[];
  /** So many of these requests pass before. */
  readonly skip: number;
  /** Requests in a row that it hits. */
  readonly times: number;
  /** Where, as a share of the message, 0 to below 1. */
  readonly at: number;
  /** In which direction, where the kind leaves that open. */
  readonly way: "request" | "answer";
  /** Flips: in the head, or behind it where there is something. */
  readonly place: "head" | "body";
  /** Flips: the byte is XORed with this. */
  readonly mask: number;
  /** How long a delay or a refusal lasts; whether an early 503 keeps its connection. */
  readonly ms: number;
  readonly keeps: boolean;
  /** Requests and answers that say they are longer are left alone: a stalled relay takes its time by its size. */
  readonly bytesMax: number;
}
