/**
 * The part of `@std/ini` that sluice uses, for places where the jsr registry cannot be reached; see "workspace" in deno.json. Same name,
 * signature and results as version 1.0.0-rc.9 of the package: whole-line comments only (`#`, `;`, `//`), one line per value, double quotes
 * taken off, `true`, `false`, `null` and numbers become such values, the last of two same names wins, and a line with a Unicode line or
 * paragraph separator inside a name or value cannot be read. Must never offer what the package does not have.
 */

/** Called for each key in the order of the text; its result becomes the value. */
export type ReviverFunction = (key: string, value: string | number | boolean | null, section?: string) => unknown;

/** Options of {@link parse}. */
export interface ParseOptions {
  /** Changes values as they are read. */
  reviver?: ReviverFunction;
}

/** The package's patterns stop at these, too. */
const SEPARATOR = /[\u2028\u2029]/;

function typed(text: string): string | number | boolean | null {
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") return null;
  if (text.length > 1 && text.startsWith('"') && text.endsWith('"')) return text.slice(1, -1);
  return Number.isNaN(Number(text)) ? text : Number(text);
}

/** A section's or the file's own table: a name such as `__proto__` is data like any other. */
function put(table: object, name: string, value: unknown): void {
  Object.defineProperty(table, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Name and value around the first equals sign that leaves no separator inside of either. */
function pairOf(line: string): [key: string, value: string] | undefined {
  for (let equals = line.indexOf("="); equals >= 0; equals = line.indexOf("=", equals + 1)) {
    const key = line.slice(0, equals).trimEnd();
    const value = line.slice(equals + 1).trimStart();
    if (!SEPARATOR.test(key) && !SEPARATOR.test(value)) return [key, value];
  }
  return undefined;
}

/**
 * The sections and keys of an INI text.
 * @throws SyntaxError When a line is neither; names the line, counted from 1.
 */
export function parse<T extends object>(text: string, options: ParseOptions = {}): T {
  if (typeof text !== "string") throw new SyntaxError(`Unexpected token ${text} in INI at line 0`);
  const root = {};
  let table: object = root;
  let section: string | undefined;
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim();
    if (line === "" || /^(#|;|\/\/)/.test(line)) continue;
    if (line.startsWith("[")) {
      if (!line.endsWith("]")) throw new SyntaxError(`Unexpected end of INI section at line ${index + 1}`);
      section = line.slice(1, -1);
      if (section.trim() === "" || SEPARATOR.test(section)) throw new SyntaxError(`Unexpected empty section name at line ${index + 1}`);
      put(root, section, table = {});
      continue;
    }
    const [key, value] = pairOf(line) ?? [];
    if (key === undefined || value === undefined) throw new SyntaxError(`Unexpected token ${line[0]} in INI at line ${index + 1}`);
    if (key === "") throw new SyntaxError(`Unexpected empty key name at line ${index + 1}`);
    put(table, key, options.reviver ? options.reviver(key, typed(value), section) : typed(value));
  }
  return root as T;
}
