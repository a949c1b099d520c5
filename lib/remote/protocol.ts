/**
 * What differs between the protocols of S3 and of Alibaba OSS: signature, header names, what a refusal means. Everything above speaks with
 * S3's names. Pure: a protocol sends nothing.
 */
import type { TransferError } from "../errors.ts";
import type { Credentials } from "../types.ts";
import type { HeaderView } from "./http/head.ts";

/** Parameters by their names: an empty value stands for a parameter without one, none for no parameter. */
export type Query = Readonly<Record<string, string | undefined>>;

/** A request before it is signed. */
export interface RemoteRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Absent: the bucket itself. */
  readonly key?: string;
  readonly query?: Query;
  /** S3's names in lower case, values as text. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The whole of a small body, whose digest is signed. */
  readonly body?: Uint8Array;
}

/** Signs the next chunk of a body: its bytes and everything that was signed before it. */
export type SignChunk = (chunk: Uint8Array) => string;

/** A request ready to be sent. */
export interface SignedRequest {
  readonly method: RemoteRequest["method"];
  /** Path and query as they must stand in the request line. */
  readonly target: string;
  /** Values as header bytes, one character each; without Host. */
  readonly headers: Record<string, string>;
  /** Signs what a body in signed chunks consists of, one chunk after another. */
  readonly signChunk?: SignChunk;
}

/** A refused request, with what is needed to say what it means. */
export interface FailureFacts {
  readonly status: number;
  /** Under S3's names. */
  readonly headers: HeaderView;
  /** The body, or its first part. */
  readonly text: string;
  /** What was tried, as the start of a message: `Cannot read s3://bucket/key`. */
  readonly what: string;
  readonly key?: string | undefined;
  /** Whom a 412 speaks of: the pinned source (the default) or a conditional write. */
  readonly condition?: "source" | "destination" | undefined;
  /** `bucket` when the request is about the bucket as a whole: then a 403 or 404 ends the job. `object` is the default. */
  readonly scope?: "object" | "bucket" | undefined;
}

/** The protocol of one bucket. */
export interface Protocol {
  /** Signs a request; without credentials it stays anonymous. Throws `unsupported` for what cannot be sent, such as a line break. */
  sign(request: RemoteRequest, credentials: Credentials | undefined, nowMs: number): SignedRequest;
  /** The headers of a response under S3's names. */
  responseHeaders(headers: HeaderView): HeaderView;
  /** The error that a refusal means. Where it names the region that the bucket is in, that is a {@link ElsewhereError}. */
  failure(facts: FailureFacts): TransferError;
  /** An ETag of a response (`W/"x"`, `"x"`, `x`) in our form; undefined for none. `objectType` is OSS's, where it is known. */
  etagFrom(text: string | null | undefined, objectType: string | null | undefined): string | undefined;
  /** An ETag in the store's form, without quotes. */
  etagTo(etag: string): string;
  /** A storage class of a response: the default class has one name everywhere. */
  storageClassFrom(name: string): string;
  /** An attribute of the root of every document that is sent, with a space in front; empty for none. */
  readonly namespace: string;
  /** DeleteObjects names the keys that are gone; else those that are not. */
  readonly namesDeleted: boolean;
  /** HEAD may ask for a part by its number. */
  readonly partNumbers: boolean;
  /** The command that restores an archived object, for messages. */
  readonly restoreWith: string;
}
