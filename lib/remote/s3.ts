/** The protocol of Amazon S3 and of the stores that took it over. */
import type { TransferError } from "../errors.ts";
import { sha256 } from "../bytes/sha.ts";
import type { Credentials, ReadyS3 } from "../types.ts";
import { encodeHeaderText, encodeKey } from "./encode.ts";
import { plainEtag } from "./documents.ts";
import type { HeaderView } from "./http/head.ts";
import type { FailureFacts, Protocol, Query, RemoteRequest, SignedRequest } from "./protocol.ts";
import { ElsewhereError, failureOf, isRegion, refusalOf } from "./failure.ts";
import { canonicalQuery, S3_SCHEME, Signer } from "./sign.ts";
import { SIGNED_CHUNKS } from "./signed_chunks.ts";
import { toS3Class } from "./storage_class.ts";

/** See the file comment. */
export class S3Protocol implements Protocol {
  readonly namespace = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
  readonly namesDeleted = false;
  readonly partNumbers = true;
  readonly restoreWith = "aws s3api restore-object";
  readonly #anonymous: boolean;
  readonly #requesterPays: boolean;
  readonly #region: string;
  readonly #host: string;
  readonly #basePath: string;
  readonly #signer: Signer;

  constructor(store: Omit<ReadyS3, "credentials">) {
    const url = new URL(store.baseUrl);
    this.#host = url.host;
    this.#basePath = url.pathname.replace(/\/$/, "");
    this.#region = store.region;
    this.#anonymous = store.anonymous === true;
    this.#requesterPays = store.requesterPays;
    this.#signer = new Signer(S3_SCHEME, store.region);
  }

  sign(request: RemoteRequest, credentials: Credentials | undefined, nowMs: number): SignedRequest {
    const { method, key = "", query = {}, body } = request;
    const path = `${this.#basePath}/${encodeKey(key)}`;
    const wanted: Record<string, string> = { ...request.headers };
    if (this.#requesterPays) wanted["x-amz-request-payer"] = "requester";
    if (wanted["x-amz-storage-class"] !== undefined) wanted["x-amz-storage-class"] = toS3Class(wanted["x-amz-storage-class"]);
    const target = targetOf(path, query);
    if (credentials === undefined || this.#anonymous) return { method, target, headers: toHeaderBytes(wanted) };
    const digest = body === undefined ? emptyBody(method, wanted) : sha256(body).toHex();
    if (digest !== undefined) wanted["x-amz-content-sha256"] ??= digest;
    const headers = this.#signer.sign({ method, host: this.#host, path, query, headers: wanted }, credentials, nowMs);
    const signsChunks = wanted["x-amz-content-sha256"] === SIGNED_CHUNKS;
    const signChunk = signsChunks ? this.#signer.chunkSigner(headers, credentials) : undefined;
    return { method, target, headers: toHeaderBytes(headers), ...(signChunk && { signChunk }) };
  }

  etagFrom(text: string | null | undefined): string | undefined {
    return plainEtag(text);
  }

  etagTo(etag: string): string {
    return etag;
  }

  storageClassFrom(name: string): string {
    return name;
  }

  responseHeaders(headers: HeaderView): HeaderView {
    return headers;
  }

  failure(facts: FailureFacts): TransferError {
    const refusal = refusalOf(facts);
    const error = failureOf(refusal);
    return isRegion(refusal.region) && refusal.region !== this.#region ? new ElsewhereError(refusal.region, error) : error;
  }
}

/** SHA-256 of no bytes. */
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** The digest of a missing body; undefined where one may follow. */
function emptyBody(method: string, headers: Readonly<Record<string, string>>): string | undefined {
  return method === "PUT" && headers["content-length"] !== undefined ? undefined : EMPTY_SHA256;
}

/** Path and query as they stand in a request line. */
export function targetOf(path: string, query: Query): string {
  const text = canonicalQuery(query, "");
  return text === "" ? path : `${path}?${text}`;
}

/** The same headers, their values as bytes. */
export function toHeaderBytes(headers: Record<string, string>): Record<string, string> {
  for (const name in headers) headers[name] = encodeHeaderText(headers[name]!);
  return headers;
}
