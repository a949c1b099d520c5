/** Keys as paths. */
import { assertEquals, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { encodeKey } from "../../lib/remote/encode.ts";

const ENCODED: readonly (readonly [string, string])[] = [
  ["plain/key.bin", "plain/key.bin"],
  ["a b+c", "a%20b%2Bc"],
  ["a//b/", "a//b/"],
  ["%2e%2e/%41", "%252e%252e/%2541"],
  ["it's (1)*!", "it%27s%20%281%29%2A%21"],
  ["é/日本/😀", "%C3%A9/%E6%97%A5%E6%9C%AC/%F0%9F%98%80"],
  ["tab\there\nline\\back", "tab%09here%0Aline%5Cback"],
  ["q?x=1#f&a=b;c:d@e,f$g", "q%3Fx%3D1%23f%26a%3Db%3Bc%3Ad%40e%2Cf%24g"],
  ["~-._", "~-._"],
];

for (const [key, path] of ENCODED) {
  Deno.test(`encodeKey() encodes ${JSON.stringify(key)} exactly once`, () => {
    assertEquals(encodeKey(key), path);
    assertEquals(decodeURIComponent(path), key);
  });
}

Deno.test("encodeKey() refuses text that has no UTF-8 form", () => {
  const error = assertThrows(() => encodeKey("a/\ud800"), TransferError);
  assertEquals(error.kind, "unsupported");
});
