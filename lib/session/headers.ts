/**
 * What a destination object shall carry: the source's headers, the job's rules over them, the hook's over those; and in words what the
 * destination cannot take.
 */
import { isCompressed } from "../bytes/local_source.ts";
import { ruleOf, type TransferError } from "../errors.ts";
import type { HeaderRules } from "../job_types.ts";
import type { ObjectDetails, ObjectHeaders } from "../types.ts";
import { chooseContentType, findContentType } from "./content_type.ts";
import { retrying, type TransferWork } from "./transfer_work.ts";

/** What a source happens to carry and a destination may refuse: how a refusal names it, and how people do. */
const COPIED_ALONG = [
  { name: "storageClass", refusal: /storage.?class/i, words: ({ storageClass }: ObjectHeaders) => `storage class ${storageClass}` },
  { name: "tags", refusal: /tag|NotImplemented/i, words: ({ tags = {} }: ObjectHeaders) => `${Object.keys(tags).length} tags` },
] as const;

/** Headers to send, and what does not go along; shrinks when the destination refuses something that the source happened to carry. */
export class TargetHeaders {
  headers: ObjectHeaders;
  readonly notCarried: string[];
  readonly #asked: ObjectHeaders;

  constructor(headers: ObjectHeaders, notCarried: string[], asked: ObjectHeaders) {
    this.headers = headers;
    this.notCarried = notCarried;
    this.#asked = asked;
  }

  /** Drops what this refusal is about; false when nothing that was only copied along can explain it. */
  reduce(error: TransferError): boolean {
    if (ruleOf(error).afterWrite !== "reduce") return false;
    const text = `${error.code} ${error.message}`;
    const refused = COPIED_ALONG.find(({ name, refusal }) =>
      this.headers[name] !== undefined && this.#asked[name] === undefined && refusal.test(text)
    );
    if (refused === undefined) return false;
    this.notCarried.push(`${refused.words(this.headers)}: the destination refuses ${refused.name === "tags" ? "them" : "it"}`);
    this.headers = { ...this.headers };
    delete this.headers[refused.name];
    return true;
  }
}

/** What the destination object shall carry; reads the source's tags when they go along. */
export async function readTargetHeaders(work: TransferWork, details: ObjectDetails): Promise<TargetHeaders> {
  const { world, transfer: { source, destinationKey, headers: override } } = work;
  const { sourceIsLocal, rules: { headers: rules } } = world;
  const notCarried: string[] = [];
  const headers: ObjectHeaders = rules.mode === "copy" ? copied(details) : {};
  const copiedType = headers.contentType;
  const own = typeof rules.tags === "object" ? { tags: { ...rules.tags } } : {};
  const tags = own.tags ?? await readTags(work, details.tagCount, notCarried);
  if (tags !== undefined) headers.tags = tags;
  lay(headers, rules.set);
  if (override) lay(headers, override);
  // Between stores the type is copied, unless the job asks for that of the name.
  const asks = sourceIsLocal || rules.contentType !== undefined;
  const question = { rules: world.rules, local: world.wire.questions, destinationKey, override };
  const found = work.contentType ?? (asks ? await findContentType(question, source) : undefined);
  const contentType = chooseContentType(rules, { override: override?.contentType, found, copied: copiedType, sourceIsLocal });
  if (contentType !== undefined) headers.contentType = contentType;
  if (isCompressed(source)) headers.contentEncoding = "gzip";
  if (headers.tags && !world.destination.capabilities.tags) {
    notCarried.push(`${Object.keys(headers.tags).length} tags: the destination has none`);
    delete headers.tags;
  }
  return new TargetHeaders(headers, notCarried, { ...rules.set, ...own, ...override });
}

/** The source's tags, where they go along; what cannot be read is reported as not carried. */
async function readTags(work: TransferWork, tagCount: number, notCarried: string[]): Promise<Record<string, string> | undefined> {
  const { world, transfer: { source: { key, versionId } }, signal } = work;
  const { headers: rules } = world.rules;
  // A destination that has no tags needs none read.
  if (tagCount === 0 || rules.tags !== "copy" || rules.mode !== "copy" || world.destinationIsLocal) return undefined;
  if (!world.destination.capabilities.tags) {
    notCarried.push(`${tagCount} tags: the destination has none`);
    return undefined;
  }
  try {
    const tags = await retrying(work, () => world.source.readTags(key, { versionId, signal }));
    return Object.keys(tags).length > 0 ? tags : undefined;
  } catch (error) {
    if (ruleOf(error).refusal === "no") throw error;
    notCarried.push(`${tagCount} tags: the source does not let them be read (tags = none does not ask for them)`);
    return undefined;
  }
}

/** True when the rules leave everything as the source has it, so that a server-side copy needs no headers. */
export function leavesHeaders(rules: HeaderRules, override: ObjectHeaders | undefined): boolean {
  return rules.mode === "copy" && rules.contentType === undefined && rules.tags === "copy" && Object.keys(rules.set).length === 0 &&
    override === undefined;
}

function copied({ headers, storageClass = headers.storageClass }: ObjectDetails): ObjectHeaders {
  // Encryption and access belong to the destination's own rules; ACLs are not readable from a HEAD at all.
  const { sse: _sse, kmsKeyId: _key, acl: _acl, tags: _tags, storageClass: _class, ...rest } = headers;
  return storageClass === undefined || storageClass === "STANDARD" ? rest : { ...rest, storageClass };
}

function lay(headers: ObjectHeaders, over: ObjectHeaders): void {
  const metadata = over.metadata ? { ...headers.metadata, ...over.metadata } : headers.metadata;
  Object.assign(headers, over);
  if (metadata) headers.metadata = metadata;
}
