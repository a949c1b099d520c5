/**
 * The one list of optional questions and headers: what a job can do without when a store, or the policy of its
 * keys, refuses it. Each refusal is said once, with what is lost by it, and is remembered as long as the store is open. Everything else
 * that is refused is an error.
 */
import type { RemoteRequest } from "./protocol.ts";
import type { Capabilities } from "../types.ts";
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

/** The headers, and what is lost without each. */
const OPTIONAL_HEADERS: readonly (readonly [name: RegExp, lost: string])[] = [
  [/^x-amz-checksum-mode$/, "checksums that the store keeps are not compared"],
  [/^x-amz-mp-object-size$/, "the store does not check the size of what it puts together"],
  [/^x-amz-(?:sdk-)?checksum-/, "the store does not check the bytes that it is sent"],
];

/** Refusals that name another reason than a header. */
const OTHER_REASONS = new Set([
  ...["EntityTooLarge", "EntityTooSmall", "InvalidStorageClass", "InvalidTag", "InvalidURI", "KeyTooLongError", "MetadataTooLarge"],
  ...["MissingContentLength", "XMinioInvalidObjectName", "AllAccessDisabled", "AccountProblem"],
]);

/** Headers that a request can do without: sent until the store refuses one, and left off from then on. */
export class OptionalHeaders {
  readonly #onRefused: OnRefused;
  readonly #refused = new Set<string>();
  /** `METHOD name`: a store may take a header with one kind of request and refuse it with another. */
  readonly #accepted = new Set<string>();
  /** Requests whose next attempt goes without these headers, to see whether they were why it was refused. */
  readonly #trials = new Map<string, { readonly names: readonly string[]; readonly refusal: TransferError }>();

  constructor({ checksums }: Pick<Capabilities, "checksums">, onRefused: OnRefused) {
    this.#onRefused = onRefused;
    // What the table knows of writes holds for reads, too.
    if (checksums.length === 0) this.#refused.add("x-amz-checksum-mode");
  }

  /** The request without what the store has refused, or is on trial. */
  allowed<Request extends RemoteRequest>(request: Request): Request {
    const { headers } = request;
    if (headers === undefined || (this.#refused.size === 0 && this.#trials.size === 0)) return request;
    const onTrial = this.#trials.get(idOf(request))?.names ?? [];
    return withoutHeaders(request, Object.keys(headers).filter((name) => this.#refused.has(name) || onTrial.includes(name)));
  }

  /** The store took the request. */
  accept(request: RemoteRequest): void {
    const { method, headers } = request;
    for (const name in headers) if (lostWithout(name) !== undefined) this.#accepted.add(`${method} ${name}`);
    const trial = this.#trials.size === 0 ? undefined : this.#trials.get(idOf(request));
    if (trial === undefined) return;
    this.#trials.delete(idOf(request));
    this.refuse(trial.names, trial.refusal);
  }

  /**
   * Headers without which the next attempt of the same request goes, as its body cannot be sent again at once. None where they were not
   * why an attempt was refused, and from then on.
   */
  tryWithout(request: RemoteRequest, refusal: TransferError): readonly string[] {
    if (!isRefused(refusal)) return [];
    const id = idOf(request);
    const trial = this.#trials.get(id);
    if (trial !== undefined) {
      this.#trials.delete(id);
      for (const name of trial.names) this.#accepted.add(`${request.method} ${name}`);
      return [];
    }
    const names = OTHER_REASONS.has(refusal.code ?? "") ? [] : this.suspects(request, refusal);
    if (names.length > 0) this.#trials.set(id, { names, refusal });
    return names;
  }

  /** Headers that may be why the store refused the request: another attempt without them is worth its cost. */
  suspects({ method, headers = {} }: RemoteRequest, refusal: TransferError): readonly string[] {
    if (!isRefused(refusal)) return [];
    // A trailer frames the body, and its checksum cannot go alone.
    if (headers["x-amz-trailer"] !== undefined) return [];
    return Object.keys(headers).filter((name) => lostWithout(name) !== undefined && !this.#accepted.has(`${method} ${name}`));
  }

  /** Leaves headers off from now on; says so once. */
  refuse(names: readonly string[], refusal: TransferError): void {
    const fresh = names.filter((name) => !this.#refused.has(name));
    for (const name of fresh) this.#refused.add(name);
    if (fresh.length > 0) this.#onRefused(fresh.join(", "), refusal, lostWithout(fresh[0] ?? "") ?? "");
  }
}

function idOf({ method, key, query = {} }: RemoteRequest): string {
  return `${method} ${query.partNumber} ${query.uploadId} ${key}`;
}

/** The request without these headers. */
export function withoutHeaders<Request extends RemoteRequest>(request: Request, names: readonly string[]): Request {
  if (names.length === 0) return request;
  const headers = Object.fromEntries(Object.entries(request.headers ?? {}).filter(([name]) => !names.includes(name)));
  return { ...request, headers };
}

function lostWithout(name: string): string | undefined {
  return OPTIONAL_HEADERS.find(([pattern]) => pattern.test(name))?.[1];
}
