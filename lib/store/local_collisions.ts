/**
 * Keys that cannot both be files below one folder, found before any byte moves. Pure but for the one probe; must never hold more of a
 * listing than the keys that are prefixes of the present one.
 */
import { randomBytes } from "node:crypto";
import { fileError } from "../wire/file_error.ts";

/** Which names a folder's file system takes for the same. */
export interface NameTraits {
  /** `A` and `a` are one file. */
  readonly ignoresCase: boolean;
  /** Composed and decomposed accents are one file. */
  readonly ignoresForm: boolean;
}

/**
 * Asks the file system itself: writes one empty file of a name that no listing shows, looks for it under other spellings and removes it.
 * Throws as file calls do when the folder cannot be written.
 */
export async function probeNames(root: string): Promise<NameTraits> {
  const id = randomBytes(6).toString("hex");
  const path = `${root}/.probe-\u00e9.sluice-x${id}`;
  try {
    await Deno.writeFile(path, new Uint8Array(), { createNew: true });
  } catch (error) {
    throw fileError(error, `write below ${root}`);
  }
  try {
    return { ignoresCase: await isThere(path.replace(".probe", ".PROBE")), ignoresForm: await isThere(path.replace("\u00e9", "e\u0301")) };
  } finally {
    await Deno.remove(path).catch(() => {});
  }
}

/** What two keys have in common when such a file system takes them for one: equal texts collide. */
export function foldKey(key: string, traits: NameTraits): string {
  const form = traits.ignoresForm ? key.normalize("NFC") : key;
  return traits.ignoresCase ? form.toLowerCase() : form;
}

/** Watches keys go by in listing order (UTF-8 bytes) for a file that another key needs as a folder: `a` and `a/b`. */
export class FileFolderWatch {
  readonly #above: string[] = [];

  /** Tells the next key; answers the earlier key that it cannot be stored beside. Zero-byte keys that end in a slash are folders. */
  next(key: string, sizeBytes: number): string | undefined {
    // In this order all keys that begin with `a` come in one stretch, so only prefixes of the present key can matter.
    while (this.#above.length > 0 && !key.startsWith(this.#above.at(-1) ?? "")) this.#above.pop();
    const file = this.#above.find((above) => key.startsWith(`${above}/`));
    if (!(key.endsWith("/") && sizeBytes === 0)) this.#above.push(key);
    return file;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}
