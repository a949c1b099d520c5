/** Digests in their forms, and what parts make of the whole. */
import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { combineMd5, compositeMd5, fullValue, md5Digest, md5PartCount, md5Text, sameDigest, sameForm } from "../../lib/evidence/digest.ts";

const A = "0123456789abcdef0123456789abcdef";
const B = "fedcba9876543210fedcba9876543210";

Deno.test("md5Digest() takes 32 lower-case hex digits with or without a count, and nothing else", () => {
  assertEquals(md5Digest(A), { algorithm: "md5", value: A, type: "full" });
  assertEquals(md5Digest(`${A}-12`), { algorithm: "md5", value: A, type: "composite", parts: 12 });
  for (const text of ["", "v1", A.slice(1), `${A}-`, `${A}-0`, `${A}-100000`, A.toUpperCase(), `${A}x`]) {
    assertEquals(md5Digest(text), undefined);
  }
  assertEquals([undefined, A, `${A}-7`].map(md5PartCount), [undefined, 0, 7]);
  for (const text of [A, `${A}-7`]) assertEquals(md5Text(md5Digest(text)!), text);
});

Deno.test("digests of different forms are not compared: over other parts the same bytes have another one", () => {
  const [whole, seven, eight] = [md5Digest(A)!, md5Digest(`${A}-7`)!, md5Digest(`${A}-8`)!];
  assert(!sameForm(whole, seven) && !sameForm(seven, eight) && sameForm(seven, md5Digest(`${B}-7`)!));
  assert(sameDigest(seven, md5Digest(`${A}-7`)!) && !sameDigest(seven, eight) && !sameDigest(whole, seven));
  assert(!sameForm({ algorithm: "crc32", value: "AAAAAA==", type: "full" }, whole));
  assertEquals([fullValue([seven, whole], "md5"), compositeMd5([whole, seven])], [A, seven]);
});

Deno.test("combineMd5() is the MD5 of the binary MD5s, and needs every part's", () => {
  const value = createHash("md5").update(A + B, "hex").digest("hex");
  assertEquals(combineMd5([A, B]), { algorithm: "md5", value, type: "composite", parts: 2 });
  assertEquals(combineMd5([A, undefined]), undefined);
});
