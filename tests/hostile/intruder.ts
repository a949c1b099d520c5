/**
 * Somebody else with the right to write in the destination folder, as a thread of its own that never rests: puts links in the place of
 * folders, or of files that are being written. Works until it is told that it is over.
 */

/** What the intruder is told, once. */
export type Mischief =
  /** Swaps the folder `${root}/d` for a link to `outside`, and back, all the time. */
  | { readonly kind: "swap"; readonly root: string; readonly outside: string }
  /** Puts links and second names of `victim` under every unfinished name that shows in the folder. */
  | { readonly kind: "plant"; readonly folder: string; readonly victim: string };

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<{ mischief: Mischief; over: Int32Array }>) => void) | null;
  postMessage(message: string): void;
};

/** The program works in the same folder: whatever fails now may succeed in the next round. */
function attempt(act: () => void): void {
  try {
    act();
  } catch {
    return;
  }
}

function swapOnce(root: string, outside: string, round: number): void {
  const folder = `${root}/d`;
  // What the program has made meanwhile in the folder's place is put aside, so that there is always room for the link.
  attempt(() => Deno.renameSync(folder, round === 0 ? `${root}/kept` : `${root}/aside-${round}`));
  attempt(() => Deno.symlinkSync(outside, folder));
  attempt(() => Deno.statSync(folder));
  attempt(() => Deno.removeSync(folder));
  attempt(() => Deno.renameSync(round === 0 ? `${root}/kept` : `${root}/aside-${round}`, folder));
}

function plantOnce(folder: string, victim: string, round: number): void {
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    if (!isFile || !name.includes(".sluice-")) continue;
    attempt(() => Deno.removeSync(`${folder}/${name}`));
    attempt(() => round % 2 === 0 ? Deno.symlinkSync(victim, `${folder}/${name}`) : Deno.linkSync(victim, `${folder}/${name}`));
  }
}

scope.onmessage = ({ data: { mischief, over } }) => {
  scope.postMessage("at work");
  for (let round = 0; Atomics.load(over, 0) === 0; round++) {
    if (mischief.kind === "swap") swapOnce(mischief.root, mischief.outside, round);
    else attempt(() => plantOnce(mischief.folder, mischief.victim, round));
  }
  scope.postMessage("over");
};
