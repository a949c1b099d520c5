/** The promises of the mapping between keys and file names. Random cases print their seed; SLUICE_SEED gives it back. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import { testSeed } from "../test_seed.ts";
import { folderOf, isPartialName, keyToFolder, keyToPath, nameOf, nameToSegment } from "../../lib/disk/path.ts";

const PIECES = [
  ..."%./ab AZ09-_~+#?&<>:*|\\\"'é中\u0301\u0000\n\r\u007f",
  ..."😀\ue000",
  "%25",
  "%2F",
  "%2E",
  "%00",
  "%0A",
  "%3A",
  "%20",
  "%43",
  "25",
  "2F",
  "2E",
  "//",
  "..",
  "/../",
  ".sluice-",
  ".a.sluice-b",
  "%2Ea.sluice-b",
  "CON",
  "con.txt",
  "%43ON",
  "NUL",
  "COM1",
  "lpt9",
];

function randomText(random: () => number, pieces: readonly string[]): string {
  let text = "";
  for (let left = 1 + Math.floor(random() * 7); left > 0; left--) text += pieces[Math.floor(random() * pieces.length)] ?? "";
  return text;
}

function namesBelow(root: string, path: string, platform: string): string[] {
  const separator = platform === "windows" ? "\\" : "/";
  assert(path.startsWith(root + separator), `${JSON.stringify(path)} is not below ${root}`);
  return path.slice(root.length + 1).split(separator);
}

for (const platform of ["linux", "darwin", "windows"]) {
  Deno.test(`keyToPath() stays below the root and comes back as the same key, any key on ${platform}`, () => {
    const seed = testSeed();
    const random = seededRandom(seed);
    const seen = new Map<string, string>();
    for (let round = 0; round < 40_000; round++) {
      const key = randomText(random, PIECES);
      const path = keyToPath("/r", key, platform);
      const names = namesBelow("/r", path, platform);
      for (const name of names) {
        assert(name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name), `seed ${seed}: ${JSON.stringify(key)} gives ${path}`);
        assert(!isPartialName(name), `seed ${seed}: ${JSON.stringify(key)} gives a partial file's name`);
        if (platform !== "windows") continue;
        // deno-lint-ignore no-control-regex
        assert(!/[\x00-\x1f"*:<>?|\\/]|[. ]$/.test(name), `seed ${seed}: ${JSON.stringify(key)} gives ${JSON.stringify(name)}`);
        assert(!/^(con|prn|aux|nul|com[0-9]|lpt[0-9]) *(\.|$)/i.test(name), `seed ${seed}: ${JSON.stringify(key)} gives a device name`);
      }
      assertEquals(names.map((name) => nameToSegment(name, platform)).join("/"), key, `seed ${seed}: ${JSON.stringify(path)}`);
      const other = seen.get(path);
      assert(other === undefined || other === key, `seed ${seed}: ${JSON.stringify([other, key])} share ${path}`);
      seen.set(path, key);
    }
  });

  Deno.test(`nameToSegment() gives every file name of ${platform} a key that leads back to it`, () => {
    const seed = testSeed();
    const random = seededRandom(seed);
    for (let round = 0; round < 40_000; round++) {
      const name = randomText(random, PIECES).replaceAll(/[/\0]/g, "");
      if (name === "" || name === "." || name === ".." || isPartialName(name)) continue;
      // deno-lint-ignore no-control-regex
      if (platform === "windows" && /[\x00-\x1f"*:<>?|\\]|[. ]$/.test(name)) continue;
      if (platform === "windows" && /^(con|prn|aux|nul|com[0-9]|lpt[0-9]) *(\.|$)/i.test(name)) continue;
      const key = `x/${nameToSegment(name, platform)}`;
      assertEquals(namesBelow("/r", keyToPath("/r", key, platform), platform)[1], name, `seed ${seed}`);
    }
  });
}

Deno.test("keyToPath() writes the published names", () => {
  const posix: [string, string][] = [
    ["a/b.txt", "/r/a/b.txt"],
    ["a b+c%20d?.txt", "/r/a b+c%20d?.txt"],
    ["a//b", "/r/a/%2F/b"],
    ["/x", "/r/%2F/x"],
    ["x/", "/r/x/%2F"],
    ["/", "/r/%2F/%2F"],
    [".", "/r/%2E"],
    ["a/../b", "/r/a/%2E%2E/b"],
    ["..", "/r/%2E%2E"],
    ["...", "/r/..."],
    [".hidden", "/r/.hidden"],
    ["a\u0000b", "/r/a%00b"],
    ["a\nb", "/r/a\nb"],
    ["%2F", "/r/%252F"],
    ["%252F", "/r/%25252F"],
    ["%2E%2E", "/r/%252E%2E"],
    ["a%2Fb", "/r/a%2Fb"],
    ["a%00", "/r/a%2500"],
    ["%25", "/r/%25"],
    [".a.bin.sluice-x-1", "/r/%2Ea.bin.sluice-x-1"],
    ["%2Ea.bin.sluice-x-1", "/r/%252Ea.bin.sluice-x-1"],
    ["a\\b:c", "/r/a\\b:c"],
    ["文件/é", "/r/文件/é"],
    ["e\u0301", "/r/e\u0301"],
  ];
  for (const [key, path] of posix) assertEquals(keyToPath("/r", key, "linux"), path);
  const windows: [string, string][] = [
    ["a/b", "C:\\r\\a\\b"],
    ["a\\b:c", "C:\\r\\a%5Cb%3Ac"],
    ["end.", "C:\\r\\end%2E"],
    ["end ", "C:\\r\\end%20"],
    ["..", "C:\\r\\.%2E"],
    [".", "C:\\r\\%2E"],
    ["con", "C:\\r\\%63on"],
    ["NUL.txt", "C:\\r\\%4EUL.txt"],
    ["a%3Ab", "C:\\r\\a%253Ab"],
    ["a%20b", "C:\\r\\a%20b"],
  ];
  for (const [key, path] of windows) assertEquals(keyToPath("C:\\r", key, "windows"), path);
  assertEquals(keyToPath("/", "a", "linux"), "/a");
  assertEquals(keyToPath("/r/", "a", "linux"), "/r/a");
});

Deno.test("keyToFolder() names the folder of a key that ends in a slash", () => {
  assertEquals(keyToFolder("/r", "x/", "linux"), "/r/x");
  assertEquals(keyToFolder("/r", "", "linux"), "/r");
  assertEquals(keyToFolder("/r", "/", "linux"), "/r/%2F");
  assertEquals(keyToFolder("/r", "a//", "linux"), "/r/a/%2F");
});

Deno.test("keyToPath() refuses a name that no file system holds and says which key", () => {
  const long = `x/${"é".repeat(128)}`;
  const error = assertThrows(() => keyToPath("/r", long, "linux"), TransferError);
  assertEquals([error.kind, error.key], ["unsupported", long]);
  assertStringIncludes(error.message, "256 bytes");
  assertEquals(nameOf(keyToPath("/r", "é".repeat(127) + "a", "linux")).length, 128);
  assertEquals(keyToPath("C:\\r", "é".repeat(255), "windows").length, 260);
  assertEquals(assertThrows(() => keyToPath("/r", "a\ud800", "linux"), TransferError).kind, "unsupported");
  assertEquals(assertThrows(() => keyToPath("/r", "", "linux"), TransferError).kind, "unsupported");
});

Deno.test("folderOf() and nameOf() take a path apart", () => {
  assertEquals([folderOf("/a/b"), nameOf("/a/b")], ["/a", "b"]);
  assertEquals([folderOf("/a"), nameOf("/a")], ["/", "a"]);
});
