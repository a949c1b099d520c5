/**
 * A strict scanner for the XML of responses to control requests. It reads what a caller names and nothing else, but looks at every
 * character: document types, processing instructions, unknown entities, tags that do not match, elements that are said twice, a document
 * that ends too early and one that goes on behind its end are refused. Readers of XML for general use pass over most of these, and a
 * listing misread is objects lost. Must never hold more than the text and what was asked for.
 */
import { ANSWER_TAGS_MAX } from "../limits.ts";
import { UnreadableAnswer } from "../bytes/network_failure.ts";

/** What is to be read of a document. Names are without a namespace's prefix. */
export interface XmlShape {
  /** Elements right below the root whose text is wanted. */
  readonly fields: readonly string[];
  /**
   * Elements that may come any number of times, by their path below the root (`Contents`, `TagSet/Tag`), each with the elements right below
   * it whose text is wanted.
   */
  readonly records?: Readonly<Record<string, readonly string[]>>;
}

/** The texts of the wanted elements, in the order in which the shape names them; undefined for those that did not come. */
export type XmlTexts = readonly (string | undefined)[];

/** What was read. */
export interface XmlDocument {
  /** The name of the root element; empty where the text is. */
  readonly root: string;
  readonly fields: XmlTexts;
  /** For each path of the shape. */
  readonly records: Readonly<Record<string, readonly XmlTexts[]>>;
  /** The paths that came, the parents of records among them: an empty list differs from none. */
  readonly seen: ReadonlySet<string>;
}

/** Elements in elements; no response of a store has more than six. */
const DEPTH_MAX = 32;

const [BANG, SLASH, MORE] = [0x21, 0x2f, 0x3e];
/** An attribute. Stores have names of letters, digits, `_`, `-`, `.` and `:`. */
const ATTRIBUTE = /([A-Za-z_][\w.:-]*)[\t\n\r ]*=[\t\n\r ]*(?:"[^<"]*"|'[^<']*')/;
const ATTRIBUTES = new RegExp(ATTRIBUTE, "g");
const PLAIN_TAG = /<[A-Za-z_][\w.:-]*>/y;
const START_TAG = new RegExp(`<([A-Za-z_][\\w.:-]*)((?:[\\t\\n\\r ]+${ATTRIBUTE.source}){0,32})[\\t\\n\\r ]*(/?)>`, "y");
const SPACE = /[\t\n\r ]*/y;
const OTHER_THAN_SPACE = /[^\t\n\r ]/;

/** Reads a document. A text without any character but spaces is a document without anything. Throws {@link UnreadableAnswer}. */
export function scanXml(text: string, shape: XmlShape): XmlDocument {
  return new Scanner(text, shape).scan();
}

/** What may stand before the root, once. */
const DECLARATION =
  /<\?xml[\t\n\r ]+version=(?:"1\.\d"|'1\.\d')(?:[\t\n\r ]+(?:encoding|standalone)=(?:"[\w.-]+"|'[\w.-]+'))*[\t\n\r ]*\?>/y;

/** Texts as they are read. */
type Found = (string | undefined)[];

/** An element whose children are read. */
interface Parent {
  /** As it was written, with a prefix. */
  readonly name: string;
  /** Below the root; absent: no records lie in it. */
  readonly path?: string;
  /** Children whose text is wanted, and where it goes. */
  readonly wanted: readonly string[];
  readonly into: Found;
}

class Scanner {
  readonly #text: string;
  readonly #fields: readonly string[];
  /** By path. */
  readonly #kinds = new Map<string, { readonly wanted: readonly string[]; readonly list: Found[] }>();
  /** Every proper beginning of a record's path. */
  readonly #parents = new Set<string>();
  readonly #seen = new Set<string>();
  #at = 0;
  #tags = 0;
  /** The first `&` that was not passed yet. */
  #reference = -1;
  readonly #hasReturns: boolean;
  /** The tag that was read last closed itself. */
  #closed = false;

