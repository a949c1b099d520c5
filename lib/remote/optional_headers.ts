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

/** What a store says that does not know a header. */
const SPEAKS_OF_HEADERS = /checksum|header|not ?implemented|unsupported|unknown|unrecogni[sz]ed|x-amz-/i;

/** See the file comment. */
export class OptionalHeaders {
  readonly #onRefused: OnRefused;
  readonly #refused = new Set<string>();
  /** `METHOD name`: a store may take a header with one kind of request and refuse it with another. */
  readonly #accepted = new Set<string>();

  constructor({ checksums }: Pick<Capabilities, "checksums">, onRefused: OnRefused) {
    this.#onRefused = onRefused;
    // What the table knows of writes holds for reads, too.
    if (checksums.length === 0) this.#refused.add("x-amz-checksum-mode");
  }

  /** The request without what the store has refused. */
  allowed<Request extends RemoteRequest>(request: Request): Request {
    const { headers } = request;
    if (this.#refused.size === 0 || headers === undefined) return request;
    return withoutHeaders(request, Object.keys(headers).filter((name) => this.#refused.has(name)));
  }

  /** The store took the request. */
  accept({ method, headers }: RemoteRequest): void {
    for (const name in headers) if (lostWithout(name) !== undefined) this.#accepted.add(`${method} ${name}`);
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

/** True when a refusal of a body that cannot be sent again at once speaks of its headers. */
export function speaksOfHeaders(refusal: TransferError): boolean {
  return refusal.status === 501 || (refusal.status === 400 && refusal.code === undefined) || SPEAKS_OF_HEADERS.test(refusal.message);
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
