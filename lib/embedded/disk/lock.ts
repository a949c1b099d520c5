/**
 * Two kinds of order: one process per folder (a lock of the operating system, which a killed process gives back by itself), and one
 * writer per name within the process.
 */
import { join } from "node:path";

/** Holds a folder until {@link FolderLock.release}. */
export interface FolderLock {
  release(): void;
}

/** Takes the folder for this process. Throws when another store, in this process or another, is running on it. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, "lock");
  const handle = await Deno.open(path, { read: true, write: true, create: true });
  if (!await handle.tryLock(true)) {
    handle.close();
    throw new Error(`Cannot use the folder ${folder}: another store is running on it`);
  }
  return { release: () => handle.close() };
}

/** Runs actions of one name one after another, those of different names side by side. */
export class NamedLocks {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs `action` after all earlier ones of this name, whether they worked or not. */
  async run<T>(name: string, action: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name) ?? Promise.resolve();
    const running = before.then(action, action);
    const settled = running.catch(() => undefined);
    this.#tails.set(name, settled);
    try {
      return await running;
    } finally {
      if (this.#tails.get(name) === settled) this.#tails.delete(name);
    }
  }
}
