/** The scanner against fast-xml-parser, on responses as stores sent them and on responses with wounds: the same, or both refuse. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { DELETED, INITIATED, LISTING, PARTS, TAGS, UPLOADS, WRITTEN } from "../../lib/remote/documents.ts";
import { scanXml, type XmlDocument, type XmlShape } from "../../lib/remote/xml.ts";
import { UnreadableAnswer } from "../../lib/bytes/network_failure.ts";
import { ANSWER_TAGS_MAX } from "../../lib/limits.ts";
import { ANSWERS } from "../fuzz/answer_documents.ts";
import { INHERITED } from "../fuzz/chance.ts";
import { fuzz } from "../fuzz/rounds.ts";
import recorded from "./recorded_responses.json" with { type: "json" };

/** By the word in the name of a recorded response. */
const SHAPES: readonly (readonly [RegExp, XmlShape])[] = [
  [/list v|list empty/, LISTING],
  [/uploads/, UPLOADS],
  [/parts/, PARTS],
  [/create/, INITIATED],
  [/complete|cop/, WRITTEN],
  [/tags/, TAGS],
  [/deleted/, DELETED],
];
const RESPONSES: readonly (readonly [string, string])[] = Object.entries(recorded);
const ALL_SHAPES = SHAPES.map(([, shape]) => shape);

function shapeOf(name: string): XmlShape {
  return SHAPES.find(([word]) => word.test(name))?.[1] ?? LISTING;
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  removeNSPrefix: true,
  processEntities: false,
});

type Element = { [name: string]: unknown };

/** What fast-xml-parser makes of the text, in the scanner's form; undefined where it, or one of the rules that it lacks, refuses. */
function reference(written: string, shape: XmlShape): Omit<XmlDocument, "seen"> | undefined {
  // Space in front of a declaration is a keep-alive of some stores.
  const text = written.replace(/^\ufeff?[\t\n\r ]*/, "");
  const records: Record<string, (string | undefined)[][]> = Object.fromEntries(Object.keys(shape.records ?? {}).map((path) => [path, []]));
  const fields = shape.fields.map(() => undefined);
  if (text === "") return { root: "", fields, records };
  if (XMLValidator.validate(text) !== true) return undefined;
  try {
    const top = Object.entries(parser.parse(text) as Element).filter(([name]) => name !== "#text");
    const [root, content] = top[0] ?? [];
    if (top.length !== 1 || root === undefined || Array.isArray(content)) return undefined;
    for (const [path, names] of Object.entries(shape.records ?? {})) {
      records[path] = path.split("/").reduce<unknown[]>((found, name) => found.flatMap((one) => listOf(one, name)), [content])
        .map((record) => textsOf(record, names));
    }
    return { root, fields: textsOf(content, shape.fields), records };
  } catch {
    return undefined;
  }
}

