/**
 * A client that sends exactly what a test says, signed by aws4, over node:http: no SDK that would mend or fold anything.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type IncomingHttpHeaders, request } from "node:http";
import aws4 from "aws4";
import { type EmbeddedOptions, type EmbeddedStore, startEmbeddedStore } from "../../lib/embedded/embedded.ts";

/** A store as its clients see it. */
export type Served = Pick<EmbeddedStore, "endpoint" | "accessKeyId" | "secretAccessKey">;

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** What to send; the path is sent as it is. */
export interface Sending {
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Signs with these in place of the store's. */
  keys?: { accessKeyId: string; secretAccessKey: string };
  unsigned?: boolean;
}

/** Sends one request and reads the whole answer. Rejects when the connection breaks. */
export async function send(store: Served, method: string, path: string, sending: Sending = {}): Promise<Answer> {
  const { host } = new URL(store.endpoint);
  const body = sending.body === undefined ? undefined : Buffer.from(sending.body as string);
  const headers: Record<string, string> = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", ...sending.headers };
  if (body !== undefined || method === "PUT") headers["content-length"] ??= String(body?.length ?? 0);
  const signed = { method, host, path, headers, service: "s3", region: "us-east-1" };
  if (!sending.unsigned) aws4.sign(signed, sending.keys ?? store);
  return await new Promise((resolve, reject) => {
    // A connection of its own: on a kept one, Deno's client sends a request again by itself when the server drops it.
    const sent = request(`${store.endpoint}/`, { method, path, headers: signed.headers, agent: false }, (response) => {
      const chunks: Uint8Array[] = [];
      response.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const bytes = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString("utf8") });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Runs a test against a fresh store with a bucket `bkt` and parts of any size. */
export async function withStore(options: Partial<EmbeddedOptions>, test: (store: EmbeddedStore) => Promise<void>): Promise<void> {
  const folder = options.folder ?? await Deno.makeTempDir({ prefix: "sluice-embedded-" });
  const store = await startEmbeddedStore({ buckets: ["bkt"], partSizeMinBytes: 1, ...options, folder });
  try {
    await test(store);
  } finally {
    await store.close();
    if (options.folder === undefined) await Deno.remove(folder, { recursive: true });
  }
}

/** The error code in an answer. */
export function codeOf(answer: Answer): string | undefined {
  return textOf(answer, "Code");
}

/** The text of the first element of this name in an answer. */
export function textOf(answer: Answer, name: string): string | undefined {
  return allTexts(answer, name)[0];
}

/** The texts of all elements of this name in an answer, with the entities of an ETag resolved. */
export function allTexts(answer: Answer, name: string): string[] {
  return Array.from(
    answer.text.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g")),
    (found) => (found[1] ?? "").replaceAll("&quot;", '"'),
  );
}

/** Lower-case hex MD5. */
export function md5Hex(data: string | Uint8Array): string {
  return createHash("md5").update(data).digest("hex");
}
