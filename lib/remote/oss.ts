/** The protocol of Alibaba OSS. */
import type { TransferError } from "../errors.ts";
import type { Credentials, ReadyOss } from "../types.ts";
import { encodeKey, encodeText } from "./encode.ts";
import type { HeaderView } from "./http/head.ts";
import { failureOf, ossMeaning, refusalOf } from "./failure.ts";
import { fromOssEtag, OssHeaders, toOssEtag, toOssHeaders } from "./header_names.ts";
import type { FailureFacts, Protocol, RemoteRequest, SignedRequest } from "./protocol.ts";
import { targetOf, toHeaderBytes } from "./s3.ts";
import { OSS_SCHEME, Signer, signOssV1 } from "./sign.ts";
import { fromOssClass } from "./storage_class.ts";

/** See the file comment. */
export class OssProtocol implements Protocol {
  readonly namespace = "";
  readonly namesDeleted = true;
  readonly partNumbers = false;
  readonly restoreWith = "ossutil restore oss://BUCKET/KEY";
  readonly #store: Omit<ReadyOss, "credentials">;
  readonly #host: string;
  readonly #basePath: string;
  readonly #signer: Signer;

  constructor(store: Omit<ReadyOss, "credentials">) {
    const url = new URL(store.baseUrl);
    this.#store = store;
    this.#host = url.host;
    this.#basePath = url.pathname.replace(/\/$/, "");
    this.#signer = new Signer(OSS_SCHEME, store.region);
  }

  sign(request: RemoteRequest, credentials: Credentials | undefined, nowMs: number): SignedRequest {
    const { method, key = "", query = {} } = request;
    const { bucket, requesterPays } = this.#store;
    const wanted = toOssHeaders(method, { ...request.headers, ...(requesterPays && { "x-amz-request-payer": "requester" }) });
    const target = targetOf(`${this.#basePath}/${encodeKey(key)}`, query);
    return { method, target, headers: toHeaderBytes(this.#signed({ method, bucket, key, query, headers: wanted }, credentials, nowMs)) };
  }

  #signed(request: Parameters<typeof signOssV1>[0], credentials: Credentials | undefined, nowMs: number): Record<string, string> {
    if (credentials === undefined || this.#store.anonymous) return { ...request.headers };
    if (this.#store.signature === "v1") return signOssV1(request, credentials, nowMs);
    // Bucket and key are signed whatever the address looks like.
    const path = `/${encodeText(request.bucket)}/${encodeKey(request.key)}`;
    return this.#signer.sign({ ...request, path, host: this.#host }, credentials, nowMs);
  }

  etagFrom(text: string | null | undefined, objectType: string | null | undefined): string | undefined {
    return fromOssEtag(text ?? "", objectType) || undefined;
  }

  etagTo(etag: string): string {
    return toOssEtag(etag);
  }

  storageClassFrom(name: string): string {
    return fromOssClass(name);
  }

  responseHeaders(headers: HeaderView): HeaderView {
    return new OssHeaders(headers);
  }

  failure(facts: FailureFacts): TransferError {
    // Responses to HEAD have no body: OSS puts the error into a header, in base64.
    const text = facts.text !== "" ? facts.text : fromBase64(facts.headers.get("x-oss-err"));
    const refusal = refusalOf(facts, text);
    return failureOf(refusal, ossMeaning(refusal, this.#store.signature));
  }
}

function fromBase64(text: string | null | undefined): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(text ?? ""));
  } catch {
    return "";
  }
}