  constructor(text: string, shape: XmlShape) {
    this.#text = text;
    this.#hasReturns = text.includes("\r");
    this.#fields = shape.fields;
    for (const [path, wanted] of Object.entries(shape.records ?? {})) {
      this.#kinds.set(path, { wanted, list: [] });
      for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) this.#parents.add(path.slice(0, at));
    }
  }

  scan(): XmlDocument {
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1;
    this.#pass(SPACE);
    const fields = nothingOf(this.#fields);
    let root = "";
    if (this.#at < this.#text.length) {
      this.#pass(DECLARATION);
      this.#skipMisc();
      const name = this.#openTag();
      root = localName(name);
      this.#children({ name, path: "", wanted: this.#fields, into: fields });
      this.#skipMisc();
      if (this.#at < this.#text.length) throw flaw("goes on behind its end");
    }
    const records = Object.fromEntries([...this.#kinds].map(([path, { list }]) => [path, list]));
    return { root, fields, records, seen: this.#seen };
  }

  /** Reads everything up to the end tag of `parent`, unless its start tag was one. Calls itself for what the shape names alone. */
  #children(parent: Parent): void {
    if (this.#closed) return;
    const { wanted, into } = parent;
    /** The place in `wanted` of what is likely to come next, and the record that came last. */
    let turn = 0;
    let often: string | undefined;
    for (;;) {
      const next = this.#nextTag();
      if (this.#at < next) this.#onlySpace(this.#at, next);
      this.#at = next;
      const sign = this.#text.charCodeAt(next + 1);
      if (sign === SLASH) return this.#closeTag(parent.name);
      if (sign === BANG) {
        this.#skipMarkup(false);
        continue;
      }
      // Nearly always: elements of a record come in one order, and records one after another.
      const guess = wanted[turn];
      const isGuess = guess !== undefined && this.#isPlainTag(guess);
      const plain = isGuess ? guess : often !== undefined && this.#isPlainTag(often) ? often : undefined;
      const name = plain === undefined ? this.#openTag() : this.#openPlain(plain);
      const index = isGuess ? turn : name === often ? -1 : wanted.indexOf(localName(name));
      if (index >= 0) {
        if (into[index] !== undefined) throw flaw(`says ${shown(name)} twice`);
        into[index] = this.#closed ? "" : this.#leaf(name);
        turn = index + 1;
      } else if (parent.path === undefined || !this.#record(name, parent.path)) {
        if (!this.#closed) this.#skip(name);
      } else {
        often = name;
      }
    }
  }

  /** Reads a record, or an element that records lie in; false where the element is neither. */
  #record(name: string, parentPath: string): boolean {
    const path = parentPath === "" ? localName(name) : `${parentPath}/${localName(name)}`;
    const kind = this.#kinds.get(path);
    if (kind === undefined && !this.#parents.has(path)) return false;
    if (kind === undefined) {
      if (this.#seen.has(path)) throw flaw(`says ${localName(name)} twice`);
      this.#seen.add(path);
      this.#children({ name, path, wanted: [], into: [] });
    } else {
      this.#seen.add(path);
      const into = nothingOf(kind.wanted);
      kind.list.push(into);
      this.#children({ name, wanted: kind.wanted, into });
    }
    return true;
  }

  #openPlain(name: string): string {
    this.#at += name.length + 2;
    this.#closed = false;
    return name;
  }

  #isPlainTag(name: string): boolean {
    return this.#text.charCodeAt(this.#at + name.length + 1) === MORE && this.#text.startsWith(name, this.#at + 1);
  }

  /** Passes everything up to the end tag of an element that nobody asked for. */
  #skip(name: string): void {
    const names = [name];
    while (names.length > 0) {
      const next = this.#nextTag();
      this.#checkReferences(this.#at, next);
      this.#at = next;
      const sign = this.#text.charCodeAt(next + 1);
      if (sign === SLASH) this.#closeTag(names.pop()!);
      else if (sign === BANG) this.#skipMarkup(true);
      else {
        const inner = this.#openTag();
        if (!this.#closed && names.push(inner) > DEPTH_MAX) throw flaw("has too many elements in elements");
      }
    }
  }

  /** The text up to the end tag of `name`, which has no elements in it. */
  #leaf(name: string): string {
    let value = "";
    for (;;) {
      const next = this.#nextTag();
      value += this.#decoded(this.#at, next);
      this.#at = next;
      const sign = this.#text.charCodeAt(next + 1);
      if (sign === SLASH) {
        this.#closeTag(name);
        return value;
      }
      if (sign !== BANG) throw flaw(`has elements in ${shown(name)}`);
      value += this.#skipMarkup(true);
    }
  }

  /** Where the next tag begins. */
  #nextTag(): number {
    const next = this.#text.indexOf("<", this.#at);
    if (next < 0) throw flaw("ends too early");
    if (++this.#tags > ANSWER_TAGS_MAX) throw flaw(`has more than ${ANSWER_TAGS_MAX} tags`);
    return next;
  }

  /** Reads the start tag that begins here. Returns its name, sets whether it is an end tag too. */
  #openTag(): string {
    // Without the cost of a match: most tags are plain.
    PLAIN_TAG.lastIndex = this.#at;
    if (PLAIN_TAG.test(this.#text)) return this.#openPlain(this.#text.slice(this.#at + 1, PLAIN_TAG.lastIndex - 1));
    START_TAG.lastIndex = this.#at;
    const [tag = "", name = "", attributes = "", , end] = START_TAG.exec(this.#text) ?? [];
    if (tag === "") throw flaw(this.#text[this.#at + 1] === "?" ? "holds a processing instruction" : "holds a tag that cannot be read");
    if (attributes !== "") this.#checkAttributes(attributes);
    this.#closed = end === "/";
    this.#at += tag.length;
    return name;
  }

  /** Attributes say nothing here, and must be well-formed. */
  #checkAttributes(attributes: string): void {
    const names = [...attributes.matchAll(ATTRIBUTES)].map(([, name]) => name);
    if (new Set(names).size < names.length) throw flaw("says an attribute twice");
    decoded(attributes);
  }

  #closeTag(name: string): void {
    const text = this.#text;
    const isEnd = text.startsWith(name, this.#at + 2);
    this.#at += 2 + name.length;
    if (text.charCodeAt(this.#at) !== MORE) this.#pass(SPACE);
    if (!isEnd || text.charCodeAt(this.#at) !== MORE) throw flaw(`does not end ${shown(name)} where it should`);
    this.#at++;
  }

  /** Passes a comment, or a section of characters whose text it returns where there may be text. */
  #skipMarkup(textAllowed: boolean): string {
    const text = this.#text;
    const start = this.#at;
    if (text.startsWith("<!--", start)) {
      this.#at = start + 4;
      const dashes = text.indexOf("--", this.#at);
      this.#at = this.#behind("-->");
      if (dashes !== this.#at - 3) throw flaw("holds a comment that cannot be read");
      return "";
    }
    if (!text.startsWith("<![CDATA[", start)) throw flaw("declares a document type, which no store does");
    if (!textAllowed) throw flaw("holds text between its elements");
    this.#at = this.#behind("]]>");
    return text.slice(start + 9, this.#at - 3);
  }

  /** The position behind the next `end`. */
  #behind(end: string): number {
    const found = this.#text.indexOf(end, this.#at);
    if (found < 0) throw flaw("ends too early");
    return found + end.length;
  }

  #pass(what: RegExp): void {
    what.lastIndex = this.#at;
    if (what.test(this.#text)) this.#at = what.lastIndex;
  }

  /** Passes space and comments outside the root. */
  #skipMisc(): void {
    for (this.#pass(SPACE); this.#text.startsWith("<!", this.#at); this.#pass(SPACE)) this.#skipMarkup(false);
  }

  #onlySpace(from: number, to: number): void {
    if (OTHER_THAN_SPACE.test(this.#text.slice(from, to))) throw flaw("holds text between its elements");
  }

  /** Line ends as one character, references as what they stand for. */
  #decoded(from: number, to: number): string {
    const text = this.#text.slice(from, to);
    return this.#hasReference(from, to) || this.#hasReturns ? decoded(text) : text;
  }

  #checkReferences(from: number, to: number): void {
    if (this.#hasReference(from, to)) decoded(this.#text.slice(from, to));
  }

  #hasReference(from: number, to: number): boolean {
    if (this.#reference < from) {
      const next = this.#text.indexOf("&", from);
      this.#reference = next < 0 ? this.#text.length : next;
    }
    return this.#reference < to;
  }
}

function nothingOf(names: readonly string[]): Found {
  return new Array<string | undefined>(names.length).fill(undefined);
}

function shown(name: string): string {
  return name.slice(0, 60);
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** The error that says what is wrong with a document. */
function flaw(what: string): UnreadableAnswer {
  return new UnreadableAnswer(`the answer ${what}`);
}

/** A text with line ends as one character and references as what they stand for. Throws {@link UnreadableAnswer} for unknown ones. */
function decoded(written: string): string {
  const text = written.includes("\r") ? written.replace(/\r\n?/g, "\n") : written;
  let plain = "";
  let at = 0;
  for (let next = text.indexOf("&"); next >= 0; next = text.indexOf("&", at)) {
    // Every ETag has two; stores written in Go use the number.
    const quote = text.startsWith("quot;", next + 1) ? 6 : text.startsWith("#34;", next + 1) ? 5 : 0;
    if (quote > 0) {
      plain += text.slice(at, next) + '"';
      at = next + quote;
      continue;
    }
    const end = text.indexOf(";", next);
    if (end < 0) throw flaw("refers to a character that is none");
    plain += text.slice(at, next) + characterOf(text.slice(next + 1, end));
    at = end + 1;
  }
  return plain + text.slice(at);
}

const ENTITIES: ReadonlyMap<string, string> = new Map([["quot", '"'], ["amp", "&"], ["lt", "<"], ["gt", ">"], ["apos", "'"]]);

function characterOf(reference: string): string {
  const known = ENTITIES.get(reference);
  if (known !== undefined) return known;
  const digits = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/.exec(reference);
  const point = digits === null ? -1 : digits[1] === undefined ? Number(digits[2]) : parseInt(digits[1], 16);
  if (point < 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw flaw("refers to a character that is none");
  return String.fromCodePoint(point);
}
