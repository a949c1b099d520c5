/**
 * XML of the S3 dialect: request bodies in, responses out. Entities are resolved here and nowhere else, so that no document can declare
 * its own and no control character of a key is lost on the way.
 */
import { XMLParser } from "fast-xml-parser";
import { S3Error } from "./errors.ts";

/** An element: its children by name, always as lists, or its text. */
export interface XmlElement {
  readonly text: string;
  readonly children: Readonly<Record<string, readonly XmlElement[]>>;
}

const PARSER = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  isArray: () => true,
});

const NAMED_ENTITIES: ReadonlyMap<string, string> = new Map([["amp", "&"], ["lt", "<"], ["gt", ">"], ["quot", '"'], ["apos", "'"]]);

/** Parses a request body whose root must have this name. Throws MalformedXML for anything else, document types included. */
export function parseXml(body: Uint8Array, rootName: string): XmlElement {
  let parsed: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    if (text.includes("<!DOCTYPE")) throw new S3Error("MalformedXML");
    parsed = PARSER.parse(text, true);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new S3Error("MalformedXML");
  }
  const root = elementOf(parsed).children[rootName]?.[0];
  if (root === undefined) throw new S3Error("MalformedXML");
  return root;
}

function elementOf(value: unknown): XmlElement {
  if (typeof value === "string") return { text: resolveEntities(value), children: {} };
  const children: Record<string, XmlElement[]> = {};
  for (const [name, content] of Object.entries(value as Record<string, unknown>)) {
    if (Array.isArray(content)) children[name] = content.map(elementOf);
  }
  return { text: "", children };
}

function resolveEntities(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#[0-9]{1,7}|[a-z]+);|&/g, (whole: string, name: string | undefined) => {
    const named = name === undefined ? undefined : NAMED_ENTITIES.get(name);
    if (named !== undefined) return named;
    if (!name?.startsWith("#")) throw new S3Error("MalformedXML", `Unknown entity: ${whole}`);
    const point = name[1] === "x" ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw new S3Error("MalformedXML", `Not a character: ${whole}`);
    return String.fromCodePoint(point);
  });
}

/** The text of a child that may be there at most once. */
export function childText(element: XmlElement, name: string): string | undefined {
  const found = element.children[name];
  if (found === undefined) return undefined;
  if (found.length > 1) throw new S3Error("MalformedXML");
  return found[0]?.text;
}

/** The text of a child that must be there exactly once. */
export function requiredText(element: XmlElement, name: string): string {
  const text = childText(element, name);
  if (text === undefined) throw new S3Error("MalformedXML");
  return text;
}

/** Content of an element to write: text, numbers, nested fields, or a list for a repeated element. `undefined` is skipped. */
export type XmlValue = string | number | boolean | undefined | XmlFields | readonly XmlValue[];

/** Elements in the order in which they are written. */
export interface XmlFields {
  readonly [name: string]: XmlValue;
}

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

/** A whole document. Errors, as S3 writes them, have no namespace. */
export function writeXml(rootName: string, fields: XmlFields, options: { namespace?: boolean } = {}): string {
  const attribute = options.namespace === false ? "" : ` xmlns="${NAMESPACE}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${rootName}${attribute}>${writeFields(fields)}</${rootName}>`;
}

function writeFields(fields: XmlFields): string {
  let text = "";
  for (const [name, value] of Object.entries(fields)) text += writeElement(name, value);
  return text;
}

function writeElement(name: string, value: XmlValue): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.map((item: XmlValue) => writeElement(name, item)).join("");
  if (typeof value === "object") return `<${name}>${writeFields(value as XmlFields)}</${name}>`;
  return `<${name}>${escapeText(String(value))}</${name}>`;
}

/** Also escapes what a parser would fold (carriage return, line feed, tab) and the control characters that S3 writes as references. */
function escapeText(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[&<>"\u0000-\u001f\ufffe\uffff]/g, (character) => {
    if (character === "&") return "&amp;";
    if (character === "<") return "&lt;";
    if (character === ">") return "&gt;";
    if (character === '"') return "&quot;";
    return `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`;
  });
}
