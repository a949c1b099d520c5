/** The promises of the walk over a folder. Random cases print their seed; SLUICE_SEED gives it back. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import { compareKeys } from "../../lib/bytes/key_order.ts";
import { walkObjects } from "../../lib/disk/walk.ts";
import type { ObjectInfo } from "../../lib/types.ts";
import { testSeed } from "../test_seed.ts";
import { inFolder } from "../../lib/disk/held_folder.ts";
import { keyToPath } from "../../lib/disk/path.ts";
import { withFolder } from "../e2e/trees.ts";

async function put(root: string, key: string, text = ""): Promise<void> {
  const path = keyToPath(root, key);
  await inFolder(root, path, () => {});
  await Deno.writeTextFile(path, text);
}

async function list(root: string, prefix = "", folders = false): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  for await (const page of walkObjects(root, { prefix, folders })) {
    assert(page.length > 0 && page.length <= 1000);
    objects.push(...page);
  }
  return objects;
}

async function keys(root: string, prefix = "", folders = false): Promise<string[]> {
  return (await list(root, prefix, folders)).map(({ key }) => key);
}

/** The order that S3 promises, written down a second time. */
function bytesOrder(texts: readonly string[]): string[] {
  return [...texts].sort((a, b) => {
    const [left, right] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
    const at = left.findIndex((byte, index) => byte !== right[index]);
    return at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
  });
}

Deno.test("the walk tells keys in the order of their UTF-8 bytes, folders compared with their slash", () =>
  withFolder(async (root) => {
    const all = [
      "a-b",
      "a.txt",
      "a/x",
      "a/x.y",
      "a/x-/z",
      "a0",
      "a//b",
      "a/./c",
      "/top",
      "B",
      "é",
      "\ue000",
      "😀",
      "😀y/x",
      "\n",
      "%",
      " ",
    ];
    for (const key of all) await put(root, key, key);
    const told = await list(root);
    assertEquals(told.map(({ key }) => key), bytesOrder(all));
    for (const { key, sizeBytes, local } of told) {
      assertEquals(sizeBytes, new TextEncoder().encode(key).length);
      assert(local?.fileMark?.startsWith(`${sizeBytes}-`));
    }
  }));

Deno.test("the walk of a random tree is sorted, whole, and prefixes cut it as text", () =>
  withFolder(async (root) => {
    const seed = testSeed();
    const random = seededRandom(seed);
    const next = (below: number): number => Math.floor(random() * below);
    const pieces = ["a", "b", "-", ".", "..", "/", "/", "%2F", "é", "\uffee", "😀", " ", "0", "~"];
    const stored = new Set<string>();
    for (let round = 0; round < 400; round++) {
      const key = Array.from({ length: 1 + next(6) }, () => pieces[next(pieces.length)]).join("");
      // A file where another key needs a folder cannot be stored.
      await put(root, key).then(() => stored.add(key)).catch((error) =>
        assert(error.kind === "conflict" || error.code === "EISDIR", `seed ${seed}: ${error}`)
      );
    }
    const all = bytesOrder([...stored]);
    assertEquals(await keys(root), all, `seed ${seed}`);
    assertEquals([...all].sort(compareKeys), all, `seed ${seed}`);
    for (const prefix of ["a", "a/", "a/b", "/", "//", "../", "é", "none", "a//", ".", "%2F", "a/b/none/x"]) {
      assertEquals(await keys(root, prefix), all.filter((key) => key.startsWith(prefix)), `seed ${seed} prefix ${prefix}`);
    }
  }));

