/**
 * The one list of optional questions (optional_headers.ts has the headers): what a job can do without when a store, or the policy of its
 * keys, refuses it. Each refusal is said once, with what is lost by it, and is remembered as long as the store is open. Everything else
 * that is refused is an error.
 */
import { asTransferError, isMissing, isRefused, type TransferError } from "../errors.ts";

/**
 * Questions that are requests of their own, and what follows when one is refused. The location of a bucket is not among them: it is never
 * asked for, because the responses to other requests name it.
 */
export const OPTIONAL_QUESTIONS = {
  bucket: ["to be asked for the bucket itself", "what is wrong with keys or bucket shows at the first object"],
  head: ["HEAD of an object", "the first byte of it is read instead"],
  headBeforeWrite: ["to be asked for an object", "it is written without being compared"],
  tags: ["to read tags", "objects are copied without them (tags = none does not ask for them)"],
  parts: ["to list the parts of an unfinished upload", "what earlier runs sent of it is sent again"],
  uploads: ["to list unfinished uploads", "those that earlier runs left are not resumed"],
  deleteMany: ["to delete many objects at once", "they are deleted one by one"],
  listV2: ["version 2 of the listing", "version 1 is used"],
} as const;

/** Code of a failure whose response was a page for people: something in between responded, or the store does not know the request. */
export const HTML_PAGE = "HtmlPage";

/** One of {@link OPTIONAL_QUESTIONS}. */
export type OptionalQuestion = keyof typeof OPTIONAL_QUESTIONS;

/** Called with a line for people. */
export type OnNote = (line: string) => void;

/** Called when a store refuses something that a job can do without: `thing` is refused, `lost` follows. */
export type OnRefused = (thing: string, refusal: TransferError, lost: string) => void;

/** Refusals by one store. */
export class OptionalQuestions {
  readonly #onRefused: OnRefused;
  readonly #refused = new Set<OptionalQuestion>();
  /** Failures of a store in a row that may pass, by question: after some it counts as refused. */
  readonly #failures = new Map<OptionalQuestion, number>();

  constructor(onRefused: OnRefused) {
    this.#onRefused = onRefused;
  }

  /** True once the store has refused the question. */
  isRefused(question: OptionalQuestion): boolean {
    return this.#refused.has(question);
  }

  /** Runs `request`; where it is refused, or was before, `without`. Throws what is not a refusal. */
  async ask<T>(question: OptionalQuestion, request: () => Promise<T>, without: (refusal?: TransferError) => T | Promise<T>): Promise<T> {
    if (this.#refused.has(question)) return await without();
    try {
      const response = await request();
      this.#failures.delete(question);
      return response;
    } catch (error) {
      const refusal = asTransferError(error);
      if (!this.#isRefusal(question, refusal)) throw error;
      const instead = await without(refusal);
      this.refuse(question, refusal);
      return instead;
    }
  }

  /** Runs a request that is an error when it is refused, which its caller can do without: says so once, and repeats it nevertheless. */
  async note<T>(question: OptionalQuestion, request: () => Promise<T>): Promise<T> {
    return await request().catch((error) => {
      const refusal = asTransferError(error);
      const lost = question === "tags" && isMissing(refusal) && refusal.code !== "NoSuchTagSet";
      if (lost || isRefused(refusal) || refusal.code === HTML_PAGE) this.refuse(question, refusal);
      throw error;
    });
  }

  /** Remembers a refusal, and says it once. */
  refuse(question: OptionalQuestion, refusal: TransferError): void {
    if (this.#refused.has(question)) return;
    this.#refused.add(question);
    const [thing, lost] = OPTIONAL_QUESTIONS[question];
    this.#onRefused(thing, refusal, lost);
  }

  #isRefusal(question: OptionalQuestion, error: TransferError): boolean {
    // A page may stand for anything: it ends no question whose answer changes what is done.
    if (isRefused(error) || isMissing(error) || (question === "uploads" && error.code === HTML_PAGE)) return true;
    // One damaged response says nothing of the question; a broken connection never does.
    if (error.kind !== "server") return false;
    const failures = (this.#failures.get(question) ?? 0) + 1;
    this.#failures.set(question, failures);
    return failures >= FAILURES_MAX;
  }
}

/** Failures in a row that are taken for a refusal of an optional question. */
const FAILURES_MAX = 3;
