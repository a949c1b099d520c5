/**
 * Texts to values and back: sizes, times, rates, counts, yes and no, choices, lists, pairs. Each reader gives the value or a
 * {@link Problem} that says what is right; none throws. The writers are their inverses.
 */
import { GIB, KIB, MIB, TIB } from "../limits.ts";
import { nearestName, Problem } from "./mistake.ts";

/** `64M` is `64 MiB`, as dd, rclone and most tools read it; `64MB` is decimal. */
const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  k: KIB,
  m: MIB,
  g: GIB,
  t: TIB,
  kib: KIB,
  mib: MIB,
  gib: GIB,
  tib: TIB,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
};
const TIME_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const YES = ["yes", "true", "on", "1", "y"];
const NO = ["no", "false", "off", "0", "n"];

/** Bounds of a number, inclusive, and a word that may stand for one. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly word?: string;
}

/** `64 MiB`, `64M`, `1.5 GB`, `1048576` (bytes), or the word. */
export function readSize(text: string, bounds: Bounds): number | string | Problem {
  if (text === bounds.word) return text;
  const bytes = withUnit(text, SIZE_UNITS, "b");
  const range = rangeText(bounds, sizeText);
  if (bytes === undefined) return new Problem(`not a size; write ${range}, with B, KiB, MiB, GiB, TiB, KB, MB, GB or TB`);
  return inside(bytes, bounds, range);
}

/** `500ms`, `30s`, `1h30m`, `7d`: milliseconds, or the word. The unit is wanted, so that nobody has to guess it. */
export function readTime(text: string, bounds: Bounds): number | string | Problem {
  if (text === bounds.word) return text;
  const pieces = text.match(/\d+(?:\.\d+)?\s*[A-Za-z]+\s*/g) ?? [];
  const ms = pieces.map((piece) => withUnit(piece.trim(), TIME_UNITS, undefined) ?? Number.NaN).reduce((sum, part) => sum + part, 0);
  const range = rangeText(bounds, timeText);
  if (pieces.join("") !== text || pieces.length === 0 || !Number.isSafeInteger(ms)) {
    return new Problem(`not a time; write ${range}, with the unit ms, s, m, h or d`);
  }
  return inside(ms, bounds, range);
}

/** `50 MiB/s`, `50M`, or the word: bytes per second. */
export function readRate(text: string, bounds: Bounds): number | string | Problem {
  if (text === bounds.word) return text;
  const bytes = withUnit(text.replace(/\s*\/\s*s$/i, ""), SIZE_UNITS, "b");
  const range = rangeText(bounds, (value) => `${sizeText(value)}/s`);
  if (bytes === undefined) return new Problem(`not a rate; write ${range}`);
  return inside(bytes, bounds, range);
}

/** A whole number, or the word. */
export function readCount(text: string, bounds: Bounds): number | string | Problem {
  if (text === bounds.word) return text;
  const range = rangeText(bounds, String);
  if (!/^\d+$/.test(text)) return new Problem(`not a whole number; write ${range}`);
  return inside(Number(text), bounds, range);
}

/** yes, y, true, on, 1; no, n, false, off, 0; case does not count. */
export function readYesNo(text: string): boolean | Problem {
  const word = text.toLowerCase();
  if (YES.includes(word)) return true;
  if (NO.includes(word)) return false;
  return new Problem("write yes or no", nearestName(text, [...YES, ...NO].filter((word) => word.length > 1)));
}

/** One of a few words, as written. */
export function readChoice<Word extends string>(text: string, of: readonly Word[]): Word | Problem {
  const word = of.find((one) => one === text);
  if (word !== undefined) return word;
  return new Problem(`write ${orList(of)}`, nearestName(text, of));
}

