/**
 * Keys are opaque: odd ones travel byte-exact where the server takes them, and none of them ever leaves a local destination folder.
 */
import { assert, assertEquals } from "@std/assert";
import { assertCode } from "./claims.ts";
import { runSluice } from "./run_sluice.ts";
import { foundKinds, type ServerKind, useServers, withScene } from "./scene.ts";
import type { BucketAdmin } from "../bucket_admin.ts";

const kinds = foundKinds();
useServers(kinds);

/** A key of 1,024 bytes, in segments that a file system takes. */
const LONG_KEY = Array.from({ length: 5 }, (_, index) => String(index).repeat(204)).join("/");

const ODD_KEYS = [
  "a//b",
  "/x",
  "x/",
  "a/../b",
  "a/./b",
  "..",
  "../../up",
  "%2e%2e/y",
  "+ % # ? & < >",
  "a+b=c;d'e\"f\\g",
  "caf\u00e9",
  "cafe\u0301",
  "中文/文 件",
  "emoji \u{1F600}",
  "tab\tand\u0001control",
  "trailing space ",
  "con",
  LONG_KEY,
];

/** Puts every key that the server takes and lists back as it is; the body is the key's own number. */
async function putOddKeys(admin: BucketAdmin, kind: ServerKind): Promise<Map<string, Uint8Array>> {
  const taken = new Map<string, Uint8Array>();
  for (const [index, key] of ODD_KEYS.entries()) {
    const body = new TextEncoder().encode(`body ${index}`);
    try {
      await admin.put(key, body);
    } catch {
      console.warn(`NOT RUN: ${kind} does not take the key ${JSON.stringify(key).slice(0, 40)}`);
      continue;
    }
    taken.set(key, body);
  }
  const listed = new Set(await admin.keys());
  for (const key of taken.keys()) {
    if (listed.has(key)) continue;
    console.warn(`NOT RUN: ${kind} stores the key ${JSON.stringify(key)} under another name`);
    taken.delete(key);
    await admin.remove(key);
  }
  return taken;
}

for (const kind of kinds) {
  Deno.test(`${kind}: odd keys travel bucket to bucket, byte-exact`, async () => {
    await withScene(kind, async (scene) => {
      const taken = await putOddKeys(scene.left.admin, kind);
      assert(taken.size >= 6, `Only ${taken.size} keys could be tried`);
      if (kind === "embedded") assertEquals(taken.size, ODD_KEYS.length, "The embedded store takes every key");
      assertCode(await runSluice([await scene.job({ source: scene.leftUrl(), destination: scene.rightUrl() })]), 0);
      assertEquals((await scene.right.admin.keys()).sort(), (await scene.left.admin.keys()).sort());
      for (const [key, body] of taken) assertEquals(await scene.right.admin.read(key), body, key);
      const again = await runSluice([await scene.job({ source: scene.leftUrl(), destination: scene.rightUrl() }, "again.ini")]);
      assertCode(again, 0);
    });
  });

  Deno.test(`${kind}: no key leaves a local destination folder, and what lies there goes back under the same keys`, async () => {
    await withScene(kind, async (scene) => {
      const taken = await putOddKeys(scene.left.admin, kind);
      const inner = `${scene.folder}/one/two/three`;
      await Deno.mkdir(inner, { recursive: true });
      await Deno.writeTextFile(`${scene.folder}/one/b`, "mine");
      const before = await outsiders(scene.folder, inner);
      const down = await scene.job({ source: scene.leftUrl(), destination: `${inner}/` }, "down.ini");
      const outside = [...before, `${scene.folder}/down.ini`].sort();
      const run = await runSluice([down], { cwd: inner });
      assert(run.code === 0 || run.code === 1, `Ended with ${run.code}: ${run.stderr}`);
      assertEquals(await outsiders(scene.folder, inner), outside, "Something was written outside of the destination");
      assertEquals(await Deno.readTextFile(`${scene.folder}/one/b`), "mine");

      const up = await runSluice([await scene.job({ source: `${inner}/`, destination: scene.rightUrl() }, "up.ini")]);
      assertCode(up, 0);
      for (const key of await scene.right.admin.keys()) {
        const body = taken.get(key);
        assert(body !== undefined, `The key ${JSON.stringify(key)} was made up on the way`);
        assertEquals(await scene.right.admin.read(key), body, key);
      }
      if (run.code === 0) assertEquals((await scene.right.admin.keys()).length, taken.size);
    });
  });
}

/** Every path below `folder` that is not below `inside`, sorted. */
async function outsiders(folder: string, inside: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (path === inside) continue;
    paths.push(path);
    if (entry.isDirectory) paths.push(...await outsiders(path, inside));
  }
  return paths.sort();
}
