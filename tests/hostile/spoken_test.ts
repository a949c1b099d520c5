/** The searchers notice what they are to notice. */
import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { findControls, findSecrets, notJson } from "./spoken.ts";

const SECRET = "sK+7Qm2/Xw9ZrT4yBn6LpDs8=";

Deno.test("findSecrets() notices a secret in every form, and is quiet without one", () => {
  assertEquals(findSecrets({ stderr: "all is well, sK+7Qm2", stdout: "" }, [SECRET]), []);
  for (
    const planted of [
      SECRET,
      encodeURIComponent(SECRET),
      JSON.stringify({ key: SECRET }),
      SECRET.toLowerCase(),
      Buffer.from(`user:${SECRET}`).toString("base64"),
      Buffer.from(`u:${SECRET} and more`).toString("base64"),
      Buffer.from(`us:${SECRET}`).toString("base64"),
    ]
  ) {
    assertEquals(findSecrets({ stderr: `error: ${planted} was refused` }, [SECRET]).length > 0, true, planted);
  }
});

Deno.test("findControls() notices every character that steers a terminal, and no other", () => {
  assertEquals(findControls({ stdout: "two\nlines of 中文 and é, \\x1b[31m written out" }), []);
  for (const planted of ["\x1b[31m", "\r", "\t", "\x00", "\x07", "\x7f", "\u009b", "\u202e", "\u2066", "\u2028"]) {
    assertEquals(findControls({ stdout: `a${planted}b` }).length, 1, JSON.stringify(planted));
  }
});

Deno.test("notJson() notices a line that is none", () => {
  assertEquals(notJson('{"a":1}\n{"b":"\\u001b"}\n'), []);
  assertEquals(notJson('{"a":1}\nword\n{"b":***}\n').length, 2);
});
