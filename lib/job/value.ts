/** Texts to values and back: numbers with their units, yes and no, lists. Readers throw a {@link Problem} that says what is right. */
import { GIB, KIB, MIB, TIB } from "../limits.ts";
import { nearestName, Problem } from "./mistake.ts";

/** `64M` is `64 MiB`, as dd, rclone and most tools read it; `64MB` is decimal. */
const SIZE_UNITS = { b: 1, k: KIB, m: MIB, g: GIB, t: TIB, kib: KIB, mib: MIB, gib: GIB, tib: TIB, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };
const TIME_UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Bounds of a number, inclusive, and a word that may stand for one. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly word?: string;
}

/** A kind of number, as it is written. */
export interface Quantity {
  /** Undefined for a text that is none. */
  readonly parse: (text: string) => number | undefined;
  /** The largest unit that divides it; `parse` takes it back. */
  readonly write: (value: number) => string;
  readonly called: string;
  /** What a message adds to the bounds. */
  readonly units?: string;
}

/** `64 MiB`, `64M`, `1.5 GB`, `1048576` (bytes). */
export const SIZE: Quantity = {
  parse: (text) => withUnit(text, SIZE_UNITS, "b"),
  write: (bytes) => bytes === 0 ? "0 B" : largestUnit(bytes, [["TiB", TIB], ["GiB", GIB], ["MiB", MIB], ["KiB", KIB], ["B", 1]], " "),
  called: "a size",
  units: ", with B, KiB, MiB, GiB, TiB, KB, MB, GB or TB",
};

/** `500ms`, `30s`, `1h30m`, `7d`: milliseconds. The unit is wanted, so that nobody has to guess it. */
export const TIME: Quantity = {
  parse(text) {
    const pieces = text.match(/\d+(?:\.\d+)?\s*[A-Za-z]+\s*/g) ?? [];
    const ms = pieces.reduce((sum, piece) => sum + (withUnit(piece.trim(), TIME_UNITS) ?? Number.NaN), 0);
    return pieces.length > 0 && pieces.join("") === text && Number.isSafeInteger(ms) ? ms : undefined;
  },
  write: (ms) => ms === 0 ? "0ms" : largestUnit(ms, Object.entries(TIME_UNITS), ""),
  called: "a time",
  units: ", with the unit ms, s, m, h or d",
};

/** `50 MiB/s`, `50M`: bytes per second. */
export const RATE: Quantity = {
  parse: (text) => SIZE.parse(text.replace(/\s*\/\s*s$/i, "")),
  write: (bytes) => `${SIZE.write(bytes)}/s`,
  called: "a rate",
};

/** A whole number. */
export const COUNT: Quantity = { parse: (text) => /^\d+$/.test(text) ? Number(text) : undefined, write: String, called: "a whole number" };

/** The number within its bounds. */
export function readNumber(text: string, bounds: Bounds, { parse, write, called, units = "" }: Quantity): number {
  const value = parse(text);
  const range = rangeText(bounds, write);
  if (value === undefined) throw new Problem(`not ${called}; write ${range}${units}`);
  if (value < bounds.min) throw new Problem(`too small; write ${range}`);
  if (value > bounds.max) throw new Problem(`too large; write ${range}`);
  return value;
}

/** Bounds as messages and help say them: `auto or 5 MiB to 5 GiB`. */
export function rangeText({ min, max, word }: Bounds, write: (value: number) => string): string {
  return `${word === undefined ? "" : `${word} or `}${write(min)} to ${write(max)}`;
}

function withUnit(text: string, units: Readonly<Record<string, number>>, fallback = "none"): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text) ?? [];
  const factor = new Map(Object.entries(units)).get(unit?.toLowerCase() || fallback);
  const value = Math.round(Number(number) * (factor ?? Number.NaN));
  return Number.isSafeInteger(value) ? value : undefined;
}

function largestUnit(value: number, units: readonly (readonly [unit: string, factor: number])[], blank: string): string {
  const [unit, factor] = units.find(([, factor]) => value % factor === 0) ?? ["", 1];
  return `${value / factor}${blank}${unit}`;
}

/** yes, y, true, on, 1; no, n, false, off, 0; case does not count. */
export function readYesNo(text: string): boolean {
  const word = text.toLowerCase();
  if (["yes", "true", "on", "1", "y"].includes(word)) return true;
  if (["no", "false", "off", "0", "n"].includes(word)) return false;
  throw new Problem("write yes or no", nearestName(text, ["yes", "true", "on", "no", "false", "off"]));
}

/** Items between commas, trimmed, without empty ones. `\,` is a comma of the item, and so is a comma between braces. */
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

/** A list as it is read. */
export function listText(items: readonly string[]): string {
  return items.map((item) => item.replaceAll(",", "\\,")).join(", ");
}

/** NAME=VALUE items as they are read. */
export function pairsText(pairs: Readonly<Record<string, string>>): string {
  return listText(Object.entries(pairs).map(([name, value]) => `${name}=${value}`));
}

/** `a, b or c`. */
export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
