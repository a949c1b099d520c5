/**
 * Headers that a request can do without: sent until the store refuses one, and left off from then on. Knows nothing of a store but its
 * capabilities and what it refused.
 */
import { isRefused, type TransferError } from "../errors.ts";
import type { Capabilities } from "../types.ts";
import type { OnRefused } from "./optional.ts";
import type { RemoteRequest } from "./protocol.ts";

/** The headers, and what is lost without each. */
export const OPTIONAL_HEADERS: readonly (readonly [name: RegExp, lost: string])[] = [
  [/^x-amz-checksum-mode$/, "checksums that the store keeps are not compared"],
  [/^x-amz-mp-object-size$/, "the store does not check the size of what it puts together"],
  [/^x-amz-(?:sdk-)?checksum-/, "the store does not check the bytes that it is sent"],
];

/** Refusals that name another reason than a header. */
const OTHER_REASONS = new Set([
  ...["EntityTooLarge", "EntityTooSmall", "InvalidStorageClass", "InvalidTag", "InvalidURI", "KeyTooLongError", "MetadataTooLarge"],
  ...["MissingContentLength", "XMinioInvalidObjectName", "AllAccessDisabled", "AccountProblem"],
]);

/** See the file comment. */
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
