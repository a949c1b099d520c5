/**
 * What a destination object shall carry: the source's headers, the job's rules over them, the hook's over those; and in words what the
 * destination cannot take. Pure.
 */
import { ruleOf, type TransferError } from "../errors.ts";
import { chooseContentType } from "./content_type.ts";
import type { HeaderRules } from "../job_types.ts";
import type { Capabilities, ObjectDetails, ObjectHeaders } from "../types.ts";

/** What {@link targetHeaders} needs to know. */
export interface HeaderQuestion {
  readonly details: ObjectDetails;
  /** Already read, when the rules copy tags and the source has some. */
  readonly tags: Record<string, string>;
  /** What is known already not to go along, in words. */
  readonly notCarried: readonly string[];
  readonly rules: HeaderRules;
  readonly override: ObjectHeaders | undefined;
  /** The content type that the name or the bytes tell. */
  readonly found: string | undefined;
  /** The bytes are sent compressed. */
  readonly gzip: boolean;
  readonly sourceIsLocal: boolean;
  readonly capabilities: Pick<Capabilities, "tags">;
}

/** Headers to send, and what is left behind; shrinks when the destination refuses something that the source happened to carry. */
export class TargetHeaders {
  headers: ObjectHeaders;
  readonly notCarried: string[];
  readonly #asked: ObjectHeaders;

  constructor(headers: ObjectHeaders, notCarried: string[], asked: ObjectHeaders) {
    this.headers = headers;
    this.notCarried = notCarried;
    this.#asked = asked;
  }

  /** Leaves out what this refusal is about; false when nothing that was only copied along can explain it. */
  reduce(error: TransferError): boolean {
    if (ruleOf(error).afterWrite !== "reduce") return false;
    const { storageClass, tags } = this.headers;
    const text = `${error.code} ${error.message}`;
    if (storageClass !== undefined && this.#asked.storageClass === undefined && /storage.?class/i.test(text)) {
      this.notCarried.push(`storage class ${storageClass}: the destination refuses it`);
      this.headers = { ...this.headers };
      delete this.headers.storageClass;
      return true;
    }
    if (tags !== undefined && this.#asked.tags === undefined && /tag|NotImplemented/i.test(text)) {
      this.notCarried.push(`${Object.keys(tags).length} tags: the destination refuses them`);
      this.headers = { ...this.headers };
      delete this.headers.tags;
      return true;
    }
    return false;
  }
}

/** Works out the headers of the destination object. */
export function targetHeaders(question: HeaderQuestion): TargetHeaders {
  const { details, rules, override } = question;
  const notCarried = [...question.notCarried];
  const headers: ObjectHeaders = rules.mode === "copy" ? copied(details) : {};
  const copiedType = headers.contentType;
  if (rules.tags === "copy" && rules.mode === "copy" && Object.keys(question.tags).length > 0) headers.tags = question.tags;
  if (typeof rules.tags === "object") headers.tags = { ...rules.tags };
  lay(headers, rules.set);
  if (override) lay(headers, override);
  const { found, sourceIsLocal } = question;
  const contentType = chooseContentType(rules, { override: override?.contentType, found, copied: copiedType, sourceIsLocal });
  if (contentType !== undefined) headers.contentType = contentType;
  if (question.gzip) headers.contentEncoding = "gzip";
  if (headers.tags && !question.capabilities.tags) {
    notCarried.push(`${Object.keys(headers.tags).length} tags: the destination has none`);
    delete headers.tags;
  }
  const asked = { ...rules.set, ...(typeof rules.tags === "object" && { tags: { ...rules.tags } }), ...override };
  return new TargetHeaders(headers, notCarried, asked);
}

/** True when the rules leave everything as the source has it, so that a server-side copy needs no headers. */
export function leavesHeaders(rules: HeaderRules, override: ObjectHeaders | undefined): boolean {
  return rules.mode === "copy" && rules.contentType === undefined && rules.tags === "copy" && Object.keys(rules.set).length === 0 &&
    override === undefined;
}

function copied(details: ObjectDetails): ObjectHeaders {
  const headers: ObjectHeaders = { ...details.headers };
  // Encryption and access belong to the destination's own rules; ACLs are not readable from a HEAD at all.
  delete headers.sse;
  delete headers.kmsKeyId;
  delete headers.acl;
  delete headers.tags;
  const storageClass = details.storageClass ?? details.headers.storageClass;
  if (storageClass !== undefined && storageClass !== "STANDARD") headers.storageClass = storageClass;
  else delete headers.storageClass;
  return headers;
}

function lay(headers: ObjectHeaders, over: ObjectHeaders): void {
  const metadata = over.metadata ? { ...headers.metadata, ...over.metadata } : headers.metadata;
  Object.assign(headers, over);
  if (metadata) headers.metadata = metadata;
}
