/**
 * The one published mapping between object keys and files below a root folder. It is a bijection: every key has one file name, every file
 * name that a listing shows has one key. It must never fold, clean or shorten a name.
 *
 * - `/` separates folders; each segment between slashes is one name.
 * - An empty segment (`a//b`, `/x`, `x/`) is named `%2F`; `.` is `%2E`; `..` is `%2E%2E`; NUL is `%00`.
 * - A name like one of sluice's partial files (`.NAME.sluice-…`) has its first dot written `%2E`; partial files are never objects.
 * - On Windows further: control characters and `\ : * ? " < > |` are `%XX`, so is a dot or space at the end (`..` is `.%2E` there), and the
 *   first letter of a device name (CON, NUL, COM1, also with an extension).
 * - A `%` is only special where the rules above could have written it: there, and only there, a `%` of the key itself is written `%25`.
 *   So `a%20b` stays `a%20b`, and a segment that *is* `%2F` becomes `%252F`.
 * - Linux and macOS hold every other character, newlines too, so these stay as they are: else a file with such a name had no key.
 */
import { shortly, TransferError } from "../errors.ts";

/** A name has at most 255 bytes of UTF-8 on Linux and macOS file systems, 255 UTF-16 units on NTFS. */
const NAME_BYTES_MAX = 255;

/** What stands between the name of the target and the token in the name of a partial file. */
export const PARTIAL_MARK = ".sluice-";

const CONTROLS = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join("");
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\..*)?$/is;

/** How names of one platform are written; all expressions match one character or one `%…XX` token. */
interface NameRules {
  readonly toEscape: RegExp;
  readonly escaped: RegExp;
  readonly whole: RegExp;
  readonly reserved: RegExp | undefined;
  readonly endEscaped: boolean;
}

const POSIX: NameRules = {
  toEscape: new RegExp("\\0|%(?:25)*00", "g"),
  escaped: /%(?:25)*00/g,
  whole: /^%(?:25)*(?:2F|2E|2E%2E)$/,
  reserved: undefined,
  endEscaped: false,
};

const WINDOWS_HEX = "(?:[01][0-9A-F]|22|2A|3A|3C|3E|3F|5C|7C)";
const WINDOWS: NameRules = {
  toEscape: new RegExp(`[${CONTROLS}"*:<>?\\\\|]|%(?:25)*${WINDOWS_HEX}`, "g"),
  escaped: new RegExp(`%(?:25)*${WINDOWS_HEX}`, "g"),
  whole: /^%(?:25)*2F$/,
  reserved: RESERVED,
  endEscaped: true,
};

const END_TO_ESCAPE = /(?:[. ]|%(?:25)*(?:2E|20))$/;
const END_ESCAPED = /%(?:25)*(?:2E|20)$/;
const FIRST_TOKEN = /^%((?:25)*)([2-7][0-9A-F])/;

/** True for names of sluice's own unfinished files: a dot, the name of the target, `.sluice-` and a token. They are never objects. */
export function isPartialName(name: string): boolean {
  return name.startsWith(".") && name.indexOf(PARTIAL_MARK, 2) >= 2;
}

/**
 * The file of a key, always below `root`: `root`, then one name per segment. A key that ends in a slash is the *file* of that key here
 * (`x/` is `x/%2F`); its folder is the business of {@link keyToFolder}. Throws `unsupported` for the empty key, for a name of more than
 * 255 bytes and for text that is not Unicode.
 */
export function keyToPath(root: string, key: string, platform: string = Deno.build.os): string {
  if (key === "") throw new TransferError("unsupported", "The empty key has no file name", { key });
  if (!key.isWellFormed()) {
    throw new TransferError("unsupported", `Key ${JSON.stringify(shortly(key))} is not valid Unicode and has no file name`, { key });
  }
  const windows = platform === "windows";
  const separator = windows ? "\\" : "/";
  let path = (windows ? /[\\/]$/ : /\/$/).test(root) ? root.slice(0, -1) : root;
  for (const segment of key.split("/")) {
    const name = segmentToName(segment, windows ? WINDOWS : POSIX);
    const length = windows || name.length * 3 <= NAME_BYTES_MAX ? name.length : new TextEncoder().encode(name).length;
    if (length > NAME_BYTES_MAX) {
      const message = `Key ${
        shortly(key)
      } has a name of ${length} bytes between slashes, file systems hold ${NAME_BYTES_MAX}: it cannot be a file`;
      throw new TransferError("unsupported", message, { key });
    }
    path += separator + name;
  }
  return path;
}