Deno.test("the walk tells folders when asked to, before what is in them", () =>
  withFolder(async (root) => {
    await put(root, "a/b/c");
    await put(root, "a.txt");
    await put(root, "d/", "a file named by its slash");
    await Deno.mkdir(`${root}/empty`);
    assertEquals(await keys(root, "", true), ["a.txt", "a/", "a/b/", "a/b/c", "d/", "empty/"]);
    assertEquals(await keys(root, "a/", true), ["a/", "a/b/", "a/b/c"]);
    assertEquals(await keys(root, "a", true), ["a.txt", "a/", "a/b/", "a/b/c"]);
    assertEquals(await keys(root, "a/b", true), ["a/b/", "a/b/c"]);
    assertEquals(await keys(root), ["a.txt", "a/b/c", "d/"]);
    assertEquals((await list(root, "d/", true)).map(({ key, sizeBytes }) => [key, sizeBytes]), [["d/", 25]]);
    const [empty] = await list(root, "empty", true);
    assertEquals([empty?.key, empty?.sizeBytes, empty?.unreadable], ["empty/", 0, undefined]);
  }));

Deno.test("the walk follows links to files and tells what it cannot read instead of dropping it", () =>
  withFolder(async (root) => {
    await put(root, "real/x", "12345");
    await Deno.symlink("real/x", `${root}/file-link`);
    await Deno.symlink("nowhere", `${root}/broken`);
    await Deno.symlink(".", `${root}/loop`);
    await Deno.symlink("self", `${root}/self`);
    await new Deno.Command("mkfifo", { args: [`${root}/pipe`] }).output();
    const told = new Map((await list(root)).map((object) => [object.key, object]));
    assertEquals([...told.keys()], ["broken", "file-link", "loop/", "pipe", "real/x", "self"]);
    assertEquals([told.get("file-link")?.sizeBytes, told.get("file-link")?.unreadable], [5, undefined]);
    assertEquals(told.get("broken")?.unreadable, "a link to something that does not exist");
    assertEquals(told.get("loop/")?.unreadable, "a link to a folder, which is not followed");
    assertEquals(told.get("pipe")?.unreadable, "neither a file nor a folder");
    assertEquals(told.get("self")?.unreadable, "too many symbolic links (ELOOP)");
    assertEquals([...told.values()].filter(({ special }) => special).map(({ key }) => key), ["broken", "loop/", "pipe", "self"]);
    assertEquals(await keys(root, "loop/"), []);
  }));

Deno.test("the walk tells a folder that may not be read (the superuser may read every folder)", () =>
  withFolder(async (root) => {
    await put(root, "closed/x");
    await put(root, "open");
    await Deno.chmod(`${root}/closed`, 0);
    const told = (await list(root)).map(({ key, unreadable }) => [key, unreadable]);
    await Deno.chmod(`${root}/closed`, 0o700);
    const closed = Deno.uid() === 0 ? ["closed/x", undefined] : ["closed/", "permission denied (EACCES)"];
    assertEquals(told, [closed, ["open", undefined]]);
  }));

Deno.test("the walk lists every name that is not UTF-8, also beside the name that reads the same", () =>
  withFolder(async (root) => {
    if (Deno.build.os !== "linux") return;
    const make = (names: string) => new Deno.Command("bash", { args: ["-c", `cd '${root}' && mkdir -p sub && touch ${names} y`] }).output();
    await make("$'x\\xff' $'x\\xfe'");
    const twin = 'the name is not valid UTF-8, and reads like "x\ufffd" beside it';
    const told = async () => (await list(root)).map(({ key, unreadable }) => [key, unreadable]);
    assertEquals(await told(), [["x\ufffd", "the name is not valid UTF-8"], ["x\ufffd\ufffd", twin], ["y", undefined]].sort(byKey));
    await make("$'x\\xef\\xbf\\xbd'");
    assertEquals(
      await told(),
      [
        ["x\ufffd", undefined],
        ["x\ufffd\ufffd", twin],
        ["x\ufffd\ufffd\ufffd", twin],
        ["y", undefined],
      ].sort(byKey),
    );
  }));

Deno.test("a folder that is not UTF-8 beside its reading is one failed entry, and the other is listed once", () =>
  withFolder(async (root) => {
    if (Deno.build.os !== "linux") return;
    await new Deno.Command("bash", {
      args: ["-c", `cd '${root}' && mkdir $'d\\xff' $'d\\xef\\xbf\\xbd' && touch $'d\\xef\\xbf\\xbd/in' $'d\\xff/lost'`],
    })
      .output();
    assertEquals((await list(root)).map(({ key, unreadable }) => [key, unreadable !== undefined]), [["d\ufffd/in", false], [
      "d\ufffd\ufffd",
      true,
    ]]);
  }));

