/** s3copy's path table, its algorithm and its defects, against every server that is found. */
import { assert, assertEquals } from "@std/assert";
import { foundKinds, type Scene, useServers, withScene } from "../e2e/scene.ts";
import { carriedBytes, copyHere, setUp, TABLE_KEYS } from "./s3copy_scene.ts";

const KINDS = foundKinds(["embedded", "minio"]);
useServers(KINDS);

const FOLDER = ["folder-001/sub/x", "folder-001/test-001", "folder-001/test-002"];
const CONTENT = ["sub/x", "test-001", "test-002"];

/** Command line, and what the destination then holds. */
const PATHS: readonly (readonly [string, readonly string[]])[] = [
  ["$S $D", TABLE_KEYS],
  ["$S/ $D", TABLE_KEYS],
  ["$S/* $D", TABLE_KEYS],
  ["$S $D/foo", TABLE_KEYS.map((key) => `foo/${key}`)],
  ["$S $D/foo/", TABLE_KEYS.map((key) => `foo/${key}`)],
  ["$S/folder-001 $D", FOLDER],
  ["$S/folder-001/ $D", FOLDER],
  ["$S/folder-001/* $D", CONTENT],
  ["$S/folder-001/* $D/foo", CONTENT.map((key) => `foo/${key}`)],
  ["$S/folder-00* $D", TABLE_KEYS.filter((key) => key !== "top")],
  ["$S/folder-001* $D", TABLE_KEYS.filter((key) => key.startsWith("folder-001"))],
  ["$S/folder-001/te* $D", ["test-001", "test-002"]],
  ["$S/folder-001/sub $D", ["sub/x"]],
  // An object is copied: decided so, the old tool took it for a folder and copied nothing.
  ["$S/folder-001/test-001 $D", ["test-001"]],
  ["$S/fold*er $D", []],
  ["$S $D -p folder-001 folder-002", [...FOLDER, "folder-002/test-003"]],
  ["-p folder-001 folder-002 -- $S $D", [...FOLDER, "folder-002/test-003"]],
  ["$S $D -f folder-001/test-001 top", ["folder-001/test-001", "top"]],
  ["$S/folder-001/ $D -f test-001", ["test-001"]],
  ["$S/folder-0 $D -f 01/test-001", ["01/test-001"]],
  ["$S/folder-001 $D -p sub", []],
  ["$S/folder-001/ $D -p sub", ["sub/x"]],
  ["$S $D -p folder-001/sub folder-002/te*", ["sub/x", "test-003"]],
  ["$S $D -f top -p folder-001/sub", ["sub/x", "top"]],
  ["$S $D/foo --s3-prefixes -f top", ["footop"]],
  ["$S $D/fo --dest-prefix o/bar -f top", ["foo/bar/top"]],
];

for (const kind of KINDS) {
  for (const [line, expected] of PATHS) {
    Deno.test(`s3copy ${line} (${kind}) copies on the server and by the path table`, () =>
      onScene(kind, async (scene, config) => {
        scene.left.proxy.reset();
        assertEquals(await copyHere(scene, config, line), 0);
        assertEquals(await scene.right.admin.keys(), [...expected].sort());
        assertEquals(carriedBytes(scene), []);
        assertEquals(await scene.left.admin.keys(), TABLE_KEYS);
        for (const key of expected) {
          const text = new TextDecoder().decode(await scene.right.admin.read(key));
          assert(TABLE_KEYS.includes(text) && text.endsWith(key.replace(/^(foo\/(bar\/)?|foo)/, "")), `${key} holds ${text}`);
        }
      }));
  }

  Deno.test(`an object in parts (${kind}) follows the path rules, keeps its ETag, leaves nothing behind and is copied once`, () =>
    onScene(kind, async (scene, config) => {
      const bytes = new Uint8Array(11 << 20).map((_, at) => at >> 7);
      const etag = await scene.left.admin.putParts("folder-001/big", bytes, 5 << 20);
      scene.left.proxy.reset();
      assertEquals(await copyHere(scene, config, "$S/folder-001/* $D/foo"), 0);
      assertEquals((await scene.right.admin.head("foo/big"))?.ETag, `"${etag}"`);
      assertEquals(await scene.right.admin.keys(), [...CONTENT, "big"].map((key) => `foo/${key}`).sort());
      assertEquals(await scene.right.admin.uploads("foo/big"), []);
      assertEquals(carriedBytes(scene), []);
      scene.left.proxy.reset();
      assertEquals(await copyHere(scene, config, "$S/folder-001/* $D/foo"), 0);
      assertEquals(scene.left.proxy.exchanges.filter(({ head }) => head.method === "PUT" || head.method === "POST").length, 0);
    }));

  Deno.test(`a second run (${kind}) copies only what is new or changed, and deletes nothing`, () =>
    onScene(kind, async (scene, config) => {
      assertEquals(await copyHere(scene, config, "$S $D"), 0);
      await scene.left.admin.put("top", new TextEncoder().encode("other"));
      await scene.left.admin.put("new", new TextEncoder().encode("new"));
      await scene.left.admin.remove("folder-0010/z");
      scene.left.proxy.reset();
      assertEquals(await copyHere(scene, config, "$S $D"), 0);
      const written = scene.left.proxy.exchanges.filter(({ head }) => head.method === "PUT").map(({ head }) =>
        head.target.split("/").pop()
      );
      assertEquals(written.map((name) => name?.split("?")[0]).sort(), ["new", "top"]);
      assertEquals(await scene.right.admin.keys(), [...TABLE_KEYS, "new"].sort());
    }));

  Deno.test(`names are names (${kind}): a beginning of one is missing, odd slashes stay, and duplicates count once`, () =>
    onScene(kind, async (scene, config) => {
      assertEquals(await copyHere(scene, config, "$S $D -f folder-001/test"), 1);
      assertEquals(await scene.right.admin.keys(), []);
      if (kind === "minio") return;
      await scene.left.admin.put("odd//a", new Uint8Array([1]));
      await scene.left.admin.put("odd/", new Uint8Array());
      assertEquals(await copyHere(scene, config, "$S/odd/* $D"), 0);
      assertEquals(await scene.right.admin.keys(), ["/a"]);
    }));

  Deno.test(`within one bucket (${kind}) nothing is copied onto itself or twice`, () =>
    onScene(kind, async (scene, config) => {
      for (const line of ["$S", "$S/folder-001", "$S -f top", "$S/folder-001/ $S/folder-001/ -f sub/x"]) {
        scene.left.proxy.reset();
        assertEquals(await copyHere(scene, config, line), 0);
        assertEquals(scene.left.proxy.exchanges.length, 0);
      }
      for (let run = 0; run < 2; run++) assertEquals(await copyHere(scene, config, "$S $S"), 0);
      assertEquals(await scene.left.admin.keys(), [...TABLE_KEYS, ...TABLE_KEYS.map((key) => `temp/dest/${key}`)].sort());
      assertEquals(await copyHere(scene, config, "$S/folder-001/*"), 0);
      assertEquals((await scene.left.admin.keys()).filter((key) => key.startsWith("test-")), ["test-001", "test-002"]);
    }));
}

async function onScene(kind: Parameters<typeof withScene>[0], body: (scene: Scene, config: string) => Promise<void>): Promise<void> {
  await withScene(kind, async (scene) => await body(scene, await setUp(scene)), { sameServer: true });
}
