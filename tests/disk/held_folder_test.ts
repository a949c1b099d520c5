/** The promises of folders that are held: nothing outside of the root is reached, whatever links are put where. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { inFolder, inFolderIfThere } from "../../lib/disk/held_folder.ts";
import { folderOf, keyToPath } from "../../lib/disk/path.ts";

const nothing = () => {};

async function withFolders(test: (root: string, outside: string) => Promise<void>): Promise<void> {
  const top = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${top}/root`);
    await Deno.mkdir(`${top}/root-outside`);
    await test(`${top}/root`, `${top}/root-outside`);
  } finally {
    await Deno.remove(top, { recursive: true });
  }
}

Deno.test("inFolder() creates the way to a file", async () => {
  await withFolders(async (root) => {
    await inFolder(root, keyToPath(root, "a//../b/c.txt"), nothing);
    assert((await Deno.stat(`${root}/a/%2F/%2E%2E/b`)).isDirectory);
    await inFolder(root, `${root}/top.txt`, nothing);
  });
});

Deno.test("inFolder() many times at once creates the same way once", async () => {
  await withFolders(async (root) => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => inFolder(root, `${root}/a/b/c/${index}`, nothing)));
    assert((await Deno.stat(`${root}/a/b/c`)).isDirectory);
  });
});

Deno.test("inFolder() never follows a link out of the root and creates nothing there", async () => {
  await withFolders(async (root, outside) => {
    await Deno.symlink(outside, `${root}/link`);
    for (const path of [`${root}/link/x`, `${root}/link/deep/er/x`]) {
      const error = await assertRejects(() => inFolder(root, path, nothing), TransferError);
      assertEquals(error.kind, "denied");
    }
    assertEquals([...Deno.readDirSync(outside)], []);
    await assertRejects(() => inFolderIfThere(root, `${root}/link/x`, nothing), TransferError, "leads out");
    assertEquals(await inFolderIfThere(root, `${root}/none/x`, () => "used"), undefined);
    assertEquals(await inFolderIfThere(root, `${root}/x`, () => "used"), "used");
  });
});

Deno.test("inFolder() follows links that stay below the root, and a root that is a link itself", async () => {
  await withFolders(async (root) => {
    await Deno.mkdir(`${root}/real`);
    await Deno.symlink("real", `${root}/link`);
    await inFolder(root, `${root}/link/sub/x`, nothing);
    assert((await Deno.stat(`${root}/real/sub`)).isDirectory);
    await Deno.symlink(root, `${root}-alias`);
    await inFolder(`${root}-alias`, `${root}-alias/y/x`, nothing);
    assert((await Deno.stat(`${root}/y`)).isDirectory);
  });
});

Deno.test("inFolder() names both when a file is where a folder is needed", async () => {
  await withFolders(async (root) => {
    await Deno.writeTextFile(`${root}/a`, "file");
    for (const path of [`${root}/a/b`, `${root}/a/b/c`]) {
      const error = await assertRejects(() => inFolder(root, path, nothing), TransferError);
      assertEquals(error.kind, "conflict");
      assertStringIncludes(error.message, `${root}/a is a file`);
    }
    assertEquals(await Deno.readTextFile(`${root}/a`), "file");
  });
});

Deno.test("inFolder() says plainly that the root is missing", async () => {
  await withFolders(async (root) => {
    const error = await assertRejects(() => inFolder(`${root}/none`, `${root}/none/x`, nothing), TransferError);
    assertEquals([error.kind, error.message], ["config", `The folder ${root}/none does not exist`]);
  });
});

/** Puts a link to `outside` in the place of `${root}/a`, as somebody might while the program works in it. */
async function swap(root: string, outside: string): Promise<void> {
  await Deno.rename(`${root}/a`, `${root}/aside`);
  await Deno.symlink(outside, `${root}/a`);
}

Deno.test("inFolder() stays in the folder that it looked at when a link is put in its place", async () => {
  await withFolders(async (root, outside) => {
    await inFolder(root, `${root}/a/x`, async (place) => {
      await swap(root, outside);
      place.check();
      await Deno.writeTextFile(place.path, "mine");
    });
    assertEquals([...Deno.readDirSync(outside)], []);
    assertEquals(await Deno.readTextFile(`${root}/aside/x`), "mine");
    const later = await assertRejects(() => inFolder(root, `${root}/a/x`, nothing), TransferError);
    assertEquals(later.kind, "denied");
  });
});

Deno.test("inFolder() without all permissions notices the link before bytes are written", async () => {
  await withFolders(async (root, outside) => {
    const script = `
      import { inFolder } from ${JSON.stringify(new URL("../../lib/disk/held_folder.ts", import.meta.url).href)};
      const [root, outside] = Deno.args;
      try {
        await inFolder(root, root + "/a/x", async (place) => {
          place.check();
          await Deno.rename(root + "/a", root + "/aside");
          await Deno.symlink(outside, root + "/a");
          place.check();
          await Deno.writeTextFile(place.path, "mine");
        });
      } catch (error) {
        console.log(error.kind, error.message);
      }`;
    await Deno.writeTextFile(`${folderOf(root)}/script.ts`, script);
    const run = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", "--allow-write", `${folderOf(root)}/script.ts`, root, outside],
    }).output();
    assertStringIncludes(new TextDecoder().decode(run.stdout), `denied Cannot change anything below ${root}/a: another folder or a link`);
    assertEquals([...Deno.readDirSync(outside)], []);
  });
});

Deno.test("inFolder() tells what failed by the name that people know, not by the number under which the folder is held", async () => {
  await withFolders(async (root) => {
    const error = await assertRejects(
      () =>
        inFolder(root, `${root}/a/x`, (place) => {
          throw new TransferError("storage", `Cannot write ${place.path}: no room`, { code: "ENOSPC" });
        }),
      TransferError,
    );
    assertEquals([error.kind, error.code, error.message], ["storage", "ENOSPC", `Cannot write ${root}/a/x: no room`]);
  });
});