function byKey(a: (string | undefined)[], b: (string | undefined)[]): number {
  return compareKeys(a[0] ?? "", b[0] ?? "");
}

Deno.test("the walk tells the same of a slow disk", () =>
  withFolder(async (root) => {
    for (let index = 0; index < 200; index++) await put(root, `f${index}`, "x".repeat(index));
    await put(root, "z/deep/file");
    await Deno.symlink("f7", `${root}/link`);
    await Deno.symlink("nowhere", `${root}/broken`);
    await new Deno.Command("mkfifo", { args: [`${root}/pipe`] }).output();
    let now = 0;
    const slow: ObjectInfo[] = [];
    for await (const page of walkObjects(root, { prefix: "", folders: true, clock: () => now += 1000 })) slow.push(...page);
    assertEquals(slow, await list(root, "", true));
    assertEquals(slow.length, 206);
  }));

Deno.test("the walk never tells partial files as objects", () =>
  withFolder(async (root) => {
    await put(root, "a");
    await Deno.writeTextFile(`${root}/.a.sluice-token-5k`, "x");
    await Deno.mkdir(`${root}/.d.sluice-x`);
    await put(root, ".a.sluice-key-of-someone");
    assertEquals(await keys(root), [".a.sluice-key-of-someone", "a"]);
  }));

Deno.test("the walk fails when the root is missing, and has nothing to tell of a prefix that is not there", () =>
  withFolder(async (root) => {
    const error = await assertRejects(() => list(`${root}/none`), TransferError);
    assertEquals([error.kind, error.message], ["config", `The folder ${root}/none does not exist`]);
    await put(root, "file");
    assertEquals((await assertRejects(() => list(`${root}/file`), TransferError)).kind, "config");
    assertEquals(await keys(root, "file/x"), []);
    assertEquals(await keys(root, `${"x".repeat(300)}/y`), []);
    assertEquals(await keys(root, "../"), []);
  }));

Deno.test("a folder that vanishes under the walk is one failed entry, and its siblings go on", () =>
  withFolder(async (root) => {
    for (let index = 0; index < 1500; index++) await Deno.writeTextFile(`${root}/a${index}`, "");
    await put(root, "y/x");
    await put(root, "z/x");
    const pages = walkObjects(root, { prefix: "", folders: false });
    await pages.next();
    await Deno.remove(`${root}/y`, { recursive: true });
    const rest: ObjectInfo[] = [];
    for await (const page of pages) rest.push(...page);
    assertEquals(rest.slice(-2).map(({ key, unreadable }) => [key, unreadable]), [
      ["y/", "no such file or folder (ENOENT)"],
      ["z/x", undefined],
    ]);
  }));

Deno.test("the walk never reads a folder that nobody wants", () =>
  withFolder(async (root) => {
    for (const key of ["a/x", "b/c/x", "b/d/x", "top"]) await put(root, key);
    await Deno.remove(`${root}/b/d/x`);
    const asked: string[] = [];
    const told: string[] = [];
    const enters = (key: string) => asked.push(key) > 0 && key !== "a/" && key !== "b/c/";
    for await (const page of walkObjects(root, { prefix: "", folders: true, enters })) told.push(...page.map(({ key }) => key));
    assertEquals(told, ["b/", "b/d/", "top"]);
    assertEquals(asked, ["a/", "b/", "b/c/", "b/d/"]);
  }));

Deno.test("the walk ends with cancelled when the signal fires", () =>
  withFolder(async (root) => {
    for (let index = 0; index < 1500; index++) await Deno.writeTextFile(`${root}/a${index}`, "");
    const stop = new AbortController();
    const pages = walkObjects(root, { prefix: "", folders: false, signal: stop.signal });
    await pages.next();
    stop.abort();
    assertEquals((await assertRejects(() => pages.next(), TransferError)).kind, "cancelled");
  }));
