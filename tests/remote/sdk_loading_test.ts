import { assert } from "@std/assert";

Deno.test("no file of lib/remote loads the SDK when it is imported", async () => {
  const folder = new URL("../../lib/remote/", import.meta.url);
  let seen = 0;
  for (const path of ["", "http/"].flatMap((room) => [...Deno.readDirSync(new URL(room, folder))].map(({ name }) => room + name))) {
    if (!path.endsWith(".ts")) continue;
    const text = await Deno.readTextFile(new URL(path, folder));
    for (const [statement] of text.matchAll(/^import[^;]*from "(@aws-sdk)[^;]*;/gm)) {
      seen++;
      assert(statement.startsWith("import type "), `${path}: ${statement}`);
    }
  }
  assert(seen > 0, "no import of the SDK's types was found: the pattern is wrong");
});
