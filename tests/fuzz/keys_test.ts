/** Keys to paths and back: the identity, and never out of the folder, whatever the key. */
import { assert, assertEquals } from "@std/assert";
import { isPartialName, keyToFolder, keyToPath, nameToSegment } from "../../lib/disk/path.ts";
import { parsePartialName, partialPath } from "../../lib/disk/working_name.ts";
import { partialName } from "../disk/names.ts";
import { printable } from "../../lib/report/escape.ts";
import { encodeKey } from "../../lib/remote/encode.ts";
import { decodeKey } from "../../lib/remote/documents.ts";
import { type Chance, INHERITED, ODD_CHARACTERS } from "./chance.ts";
import { fuzz } from "./rounds.ts";
import { assertShown, valueOrOwnError } from "./verdict.ts";

const PIECES = [
  ...ODD_CHARACTERS,
  ...INHERITED,
  "a",
  "b c",
  "%2E",
  "%2E%2E",
  "%252F",
  "%25",
  ".x.sluice-t-1",
  ".sluice-",
  "CON",
  "nul.txt",
  "com1",
  " ",
  "a.",
  "x ",
  "C:",
  "\\\\srv",
  "~",
  "-",
  "*",
  "?",
  "空",
  "%e4%bd%a0",
  "...",
  ".. ",
  "％",
  "a".repeat(250),
];

function randomKey(chance: Chance): string {
  return Array.from({ length: 1 + chance.below(8) }, () => (chance.oneIn(4) ? "/" : chance.pick(PIECES))).join("");
}

/** The names below the root, as the platform's own rules split a path. */
function namesOf(path: string, root: string, windows: boolean): string[] {
  assert(path.startsWith(root), path);
  return path.slice(root.length).split(windows ? /[\\/]/ : "/").slice(1);
}

for (const platform of ["linux", "windows"]) {
  const windows = platform === "windows";
  const root = windows ? "C:\\root" : "/root";

  fuzz(`a key has a path on ${platform} that leads back to it and never out of the folder`, 5000, (chance) => {
    const key = randomKey(chance);
    const path = valueOrOwnError(() => keyToPath(root, key, platform));
    if (path === undefined) return;
    const names = namesOf(path, root, windows);
    for (const name of names) {
      assert(name !== "" && name !== "." && name !== ".." && !name.includes("\0"), `${JSON.stringify(key)} has the name ${name}`);
      assert(!isPartialName(name), name);
      // deno-lint-ignore no-control-regex -- Windows holds none
      if (windows) assert(!/[\u0000-\u001f"*:<>?|\\]|[. ]$|^(con|nul|com1)( *$|\.)/i.test(name), name);
    }
    assertEquals(names.map((name) => nameToSegment(name, platform)).join("/"), key);
  });

  fuzz(`two keys never share a path on ${platform}`, 3000, (chance) => {
    const [one, other] = [randomKey(chance), chance.mutate(randomKey(chance))];
    if (one === other) return;
    const [path, otherPath] = [one, other].map((key) => valueOrOwnError(() => keyToPath(root, key, platform)));
    assert(path === undefined || path !== otherPath, `${JSON.stringify([one, other])} share ${path}`);
  });
}

fuzz("a file name has a key that leads back to the name", 5000, (chance) => {
  const name = randomKey(chance).replaceAll(/[/\0]/g, "") || "x";
  if (name === "." || name === ".." || isPartialName(name) || !name.isWellFormed() || new TextEncoder().encode(name).length > 255) return;
  const key = nameToSegment(name, "linux");
  const path = valueOrOwnError(() => keyToPath("", key, "linux"));
  // The key of a name like `%2E%2E` needs more room than the name.
  if (path !== undefined) assertEquals(path, `/${name}`);
});

fuzz("a folder of a key lies in the folder", 2000, (chance) => {
  const key = `${randomKey(chance)}/`;
  const folder = valueOrOwnError(() => keyToFolder("/root", key, "linux"));
  if (folder !== undefined) assert(folder.startsWith("/root/") && !folder.split("/").includes(".."), folder);
});

fuzz("an upload id names a partial file of its own target alone, or nothing", 3000, (chance) => {
  const target = keyToPath("/root", "folder/name");
  const good = partialName(target, `t${chance.below(9)}`, 1 + chance.below(1e9));
  assert(parsePartialName(good) !== undefined, good);
  const id = chance.mutate(good, PIECES);
  const path = valueOrOwnError(() => partialPath(target, id));
  if (path !== undefined) assert(path.startsWith("/root/folder/.name.sluice-") && path.split("/").length === 4, path);
  const parsed = parsePartialName(id);
  if (parsed !== undefined) assert(Number.isSafeInteger(parsed.partSizeBytes) && parsed.partSizeBytes > 0, id);
});

fuzz("a key on the wire is decoded to itself, and a shown key is one harmless line", 5000, (chance) => {
  const key = randomKey(chance);
  assertShown(printable(key));
  if (key.isWellFormed()) assertEquals(decodeKey(encodeKey(key), "url"), key);
  decodeKey(chance.mutate(encodeKey(key.toWellFormed())), "url");
});
