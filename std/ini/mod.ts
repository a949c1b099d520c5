/**
 * The part of `@std/ini` that sluice uses, for places where the jsr registry cannot be reached; see the "links" of deno.json. Same name,
 * signature and results as the package: whole-line comments only (`#`, `;`, `//`), one line per value, double quotes taken off,
 * `true`, `false`, `null` and numbers become such values, the last of two same names wins. Must never offer what the package does not have.
 */

/** Called for each key in the order of the text; its answer becomes the value. */
export type ReviverFunction = (key: string, value: string | number | boolean | null, section?: string) => unknown;

/** Options of {@link parse}. */
export interface ParseOptions {
  reviver?: ReviverFunction;
}

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

/** The sections and keys of an INI text. Throws a SyntaxError that names the line when one is neither. */
export function parse<T extends object>(text: string, options: ParseOptions = {}): T {
  const root = {};
  let table: object = root;
  let section: string | undefined;
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim();
    if (line === "" || /^(#|;|\/\/)/.test(line)) continue;
    if (line.startsWith("[")) {
      if (!line.endsWith("]")) throw new SyntaxError(`Unexpected end of INI section at line ${index + 1}`);
      section = line.slice(1, -1);
      if (section.trim() === "") throw new SyntaxError(`Unexpected empty section name at line ${index + 1}`);
      put(root, section, table = {});
      continue;
    }
    const equals = line.indexOf("=");
    if (equals < 0) throw new SyntaxError(`Unexpected token ${line[0]} in INI at line ${index + 1}`);
    if (equals === 0) throw new SyntaxError(`Unexpected empty key name at line ${index + 1}`);
    const key = line.slice(0, equals).trimEnd();
    const value = typed(line.slice(equals + 1).trimStart());
    put(table, key, options.reviver ? options.reviver(key, value, section) : value);
  }
  return root as T;
}