/** The folder that a key ending in a slash names: `x/` is `root/x`, the empty key is `root`. Throws as {@link keyToPath} does. */
export function keyToFolder(root: string, key: string, platform: string = Deno.build.os): string {
  if (key === "") return root;
  return keyToPath(root, key.endsWith("/") ? key : `${key}/`, platform).slice(0, -"/%2F".length);
}

/** The key segment of one file or folder name; the other direction of what {@link keyToPath} does to each segment. */
export function nameToSegment(name: string, platform: string = Deno.build.os): string {
  if (!name.includes("%")) return name;
  const rules = platform === "windows" ? WINDOWS : POSIX;
  if (rules.whole.test(name)) {
    if (name === "%2F") return "";
    return name.startsWith("%25") ? dropEscape(name) : name.replaceAll("%2E", ".");
  }
  const first = FIRST_TOKEN.exec(name);
  if (first !== null) {
    const [token, escapes = "", hex = ""] = first;
    const rest = name.slice(token.length);
    if (mustEscapeFirst(fromHex(hex) + rest, rules)) return (escapes === "" ? fromHex(hex) : dropEscape(token)) + unescapeName(rest, rules);
  }
  return unescapeName(name, rules);
}

function segmentToName(segment: string, rules: NameRules): string {
  if (segment === "") return "%2F";
  if (rules === POSIX && !segment.includes("%") && !segment.includes("\0") && !segment.startsWith(".")) return segment;
  if (rules.whole.test(segment)) return addEscape(segment);
  if (segment === "." || (segment === ".." && rules === POSIX)) return segment.replaceAll(".", "%2E");
  let name = segment.replace(rules.toEscape, escapeToken);
  if (rules.endEscaped) name = name.replace(END_TO_ESCAPE, escapeToken);
  if (mustEscapeFirst(name, rules)) return toHex(name) + name.slice(1);
  const first = FIRST_TOKEN.exec(name);
  if (first !== null && mustEscapeFirst(fromHex(first[2] ?? "") + name.slice(first[0].length), rules)) return addEscape(name);
  return name;
}

function unescapeName(name: string, rules: NameRules): string {
  const inner = name.replace(rules.escaped, unescapeToken);
  return rules.endEscaped ? inner.replace(END_ESCAPED, unescapeToken) : inner;
}

/** Asked of the name with everything else escaped already: `COM1%2E` is not a device name any more. */
function mustEscapeFirst(name: string, rules: NameRules): boolean {
  return isPartialName(name) || (rules.reserved?.test(name) ?? false);
}

/** One character becomes `%XX`; a token that already reads like an escape gets one more `25`. */
function escapeToken(token: string): string {
  return token.length === 1 ? toHex(token) : addEscape(token);
}

function unescapeToken(token: string): string {
  return token.length === 3 ? fromHex(token.slice(1)) : dropEscape(token);
}

function addEscape(token: string): string {
  return `%25${token.slice(1)}`;
}

function dropEscape(token: string): string {
  return `%${token.slice(3)}`;
}

function toHex(text: string): string {
  return `%${text.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

function fromHex(hex: string): string {
  return String.fromCharCode(parseInt(hex, 16));
}

/** The folder part of an absolute path, without the slash at its end unless it is the top. */
export function folderOf(path: string): string {
  const end = Deno.build.os === "windows" ? Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) : path.lastIndexOf("/");
  return end <= 0 ? path.slice(0, end + 1) : path.slice(0, end);
}

/** The path of a name in a folder. */
export function join(folder: string, name: string): string {
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}

/** The last name of a path. */
export function nameOf(path: string): string {
  return path.slice(folderOf(path).length).replace(Deno.build.os === "windows" ? /^[\\/]+/ : /^\/+/, "");
}
