import { assertEquals } from "@std/assert";
import { createHash, createHmac } from "node:crypto";
import { hmac, hmacKey, sha256 } from "../../lib/bytes/sha.ts";

/** Lengths around the borders of blocks, in ASCII and beyond, and one longer than the buffer that is there from the start. */
const TEXTS = [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 5000].flatMap((length) => ["a".repeat(length), "é😀".repeat(length)]);

Deno.test("sha256() agrees with the platform's at every border of a block", () => {
  for (const text of TEXTS) assertEquals(sha256(text).toHex(), createHash("sha256").update(text).digest("hex"));
});

Deno.test("hmac() agrees with the platform's for keys shorter and longer than a block", () => {
  for (const text of TEXTS) {
    const key = hmacKey(text);
    assertEquals(hmac(key, `${text}x`).toHex(), createHmac("sha256", text).update(`${text}x`).digest("hex"));
    assertEquals(hmac(key, "again").toHex(), createHmac("sha256", text).update("again").digest("hex"));
  }
});
