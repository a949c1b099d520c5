/**
 * Chance for fuzzing: numbers, picks and mutated texts out of one seed, so that a round can be had again. Must never ask the clock or any
 * other source of chance.
 */
import { seededRandom } from "../../lib/pace/random.ts";

/** A secret that is planted wherever one belongs: it must come out nowhere. */
export const CANARY = "CANARYsecret+4711key";

/** Names that objects inherit or that change them. */
export const INHERITED = ["__proto__", "constructor", "prototype", "toString", "valueOf", "hasOwnProperty", "__defineGetter__"];

/** Characters that steer terminals, end lines, hide, reorder or are none. */
export const ODD_CHARACTERS = [
  "\0",
  "\x01",
  "\x07",
  "\x1b[2J",
  "\x1b]0;title\x07",
  "\r",
  "\n",
  "\r\n",
  "\t",
  "\x7f",
  "\x85",
  "\x9b31m",
  "\ufeff",
  "\u200b",
  "\u202e",
  "\u2028",
  "\ud800",
  "\udc00",
  "\u{1f600}",
  "é",
  "e\u0301",
  "%",
  "%2F",
  "%00",
  "&",
  "<",
  ">",
  '"',
  "'",
  "\\",
  "/",
  "..",
  "`",
  "$",
  "${A}",
];

/** Numbers that break what reckons with them. */
export const ODD_NUMBERS = [
  "-1",
  "-0",
  "0",
  "1.5",
  "1e400",
  "-1e400",
  "NaN",
  "Infinity",
  "0x10",
  "010",
  "9007199254740993",
  "99999999999999999999",
  "1_0",
  " 1",
  "1 ",
  "",
  "٣",
  "1,5",
  "+1",
  "2147483648",
  "4294967296",
  "18446744073709551616",
];

/** See the file comment. */
export class Chance {
  readonly #random: () => number;

  constructor(readonly seed: number) {
    this.#random = seededRandom(seed);
  }

  /** A whole number from 0, below `bound`. */
  below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** One of a list. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  /** A short text of odd characters, words and long runs. */
  junk(): string {
    const pieces = Array.from({ length: this.below(5) }, () => {
      switch (this.below(8)) {
        case 0:
          return this.pick(INHERITED);
        case 1:
          return this.pick(ODD_NUMBERS);
        case 2:
          return this.pick(["a", " ", "=", "(", "{", "[", "*", "\\", "/", "%"]).repeat(1 + this.below(this.oneIn(8) ? 20_000 : 40));
        case 3:
          return String.fromCharCode(this.below(65536));
        default:
          return this.pick(ODD_CHARACTERS);
      }
    });
    return pieces.join("");
  }

  /** A text with a few wounds: cut, doubled, swapped, grown, or crossed with another. */
  mutate(text: string, others: readonly string[] = []): string {
    let mutated = text;
    for (let wounds = 1 + this.below(3); wounds > 0; wounds--) mutated = this.#wound(mutated, others);
    return mutated;
  }

  #wound(text: string, others: readonly string[]): string {
    const [start, end] = this.#span(text);
    const piece = text.slice(start, end);
    switch (this.below(10)) {
      case 0:
        return text.slice(0, start);
      case 1:
        return text.slice(0, start) + text.slice(end);
      case 2:
        return text.slice(0, end) + piece.repeat(1 + this.below(3)) + text.slice(end);
      case 3: {
        const [other] = this.#span(text);
        return text.slice(0, start) + text.slice(other) + piece;
      }
      case 4: {
        const other = others.length === 0 ? text : this.pick(others);
        return text.slice(0, start) + other.slice(this.below(other.length + 1)) + text.slice(end);
      }
      case 5:
        return text.replace(/\d+/, () => this.pick(ODD_NUMBERS));
      case 6:
        return this.#replaceWord(text, this.pick(INHERITED));
      case 7:
        return this.#replaceWord(text, this.junk());
      default:
        return text.slice(0, start) + this.pick(ODD_CHARACTERS) + text.slice(start);
    }
  }

  /** Another text in the place of one word. */
  #replaceWord(text: string, other: string): string {
    const words = [...text.matchAll(/[A-Za-z0-9_]+/g)];
    if (words.length === 0) return text + other;
    const { 0: word, index } = this.pick(words);
    return text.slice(0, index) + other + text.slice(index + word.length);
  }

  #span(text: string): [number, number] {
    const start = this.below(text.length + 1);
    return [start, Math.min(text.length, start + this.below(1 + Math.min(200, text.length)))];
  }
}
