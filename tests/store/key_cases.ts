/** Cases of the store suite: keys are opaque. Each odd key is put, listed, looked at and deleted, and nothing else is touched. */
import { assertEquals } from "@std/assert";
import type { StoreCase, StoreUnderTest } from "./under_test.ts";
import { assertBytes, listKeys, someBytes } from "./collect.ts";

/** Odd keys by what is odd about them. */
const ODD_KEYS: Readonly<Record<string, string>> = {
  "a space, plus and percent": "a b+c%d%20e%2Ff",
  "URL signs": "a?b#c&d=e;f:g@h$i,j",
  "XML signs": `a<b>c&amp;d"e'f`,
  "signs that some encoders leave alone": "a!b'c(d)e*f~g",
  "brackets, pipes and backslashes": "a[b]{c}|d\\e^f`g",
  "accents composed (NFC)": "caf\u00e9",
  "accents decomposed (NFD)": "cafe\u0301",
  "letters beyond the basic plane": "emoji-😀/日本語",
  "two slashes in a row": "a//b",
  "a slash in front": "/a",
  "a slash at the end, with data": "a/",
  "a dot as segment": "x/./y",
  "two dots as segment": "x/../y",
  "two dots alone": "..",
  "spaces at both ends": " a ",
  "a newline and a tab": "a\nb\tc",
  "a carriage return": "a\rb",
  "a control character that XML forbids": "a\u0001b",
  "a segment of 300 bytes": "s".repeat(300),
  "1024 bytes": ("k".repeat(127) + "/").repeat(8).slice(0, 1023) + "z",
};

async function keepsKey({ store, put, read }: StoreUnderTest, key: string): Promise<void> {
  const bytes = someBytes(17);
  await put("bystander", someBytes(3));
  await put(key, bytes);
  assertEquals((await listKeys(store)).filter((listed) => listed !== "bystander"), [key], "listed");
  assertEquals(await listKeys(store, key), [key], "listed by itself as prefix");
  assertEquals((await store.head(key))?.sizeBytes, bytes.length, "looked at");
  assertBytes(await read(key), bytes);
  assertEquals(await store.deleteObjects([key]), [], "deleted");
  assertEquals(await listKeys(store), ["bystander"], "gone");
}

async function keepsFileBesideFolder({ store, put }: StoreUnderTest): Promise<void> {
  for (const key of ["file", "file/child", "file/child/grandchild"]) await put(key, someBytes(1));
  assertEquals(await listKeys(store), ["file", "file/child", "file/child/grandchild"]);
}

async function tellsTwinsApart({ store, put }: StoreUnderTest): Promise<void> {
  await put("caf\u00e9", someBytes(1));
  await put("cafe\u0301", someBytes(2));
  assertEquals(await listKeys(store), ["cafe\u0301", "caf\u00e9"]);
  assertEquals((await store.head("caf\u00e9"))?.sizeBytes, 1);
  assertEquals((await store.head("cafe\u0301"))?.sizeBytes, 2);
}

/** Named promises; see {@link StoreCase}. */
export const KEY_CASES: Readonly<Record<string, StoreCase>> = {
  ...Object.fromEntries(
    Object.entries(ODD_KEYS).map(([name, key]) => [`a key with ${name} is kept`, (test: StoreUnderTest) => keepsKey(test, key)]),
  ),
  "a key may be another one's folder": keepsFileBesideFolder,
  "composed and decomposed accents are two keys": tellsTwinsApart,
};
