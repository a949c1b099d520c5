/**
 * What a protocol over the disk store must do for the server: read a request, refuse or accept it, do the work, and report errors in its
 * own words. The server plays faults between accepting and working, so they are two steps.
 */
import type { RawRequest, StoreRequest, StoreResponse, Work } from "./request.ts";

/** Does the work of an accepted request. Throws the dialect's errors. */
export type Worker = (work: Work) => Promise<StoreResponse>;

/** The request to which an error is the response, as far as it is known. */
export interface ErrorScene {
  readonly requestId: string;
  readonly host: string;
  readonly headOnly: boolean;
}

/** One protocol. */
export interface Dialect {
  /** Headers of every response. */
  commonHeaders(requestId: string): Readonly<Record<string, string>>;
  /** Reads a request line and headers. Throws the dialect's errors. */
  read(raw: RawRequest): StoreRequest;
  /** Refuses a request by throwing, or returns what does its work. */
  accept(request: StoreRequest, nowMs: number): Worker;
  /** The document of an error. */
  errorDocument(code: string, message: string, scene: ErrorScene): string;
  /** The response to anything that was thrown. */
  errorResponse(error: unknown, scene: ErrorScene): StoreResponse;
}
