/**
 * Bytes and folders for the end-to-end tests: all from one printed seed, so that a failing run can be repeated with
 * `SLUICE_TEST_SEED`.
 */

/** The seed of this run: from `SLUICE_TEST_SEED`, else drawn; printed once. */
export const SEED = chooseSeed();

/** The file names of {@link makeTree}: small, zero bytes, multipart, spaces, Chinese, deep. */
export const TREE_NAMES = [
  "small.txt",
  "empty",
  "big.bin",
  "with space/two  spaces.txt",
  "中文/文件 一.txt",
  "a/b/c/d/e/f/deep.txt",
  "plus+percent%20.txt",
];

/** `length` bytes that do not compress; the same for the same `stream` within one seed. */
export function randomBytes(length: number, stream = 0): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (SEED ^ Math.imul(stream + 1, 0x9e3779b1)) >>> 0 || 1;
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** Fills a folder with {@link TREE_NAMES}; the multipart file has `bigBytes`. */
export async function makeTree(folder: string, bigBytes: number): Promise<void> {
  let stream = 100;
  for (const name of TREE_NAMES) {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    const length = name === "empty" ? 0 : name === "big.bin" ? bigBytes : 10 + stream;
    await Deno.writeFile(path, randomBytes(length, stream++));
  }
}

/** Every file below a folder with the SHA-256 of its bytes, sorted by name. Names are relative, with slashes. */
export async function digestTree(folder: string): Promise<Record<string, string>> {
  const names: string[] = [];
  await walk(folder, "", names);
  const digests: Record<string, string> = {};
  for (const name of names.sort()) digests[name] = await sha256(await Deno.readFile(`${folder}/${name}`));
  return digests;
}

/** SHA-256 in lower-case hex: what the tests compare instead of printing megabytes. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Runs `body` with a new folder that is removed at the end, and answers what it does. */
export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-e2e-" });
  try {
    return await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function walk(folder: string, prefix: string, names: string[]): Promise<void> {
  for await (const entry of Deno.readDir(`${folder}/${prefix}`)) {
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory) await walk(folder, `${name}/`, names);
    else names.push(name);
  }
}

function chooseSeed(): number {
  const given = Deno.env.get("SLUICE_TEST_SEED");
  const seed = given === undefined ? crypto.getRandomValues(new Uint32Array(1))[0] ?? 1 : Number(given) >>> 0;
  console.log(`SLUICE_TEST_SEED=${seed}`);
  return seed;
}