/** An http or https URL; `login`: of a proxy, without a path, and perhaps with a name and a password. */
export function readUrl(text: string, login: boolean): string | Problem {
  const example = login ? "http://proxy.example.com:8080" : "https://s3.example.com";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") {
    return new Problem(`not an http or https URL; write it like ${example}`);
  }
  if (!login && (url.username !== "" || url.password !== "")) {
    return new Problem("a URL must not hold a password; use access_key_id and secret_access_key");
  }
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    return new Problem("a percent sign in the name or the password of a URL is written %25");
  }
  if (login && url.pathname !== "/") return new Problem(`a URL without a path is wanted, like ${example}`);
  if (url.search !== "" || url.hash !== "") return new Problem(`a URL without a query is wanted, like ${example}`);
  return text.replace(/\/+$/, "");
}

/** Can it be had back as it was meant? A percent sign of a password must be written `%25`. */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Items between commas, trimmed, empty ones left out. `\,` is a comma of the item, and so is a comma between braces. */
export function splitList(text: string): string[] {
  const items: string[] = [];
  let item = "";
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === "\\" && text[at + 1] === ",") {
      item += ",";
      at++;
      continue;
    }
    if (char === "{") depth++;
    if (char === "}" && depth > 0) depth--;
    if (char === "," && (depth === 0 || !text.includes("}", at))) {
      items.push(item);
      item = "";
    } else item += char;
  }
  return [...items, item].map((entry) => entry.trim()).filter((entry) => entry !== "");
}

/** Words and KEY=VALUE items. Gives the words in order and the pairs; a pair named twice is a problem. */
export function readPairs(
  items: readonly string[],
  words: readonly string[],
): { words: string[]; pairs: Record<string, string> } | Problem {
  const found: { words: string[]; pairs: Record<string, string> } = { words: [], pairs: {} };
  for (const item of items) {
    const equals = item.indexOf("=");
    if (equals < 0 && words.includes(item)) found.words.push(item);
    else if (equals < 1) return new Problem(`${shortly(item)} is not ${orList([...words, "KEY=VALUE"])}`, nearestName(item, words));
    else {
      const name = item.slice(0, equals).trim();
      if (Object.hasOwn(found.pairs, name)) return new Problem(`${shortly(name)} is given twice`);
      Object.defineProperty(found.pairs, name, {
        value: item.slice(equals + 1).trim(),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
  }
  return found;
}

/** A size as it is read: the largest binary unit that divides it. */
export function sizeText(bytes: number): string {
  for (const [unit, factor] of [["TiB", TIB], ["GiB", GIB], ["MiB", MIB], ["KiB", KIB]] as const) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor} ${unit}`;
  }
  return `${bytes} B`;
}

/** A time as it is read: the largest unit that divides it. */
export function timeText(ms: number): string {
  for (const unit of ["d", "h", "m", "s"] as const) {
    const factor = TIME_UNITS[unit] ?? 1;
    if (ms >= factor && ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return `${ms}ms`;
}

/** A list as it is read. */
export function listText(items: readonly string[]): string {
  return items.map((item) => item.replaceAll(",", "\\,")).join(", ");
}

/** NAME=VALUE items as they are read. */
export function pairsText(pairs: Readonly<Record<string, string>>): string {
  return listText(Object.entries(pairs).map(([name, value]) => `${name}=${value}`));
}

/** Bounds as messages and help say them: `auto or 5 MiB to 5 GiB`. */
export function rangeText({ min, max, word }: Bounds, write: (value: number) => string): string {
  return `${word === undefined ? "" : `${word} or `}${write(min)} to ${write(max)}`;
}

/** `a, b or c`. */
export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function shortly(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function withUnit(text: string, units: Readonly<Record<string, number>>, fallback: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text);
  if (match === null) return undefined;
  const unit = match[2] === "" ? fallback : match[2]?.toLowerCase();
  if (unit === undefined || !Object.hasOwn(units, unit)) return undefined;
  const value = Math.round(Number(match[1]) * (units[unit] ?? Number.NaN));
  return Number.isSafeInteger(value) ? value : undefined;
}

function inside(value: number, bounds: Bounds, range: string): number | Problem {
  if (value < bounds.min) return new Problem(`too small; write ${range}`);
  if (value > bounds.max) return new Problem(`too large; write ${range}`);
  return value;
}
