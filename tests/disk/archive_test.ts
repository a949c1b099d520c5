/** Archives as a source: what is listed, what is refused, and that compressed ones give the same members as plain ones. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { openTarStore, prepareArchive } from "../../lib/disk/archive.ts";
import type { ObjectInfo } from "../../lib/types.ts";
import { LocalReads } from "../../lib/disk/reads.ts";
import { withFolder } from "../e2e/trees.ts";

async function run(cwd: string, command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, cwd }).output();
  assert(success, new TextDecoder().decode(stderr));
}

async function members(path: string): Promise<{ objects: ObjectInfo[]; texts: string[] }> {
  const ready = { type: "local", name: "tar", bucket: path, archive: await prepareArchive(path, path) } as const;
  const objects: ObjectInfo[] = [];
  for await (const page of openTarStore(ready).list({ prefix: "" })) objects.push(...page);
  const reads = new LocalReads(ready);
  const texts: string[] = [];
  for (const object of objects) {
    using bytes = await reads.open({ key: object.key, pin: object, sizeBytes: object.sizeBytes });
    const range = object.sizeBytes === 0 ? undefined : { first: 0, last: object.sizeBytes - 1 };
    let text = "";
    await bytes?.pump(range, (chunk) => {
      text += new TextDecoder().decode(chunk);
    });
    texts.push(text);
  }
  reads.close();
  return { objects, texts };
}

const LONG = `${"d".repeat(90)}/${"é".repeat(100)}`;

async function tree(folder: string): Promise<string[]> {
  const names = ["b", "a/one", LONG];
  for (const name of names) {
    await Deno.mkdir(`${folder}/src/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/src/${name}`, name);
  }
  await Deno.symlink("b", `${folder}/src/link`);
  return names;
}

for (
  const [name, args] of [
    ["plain", ["-cf"]],
    ["gzip", ["-czf"]],
    ["pax", ["--format=pax", "-cf"]],
    ["ustar, names cut in two", ["--format=posix", "-cf"]],
  ] as const
) {
  Deno.test(`a ${name} archive lists its regular files in its own order, and their bytes are theirs`, () =>
    withFolder(async (folder) => {
      const names = await tree(folder);
      await run(`${folder}/src`, "tar", ...args, "../t", "b", "link", "a", LONG);
      const { objects, texts } = await members(`${folder}/t`);
      assertEquals(objects.map(({ key }) => key), [names[0], names[1], LONG]);
      assertEquals(texts, objects.map(({ key }) => key));
    }));
}

Deno.test("names of members never lead out of the prefix", () =>
  withFolder(async (folder) => {
    await tree(folder);
    await run(`${folder}/src`, "tar", "-P", "-cf", "../t", "--transform=s,^b$,../../etc/b,", "b");
    await run(`${folder}/src`, "tar", "-P", "-rf", "../t", "--transform=s,^b$,/abs/b,", "b");
    assertEquals((await members(`${folder}/t`)).objects.map(({ key }) => key), ["etc/b", "abs/b"]);
  }));

Deno.test("what is no archive, is missing, or ends in the middle is refused in clear words", () =>
  withFolder(async (folder) => {
    await tree(folder);
    await Deno.writeTextFile(`${folder}/text`, "x".repeat(2000));
    await assertRejects(() => members(`${folder}/text`), TransferError, "this is not a tar archive");
    await assertRejects(() => members(`${folder}/none`), TransferError, "There is no archive");
    await Deno.writeTextFile(`${folder}/src/b`, "y".repeat(5000));
    await run(`${folder}/src`, "tar", "-cf", "../t", "b");
    await run(`${folder}/src`, "tar", "-czf", "../z", "b");
    await Deno.truncate(`${folder}/t`, 2048);
    await Deno.truncate(`${folder}/z`, 60);
    await assertRejects(() => members(`${folder}/t`), TransferError, "it ends in the middle");
    await assertRejects(() => members(`${folder}/z`), TransferError, "unexpected end of file");
  }));

Deno.test("a member is not read from an archive that changed since it was listed", () =>
  withFolder(async (folder) => {
    await tree(folder);
    for (const [name, flags] of [["t", "-cf"], ["z", "-czf"]] as const) {
      await run(`${folder}/src`, "tar", flags, `../${name}`, "b");
      const path = `${folder}/${name}`;
      const ready = { type: "local", name: "tar", bucket: path, archive: await prepareArchive(path, path) } as const;
      const objects: ObjectInfo[] = [];
      for await (const page of openTarStore(ready).list({ prefix: "" })) objects.push(...page);
      await Deno.writeTextFile(path, "more", { append: true });
      const [object] = objects;
      assert(object !== undefined);
      const error = await assertRejects(() => new LocalReads(ready).open({ key: "b", pin: object, sizeBytes: 1 }), TransferError);
      assertEquals(error.kind, "sourceChanged");
    }
  }));