function listOf(element: unknown, name: string): unknown[] {
  const value = element instanceof Object ? (element as Element)[name] : undefined;
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function textsOf(element: unknown, names: readonly string[]): (string | undefined)[] {
  return names.map((name) => {
    const [value, second] = listOf(element, name);
    if (second !== undefined) throw new Error(`${name} twice`);
    if (value === undefined) return undefined;
    if (typeof value !== "string") throw new Error(`${name} has elements in it`);
    return value.replace(/\r\n?/g, "\n").replace(
      /&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi,
      (_, decimal, hex, name) =>
        name === undefined
          ? String.fromCodePoint(decimal === undefined ? parseInt(hex, 16) : Number(decimal))
          : { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }[name as string] ?? "?",
    );
  });
}

function scanned(text: string, shape: XmlShape): Omit<XmlDocument, "seen"> | UnreadableAnswer {
  try {
    const { seen: _, ...rest } = scanXml(text, shape);
    return rest;
  } catch (error) {
    if (error instanceof UnreadableAnswer) return error;
    throw error;
  }
}

Deno.test("scanXml() reads what fast-xml-parser reads of every recorded response", () => {
  for (const [name, text] of RESPONSES) {
    const shape = shapeOf(name);
    assertEquals(scanned(text, shape), reference(text, shape), name);
    assert(reference(text, shape) !== undefined, name);
  }
});

/** Reasons to refuse that the reference does not know, as it reads on where a document can only be wrong. */
const STRICTER =
  /twice|between its elements|document type|processing instruction|refers to|too many|cannot be read|goes on behind|too early/;

/** The reference takes every space of Unicode for one of XML's. */
const ODD_SPACE = /<[^<>]*(?![\t\n\r ])\s[^<>]*>/;

fuzz("scanXml() reads what fast-xml-parser reads of responses with wounds, or refuses them", 3000, (chance) => {
  const [name, text] = chance.pick(RESPONSES);
  const shape = chance.oneIn(5) ? chance.pick(ALL_SHAPES) : shapeOf(name);
  // The reference refuses names that its objects inherit; the scanner makes no names of what it reads.
  const wounded = INHERITED.reduce((one, name) => one.replaceAll(name, "inherited"), chance.mutate(text, ANSWERS));
  const ours = scanned(wounded, shape);
  const theirs = reference(wounded, shape);
  if (ours instanceof UnreadableAnswer) {
    assert(theirs === undefined || STRICTER.test(ours.message) || ODD_SPACE.test(wounded), `${ours.message}\n${wounded}`);
  } else assertEquals(ours, theirs, wounded);
});

const page = (inner: string) => `<ListBucketResult><IsTruncated>false</IsTruncated>${inner}</ListBucketResult>`;

/** Each is refused, and by the word why. */
const REFUSED: Readonly<Record<string, readonly [string, RegExp]>> = {
  "a document type": ['<!DOCTYPE a [<!ENTITY b "c">]><a/>', /document type/],
  "an unknown entity": [page("<Contents><Key>&b;</Key></Contents>"), /refers to/],
  "an unknown entity in what nobody reads": [page("<Name>&b;</Name>"), /refers to/],
  "an entity without an end": [page("<Contents><Key>a&amp</Key></Contents>"), /refers to/],
  "a surrogate by number": [page("<Contents><Key>&#xD800;</Key></Contents>"), /refers to/],
  "a text that ends in a tag": [page("").slice(0, -1), /where it should/],
  "a text that ends in an element": [page("<Name>b</Name>").slice(0, -19), /too early/],
  "tags that do not match": ["<a><b></a></b>", /where it should/],
  "two roots": ["<a></a><b></b>", /behind its end/],
  "a truth that is said twice": [page("<IsTruncated>true</IsTruncated>"), /twice/],
  "elements in a text": [page("<Contents><Key>a<b/></Key></Contents>"), /elements in/],
  "text between elements": [page("x"), /between its elements/],
  "a processing instruction": [page("<?php ?>"), /processing instruction/],
  "a page that is none": ["<html><body><p>Sorry<br></body></html>", /where it should/],
  "no XML": ["Internal error", /cannot be read/],
  "elements without an end": [`${"<a>".repeat(100)}${"</a>".repeat(100)}`, /too many elements/],
  "a sea of tags": [page("<Name></Name>".repeat(ANSWER_TAGS_MAX / 2)), /more than/],
};

for (const [what, [text, why]] of Object.entries(REFUSED)) {
  Deno.test(`scanXml() refuses ${what}`, () => {
    const error = assertThrows(() => scanXml(text, LISTING), UnreadableAnswer);
    assert(why.test(error.message), error.message);
  });
}

Deno.test("scanXml() takes what is well-formed in unusual ways", () => {
  const text = "\ufeff<?xml version=\"1.0\"?>\n \r\n <!-- kept alive --> <n:ListBucketResult xmlns:n='u>v' >" +
    "<n:IsTruncated\n>false</n:IsTruncated ><Name/><Contents><Size>1</Size><Key><![CDATA[a&b]]>&#x20;&#233;</Key></Contents><!-- end -->" +
    "</n:ListBucketResult>\n";
  const { root, fields, records } = scanXml(text, LISTING);
  assertEquals([root, fields[0]], ["ListBucketResult", "false"]);
  assertEquals(records.Contents?.map(([key, , , size]) => [key, size]), [["a&b é", "1"]]);
});

Deno.test("scanXml() tells an empty list from none", () => {
  assertEquals([...scanXml("<Tagging><TagSet/></Tagging>", TAGS).seen], ["TagSet"]);
  assertEquals([...scanXml("<Tagging></Tagging>", TAGS).seen], []);
  assertEquals(scanXml(" \n", TAGS).root, "");
});
