/**
 * Names that cannot live together in a folder: a file where another key needs a folder, and, on disks that ignore upper and
 * lower case, two spellings of one name. Keys must come in UTF-8 byte order; memory is bounded by one key's depth and one folder's names.
 */
import { CASE_NAMES_MAX } from "../limits.ts";

/** Each says why a key cannot stand beside those seen before it, or undefined when it can. */
export interface CollisionCheck {
  /** Of an object that is to be written. */
  readonly source: (key: string) => string | undefined;
  /** Of one that only the destination has: where such may go, a file in the place of a folder is only in the way. */
  readonly extra: (key: string) => string | undefined;
}

/** Makes the check for a local destination. `caseInsensitive`: the disk holds `A` and `a` to be one name (and NFC and NFD forms, too). */
export function collisionCheck(caseInsensitive: boolean, extrasMayGo: boolean): CollisionCheck {
  const fileAgainstFolder = fileFolderCheck();
  const caseCheck = caseInsensitive ? spellingCheck() : undefined;
  const source = (key: string) => fileAgainstFolder(key) ?? caseCheck?.(key);
  return { source, extra: extrasMayGo ? (key) => caseCheck?.(key) : source };
}

/**
 * Between `a` and `a/b` in byte order there are only keys that start with `a`: so the earlier keys that are beginnings of this one, at
 * most its length in number, are all that must be remembered.
 */
function fileFolderCheck(): CollisionCheck["source"] {
  const beginnings: string[] = [];
  return (key) => {
    while (beginnings.length > 0 && !key.startsWith(beginnings[beginnings.length - 1] as string)) beginnings.pop();
    const file = beginnings.find((earlier) => key[earlier.length] === "/" && !earlier.endsWith("/"));
    beginnings.push(key);
    return file === undefined ? undefined : `${JSON.stringify(file)} is a file, so it cannot be a folder as well`;
  };
}

/** The names seen in one folder. */
interface Folder {
  /** Ends in a slash; empty for the root. */
  readonly path: string;
  /** Folded name to the spelling that was seen first. At most {@link CASE_NAMES_MAX}; names beyond that go unchecked. */
  readonly spellings: Map<string, string>;
}

/** Everything under one folder comes in one run, so that only the folders above the present key are kept. */
function spellingCheck(): CollisionCheck["source"] {
  const open: Folder[] = [{ path: "", spellings: new Map() }];
  return (key) => {
    while (open.length > 1 && !key.startsWith((open[open.length - 1] as Folder).path)) open.pop();
    let collision: string | undefined;
    let folder = open[open.length - 1] as Folder;
    while (true) {
      const end = key.indexOf("/", folder.path.length);
      const name = end < 0 ? key.slice(folder.path.length) : key.slice(folder.path.length, end);
      collision ??= noteSpelling(folder, name);
      if (end < 0 || end === key.length - 1) return collision;
      folder = { path: key.slice(0, end + 1), spellings: new Map() };
      open.push(folder);
    }
  };
}

function noteSpelling(folder: Folder, name: string): string | undefined {
  const folded = name.normalize("NFC").toLowerCase();
  const seen = folder.spellings.get(folded);
  if (seen !== undefined && seen !== name) return `The destination does not tell it from ${JSON.stringify(folder.path + seen)}`;
  if (seen === undefined && folder.spellings.size < CASE_NAMES_MAX) folder.spellings.set(folded, name);
  return undefined;
}
