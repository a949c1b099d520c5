/** Keys and messages for people's eyes: anybody can choose a key, so none may reach a terminal or a log without passing here. */

/**
 * Control and format characters (bidirectional overrides, zero-width marks), line and paragraph separators, lone surrogates. The two
 * joiners that Persian and emoji need stay.
 */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text on one line, with everything that could steer a terminal or reorder a line written as `\n`, `\x1b` or `\u{202e}`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return SHORT[character] ?? (hex.length > 2 ? `\\u{${hex}}` : `\\x${hex.padStart(2, "0")}`);
  });
}

/** A value as one line of JSON that steers no terminal either: what JSON leaves as it is is written `\\u009b`, and reads the same. */
export function jsonText(value: unknown): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(UNPRINTABLE, (character) => character.split("").map(escaped).join(""));
}
