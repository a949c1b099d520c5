/**
 * What a protocol over the disk store must do for the server: read a request, refuse or accept it, do the work, and tell errors in its own
 * words. The server plays faults between accepting and working, so they are two steps.
 */
import type { Alter } from "./disk/data.ts";
import type { DiskStore } from "./disk/store.ts";
import type { S3Answer, S3Request } from "./s3/request.ts";

/** What an accepted request is worked on with. */
export interface Work {
  readonly store: DiskStore;
  /** The request that was accepted, perhaps with a fault in its body or query. */
  readonly request: S3Request;
  readonly nowMs: number;
  /** Set by a fault that flips a byte of what is stored. */
  readonly alter?: Alter;
}

/** Does the work of an accepted request. Throws the dialect's errors. */
export type Worker = (work: Work) => Promise<S3Answer>;

/** The request to which an error is an answer, as far as it is known. */
export interface ErrorScene {
  readonly requestId: string;
  readonly host: string;
  readonly headOnly: boolean;
}

/** One protocol. */
export interface Dialect {
  /** Headers of every answer. */
  commonHeaders(requestId: string): Readonly<Record<string, string>>;
  /** Reads a request line and headers. Throws the dialect's errors. */
  read(method: string, url: string, rawHeaders: readonly string[], body: AsyncIterable<Uint8Array>): S3Request;
  /** Refuses a request by throwing, or answers who does its work. */
  accept(request: S3Request, nowMs: number): Worker;
  /** The document of an error. */
  errorDocument(code: string, message: string, scene: ErrorScene): string;
  /** The answer for anything that was thrown. */
  answerForError(error: unknown, scene: ErrorScene): S3Answer;
}
