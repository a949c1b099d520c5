/** Characters of XML: which may stand in a name, what a reference stands for. Pure. */
import { UnreadableAnswer } from "../bytes/network_failure.ts";

const [TAB, NEWLINE, RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20];

/** The error that says what is wrong with a document. */
export function flaw(what: string): UnreadableAnswer {
  return new UnreadableAnswer(`the answer ${what}`);
}

/** A text with line ends as one character and references as what they stand for. Throws {@link UnreadableAnswer} for unknown ones. */
export function decoded(written: string): string {
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

/** Space as XML has it, by its code. */
export function isSpace(unit: number): boolean {
  return unit === SPACE || unit === NEWLINE || unit === RETURN || unit === TAB;
}

/** Letters and `_`. */
export function isNameStart(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || unit === 0x5f;
}

/** Letters, digits, `_`, `-`, `.` and `:`: no store has other names. */
export function isNamePart(unit: number): boolean {
  return isNameStart(unit) || (unit >= 0x30 && unit <= 0x3a) || unit === 0x2d || unit === 0x2e;
}
