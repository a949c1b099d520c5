/**
 * What all control requests to one bucket share, and the one way to make them: an exchange, whose response is read by the shape of its
 * document.
 */
import { TransferError } from "../errors.ts";
import { networkFailure } from "../bytes/network_failure.ts";
import type { Capabilities } from "../types.ts";
import type { RequestHabits } from "./capabilities.ts";
import type { Attempt, ControlRequest, Exchange } from "./exchange.ts";
import type { HeaderView } from "./http/head.ts";
import { HTML_PAGE, type OptionalQuestions } from "./optional.ts";
import type { Protocol } from "./protocol.ts";
import { scanXml, type XmlDocument, type XmlShape } from "./xml.ts";

/** What requests to one bucket share. */
export interface Bucket {
  readonly exchange: Exchange;
  readonly protocol: Protocol;
  /** `NAME://bucket`. */
  readonly label: string;
  readonly capabilities: Capabilities;
  readonly habits: RequestHabits;
  /** Version of ListObjects; absent: 2 unless the store refuses it. */
  readonly listing?: "v1" | "v2";
  readonly optional: OptionalQuestions;
  /** Entries of a listing page; 1 to 1,000. */
  readonly pageEntries: number;
}

/** A response that was read to its end. */
export interface Asked {
  readonly headers: HeaderView;
  readonly document: XmlDocument;
}

const PAGE = /^\s*<(?:!doctype\s+)?html\b/i;

/** Sends a control request and reads the document of its response. Throws only TransferError: `server` for a document that is not one. */
export async function ask(bucket: Bucket, attempt: Attempt, request: ControlRequest, shape: XmlShape): Promise<Asked> {
  const { headers, body } = await bucket.exchange.call(request, attempt);
  const text = new TextDecoder().decode(body);
  try {
    return { headers, document: scanXml(text, shape) };
  } catch (error) {
    if (PAGE.test(text)) {
      throw new TransferError("server", `${attempt.what}: the response is an HTML page`, {
        cause: error,
        code: HTML_PAGE,
        key: attempt.key,
      });
    }
    throw networkFailure(error, attempt.what, attempt.key, attempt.signal);
  }
}

/** A document as the body of a request. */
export function xmlBody(text: string): { readonly body: Uint8Array; readonly headers: Record<string, string> } {
  const body = new TextEncoder().encode(`<?xml version="1.0" encoding="UTF-8"?>${text}`);
  return { body, headers: { "content-type": "application/xml" } };
}

/** A text between tags. */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("'", "&apos;");
}

/** Throws where a listing does not say whether it goes on: the empty response of something in between is not one. */
export function moreFollows(what: string, truncated: string | undefined): boolean {
  if (truncated === "true") return true;
  if (truncated === "false") return false;
  throw new TransferError("server", `${what}: the answer does not say whether more follows: it is no listing`);
}
