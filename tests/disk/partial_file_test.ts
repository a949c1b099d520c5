/** The promises of the unfinished files of a local destination. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import type { ErrorKind, PartLayout } from "../../lib/types.ts";
import { fileError } from "../../lib/disk/file_error.ts";
import { folderOf, isPartialName, nameOf } from "../../lib/disk/path.ts";
import { cut } from "../../lib/bytes/part_layout.ts";
import { markOf } from "../../lib/disk/stat.ts";
import { abortPartial, createPartial, findPartials, finishPartial, openPart, readMarks, settlePart } from "../../lib/disk/partial_file.ts";
import { parsePartialName, partialPath } from "../../lib/disk/working_name.ts";
import { withFolder } from "../e2e/trees.ts";
import { partialName } from "./names.ts";

const LAYOUT: PartLayout = { sizeBytes: 25, partSizeBytes: 10, partCount: 3 };
const BYTES = Uint8Array.from({ length: 25 }, (_, at) => at + 65);

async function writePart(path: string, partNumber: number): Promise<void> {
  const { file, offset, sizeBytes } = await openPart(folderOf(path), path, { layout: LAYOUT, partNumber });
  try {
    await file.write(BYTES.subarray(offset, offset + sizeBytes));
    await settlePart(file, path, LAYOUT, partNumber);
  } finally {
    file.close();
  }
}

async function marksOf(path: string): Promise<boolean[]> {
  return (await readMarks(path, LAYOUT.sizeBytes)).marks;
}

async function writeAll(path: string): Promise<void> {
  for (const partNumber of [3, 1, 2]) await writePart(path, partNumber);
}

async function fails(kind: ErrorKind, call: () => Promise<unknown>): Promise<TransferError> {
  const error = await assertRejects(call, TransferError);
  assertEquals(error.kind, kind, error.message);
  return error;
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("a partial file becomes the target only when every part is there", () =>
  withFolder(async (folder) => {
    const target = `${folder}/a.bin`;
    const path = await createPartial(target, { token: "t1", layout: LAYOUT });
    assertEquals((await Deno.stat(path)).size, 28);
    assertEquals(await marksOf(path), [false, false, false]);
    await writePart(path, 2);
    assertEquals(await marksOf(path), [false, true, false]);
    await writePart(path, 3);
    const error = await fails("integrity", () => finishPartial(path, target, LAYOUT));
    assertStringIncludes(error.message, "1 of 3 parts");
    assertEquals(namesIn(folder), [nameOf(path)]);
    await writePart(path, 1);
    await finishPartial(path, target, LAYOUT, { lastModifiedMs: 1_500_000_000_123 });
    assertEquals(await Deno.readFile(target), BYTES);
    assertEquals((await Deno.stat(target)).mtime?.getTime(), 1_500_000_000_123);
    assertEquals(namesIn(folder), ["a.bin"]);
  }));

Deno.test("settlePart() sets no mark when the part was not written: openPart() alone changes nothing", () =>
  withFolder(async (folder) => {
    const path = await createPartial(`${folder}/a`, { token: "t", layout: LAYOUT });
    const { file } = await openPart(folderOf(path), path, { layout: LAYOUT, partNumber: 1 });
    await file.write(BYTES.subarray(0, 4));
    file.close();
    assertEquals(await marksOf(path), [false, false, false]);
  }));

Deno.test("createPartial() finds what an earlier run left, and starts anew when its length is impossible", () =>
  withFolder(async (folder) => {
    const target = `${folder}/a`;
    const path = await createPartial(target, { token: "t", layout: LAYOUT });
    await writePart(path, 2);
    assertEquals(await createPartial(target, { token: "t", layout: LAYOUT }), path);
    assertEquals(await marksOf(path), [false, true, false]);
    await Deno.truncate(path, 27);
    assertEquals((await readMarks(path, LAYOUT.sizeBytes)).marks, [false, false, false]);
    await createPartial(target, { token: "t", layout: LAYOUT });
    assertEquals(await marksOf(path), [false, false, false]);
  }));

Deno.test("a partial file whose run died before it had its length holds no part, and one can be written into it", () =>
  withFolder(async (folder) => {
    const path = await createPartial(`${folder}/a`, { token: "t", layout: LAYOUT });
    await Deno.truncate(path, 0);
    assertEquals((await readMarks(path, LAYOUT.sizeBytes)).marks, [false, false, false]);
    assertEquals((await findPartials(`${folder}/a`, "a")).map(({ uploadId }) => uploadId), namesIn(folder));
    await writePart(path, 3);
    assertEquals((await readMarks(path, LAYOUT.sizeBytes)).marks, [false, false, true]);
  }));

Deno.test("partial files of other tokens and part sizes live side by side, newest first", () =>
  withFolder(async (folder) => {
    const target = `${folder}/a.b-c`;
    await createPartial(target, { token: "one", layout: LAYOUT });
    await new Promise((done) => setTimeout(done, 20));
    await createPartial(target, { token: "two-2_%/é", layout: cut(25, 5) });
    await createPartial(`${folder}/a.b`, { token: "other", layout: LAYOUT });
    await Deno.writeTextFile(`${folder}/.a.b-c.sluice-0123456789abcdef01`, "a small object on its way");
    const found = await findPartials(target, "a.b-c");
    assertEquals(found.map(({ token, partSizeBytes }) => [token, partSizeBytes]), [["two-2_%/é", 5], ["one", 10]]);
    assertEquals((await readMarks(`${folder}/${found[0]?.uploadId}`)).layout, { sizeBytes: 25, partSizeBytes: 5, partCount: 5 });
    assertEquals(await findPartials(`${folder}/none/x`, "x"), []);
  }));

Deno.test("partialName() is a hidden name of at most 255 bytes for any target, one for each target", () => {
  const long = "é".repeat(127);
  const names = ["a", long, `${long}x`, `${"é".repeat(126)}xy`, "x".repeat(255), "x".repeat(254) + "y"].map((target) =>
    partialName(`/f/${target}`, "t".repeat(64), 5 * 2 ** 40)
  );
  for (const name of names) {
    assert(new TextEncoder().encode(name).length <= 255, name);
    assert(isPartialName(name) && name.isWellFormed() && !name.includes("\ufffd"));
    assertEquals(parsePartialName(name)?.partSizeBytes, 5 * 2 ** 40);
  }
  assertEquals(new Set(names).size, names.length);
  for (const token of ["", "x".repeat(65)]) assertEquals(assertThrows(() => partialName("/f/a", token, 1), TransferError).kind, "bug");
});

Deno.test("partialPath() reaches no file but an unfinished one of its target", () => {
  const id = partialName("/f/a", "t", 10);
  assertEquals(partialPath("/f/a", id), `/f/${id}`);
  const odd = "/f/a\\b";
  if (Deno.build.os !== "windows") assertEquals(partialPath(odd, partialName(odd, "t", 10)), `/f/${partialName(odd, "t", 10)}`);
  for (const other of ["a", "../x", `${id}/../../x`, partialName("/f/b", "t", 10), ""]) {
    assertEquals(assertThrows(() => partialPath("/f/a", other), TransferError).kind, "uploadLost");
  }
});

Deno.test("readMarks() works the size out of the length for every size", () =>
  withFolder(async (folder) => {
    for (const [size, part] of [[1, 1], [1, 10], [9, 10], [10, 10], [11, 10], [20, 10], [21, 10], [100, 1]] as const) {
      const layout = cut(size, part);
      assertEquals((await readMarks(await createPartial(`${folder}/s`, { token: `${size}`, layout }))).layout, layout);
    }
  }));

Deno.test("finishPartial() twice keeps the good target", () =>
  withFolder(async (folder) => {
    const target = `${folder}/a`;
    const path = await createPartial(target, { token: "t", layout: LAYOUT });
    await writeAll(path);
    await finishPartial(path, target, LAYOUT, { lastModifiedMs: 1_600_000_000_000 });
    await finishPartial(path, target, LAYOUT, { lastModifiedMs: 1_600_000_000_000 });
    assertEquals(await Deno.readFile(target), BYTES);
    // An older version that happens to have the size is not what the partial file would have become.
    await fails("uploadLost", () => finishPartial(path, target, LAYOUT, { lastModifiedMs: 1_700_000_000_000 }));
    await Deno.remove(target);
    await fails("uploadLost", () => finishPartial(path, target, LAYOUT));
  }));

Deno.test("finishPartial() by several runs at once gives one good target", () =>
  withFolder(async (folder) => {
    for (let round = 0; round < 20; round++) {
      const target = `${folder}/a${round}`;
      const path = await createPartial(target, { token: "t", layout: LAYOUT });
      await writeAll(path);
      const options = { lastModifiedMs: 1_600_000_000_000 };
      await Promise.all([1, 2, 3, 4].map(() => finishPartial(path, target, LAYOUT, options)));
      assertEquals(await Deno.readFile(target), BYTES);
    }
    assertEquals(namesIn(folder).filter(isPartialName), []);
  }));

Deno.test("a part that settles after another run finished the file neither lengthens nor changes the target", () =>
  withFolder(async (folder) => {
    const target = `${folder}/a`;
    const path = await createPartial(target, { token: "t", layout: LAYOUT });
    await writeAll(path);
    const { file, offset, sizeBytes } = await openPart(folderOf(path), path, { layout: LAYOUT, partNumber: 2 });
    await file.write(BYTES.subarray(offset, offset + sizeBytes));
    await finishPartial(path, target, LAYOUT);
    await settlePart(file, path, LAYOUT, 2);
    file.close();
    assertEquals(await Deno.readFile(target), BYTES);
    await fails("uploadLost", () => openPart(folderOf(path), path, { layout: LAYOUT, partNumber: 2 }));
  }));

Deno.test("parts that settle while another run finishes never lengthen the target, many rounds", () =>
  withFolder(async (folder) => {
    for (let round = 0; round < 30; round++) {
      const target = `${folder}/a${round}`;
      const path = await createPartial(target, { token: "t", layout: LAYOUT });
      await writeAll(path);
      const again = [1, 2, 3].map((partNumber) => writePart(path, partNumber).catch(() => {}));
      await Promise.all([finishPartial(path, target, LAYOUT), ...again]);
      assertEquals(await Deno.readFile(target), BYTES);
    }
  }));

Deno.test("finishPartial() carries on where a run died after it cut the tail off", () =>
  withFolder(async (folder) => {
    const target = `${folder}/a`;
    const path = await createPartial(target, { token: "t", layout: LAYOUT });
    await writeAll(path);
    await Deno.truncate(path, 25);
    assertEquals(await createPartial(target, { token: "t", layout: LAYOUT }), path);
    assertEquals((await readMarks(path, 25)).layout, LAYOUT);
    assertEquals(await marksOf(path), [true, true, true]);
    await writePart(path, 3);
    await finishPartial(path, target, LAYOUT);
    assertEquals(await Deno.readFile(target), BYTES);
  }));

Deno.test("finishPartial() clears up where a run died between the hard link and the removal", () =>
  withFolder(async (folder) => {
    const target = `${folder}/a`;
    const path = await createPartial(target, { token: "t", layout: LAYOUT });
    await writeAll(path);
    await Deno.truncate(path, 25);
    await Deno.link(path, target);
    await finishPartial(path, target, LAYOUT, { condition: { absent: true } });
    assertEquals(namesIn(folder), ["a"]);
    assertEquals(await Deno.readFile(target), BYTES);
  }));

Deno.test("finishPartial() with condition absent never replaces a target", () =>
  withFolder(async (folder) => {
    const target = `${folder}/a`;
    const path = await createPartial(target, { token: "t", layout: LAYOUT });
    await writeAll(path);
    await Deno.writeTextFile(target, "theirs");
    await fails("conflict", () => finishPartial(path, target, LAYOUT, { condition: { absent: true } }));
    assertEquals(await Deno.readTextFile(target), "theirs");
    await Deno.remove(target);
    await finishPartial(path, target, LAYOUT, { condition: { absent: true } });
    assertEquals(namesIn(folder), ["a"]);
  }));

Deno.test("finishPartial() with condition etag replaces exactly the file of that mark", () =>
  withFolder(async (folder) => {
    const target = `${folder}/a`;
    await Deno.writeTextFile(target, "theirs");
    const path = await createPartial(target, { token: "t", layout: LAYOUT });
    await writeAll(path);
    await fails("conflict", () => finishPartial(path, target, LAYOUT, { condition: { etag: "another" } }));
    await finishPartial(path, target, LAYOUT, { condition: { etag: markOf(await Deno.stat(target)) } });
    assertEquals(await Deno.readFile(target), BYTES);
  }));

Deno.test("finishPartial() replaces a link, never what the link leads to, and refuses a folder", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/elsewhere`, "theirs");
    await Deno.symlink("elsewhere", `${folder}/a`);
    const path = await createPartial(`${folder}/a`, { token: "t", layout: LAYOUT });
    await writeAll(path);
    await finishPartial(path, `${folder}/a`, LAYOUT);
    assert((await Deno.lstat(`${folder}/a`)).isFile);
    assertEquals(await Deno.readTextFile(`${folder}/elsewhere`), "theirs");
    await Deno.mkdir(`${folder}/d`);
    const other = await createPartial(`${folder}/d`, { token: "t", layout: LAYOUT });
    await writeAll(other);
    await fails("conflict", () => finishPartial(other, `${folder}/d`, LAYOUT));
  }));

Deno.test("createPartial() does not write through a link that has the partial file's name", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/elsewhere`, "theirs");
    await Deno.symlink("elsewhere", `${folder}/${partialName(`${folder}/a`, "t", 10)}`);
    await fails("conflict", () => createPartial(`${folder}/a`, { token: "t", layout: LAYOUT }));
    assertEquals(await Deno.readTextFile(`${folder}/elsewhere`), "theirs");
  }));

Deno.test("abortPartial() removes the file, twice without complaint, and a part in flight then is lost", () =>
  withFolder(async (folder) => {
    const path = await createPartial(`${folder}/a`, { token: "t", layout: LAYOUT });
    const { file } = await openPart(folderOf(path), path, { layout: LAYOUT, partNumber: 1 });
    await file.write(BYTES.subarray(0, 10));
    await abortPartial(path);
    await abortPartial(path);
    await fails("uploadLost", () => settlePart(file, path, LAYOUT, 1));
    file.close();
    await fails("uploadLost", () => marksOf(path));
    assertEquals(namesIn(folder), []);
  }));

Deno.test("a full disk is one clear line that names the file and stops the job", async () => {
  const caught = await Deno.writeTextFile("/dev/full", "x").catch((error) => error);
  const error = fileError(caught, "write", "write /data/a.bin");
  assertEquals([error.kind, error.code], ["storage", "ENOSPC"]);
  assertEquals(error.message, "Cannot write /data/a.bin: no space left on the disk (ENOSPC)");
});

Deno.test("fileError() sorts the system's codes into kinds", () => {
  const cases: [string, ErrorKind][] = [
    ["EDQUOT", "storage"],
    ["EROFS", "storage"],
    ["EMFILE", "network"],
    ["EACCES", "denied"],
    ["ENOENT", "notFound"],
    ["ENOTDIR", "conflict"],
    ["ENAMETOOLONG", "unsupported"],
    ["EFBIG", "unsupported"],
    ["EWHATEVER", "disk"],
  ];
  for (const [code, kind] of cases) assertEquals(fileError(Object.assign(new Error("x"), { code }), "write", "write /f").kind, kind);
  assertEquals(fileError(new DOMException("stop", "AbortError"), "write", "write /f").kind, "cancelled");
  assertEquals(fileError(new RangeError("x"), "write", "write /f").kind, "bug");
});

Deno.test("a link, a second name or a pipe under the partial file's name is neither written to nor waited for", () =>
  withFolder(async (folder) => {
    const target = `${folder}/a`;
    const layout = cut(20, 10);
    const victim = `${folder}/victim`;
    for (
      const make of [
        (path: string) => Deno.symlink(victim, path),
        (path: string) => Deno.link(victim, path),
        (path: string) => new Deno.Command("mkfifo", { args: [path] }).output(),
      ]
    ) {
      await Deno.writeFile(victim, new Uint8Array(22).fill(1));
      const before = await Deno.stat(victim);
      const path = `${folder}/${partialName(target, "tok", 10)}`;
      await make(path);
      for (
        const use of [
          () => openPart(folderOf(path), path, { layout, partNumber: 1 }),
          () => finishPartial(path, target, layout, { lastModifiedMs: 1000 }),
        ]
      ) {
        const error = await assertRejects(use, TransferError);
        assertEquals(error.kind, "conflict");
      }
      assertEquals(await Deno.readFile(victim), new Uint8Array(22).fill(1));
      assertEquals((await Deno.stat(victim)).mtime, before.mtime);
      await Deno.remove(path);
      await Deno.remove(victim);
    }
  }));
