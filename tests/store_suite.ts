/**
 * One suite for every store: each promise of lib/store/store.ts is a named case, run on a fresh bucket or folder. A store that cannot keep
 * a promise says so in a named list of exceptions, which is printed; an exception whose case passes is a failure too, so the list never
 * lies. Must never pass over a case in silence.
 */
import { COPY_CASES } from "./store/copy_cases.ts";
import { KEY_CASES } from "./store/key_cases.ts";
import { OBJECT_CASES } from "./store/object_cases.ts";
import type { StoreCase, StoreMaker } from "./store/under_test.ts";
import { UPLOAD_CASES } from "./store/upload_cases.ts";

const CASES: Readonly<Record<string, StoreCase>> = { ...OBJECT_CASES, ...KEY_CASES, ...UPLOAD_CASES, ...COPY_CASES };

/**
 * Registers the suite as one test with a step for each case. `start` returns undefined when the server cannot be found: that is printed.
 * `exceptions`: case name to the reason why this store cannot pass it.
 */
export function storeSuite(
  name: string,
  start: () => Promise<StoreMaker | undefined>,
  exceptions: Readonly<Record<string, string>> = {},
): void {
  Deno.test(`store suite: ${name}`, async (t) => {
    const unknown = Object.keys(exceptions).filter((title) => !Object.hasOwn(CASES, title));
    if (unknown.length > 0) throw new Error(`Exceptions for cases that do not exist: ${unknown.join(", ")}`);
    const maker = await start();
    if (maker === undefined) {
      console.warn(`NOT RUN: store suite on ${name}, the server was not found`);
      return;
    }
    try {
      for (const [title, run] of Object.entries(CASES)) {
        const reason = exceptions[title];
        await t.step(reason === undefined ? title : `EXCEPTION ${title}: ${reason}`, () => runCase(maker, run, reason));
      }
    } finally {
      await maker.stop();
    }
  });
}

async function runCase(maker: StoreMaker, run: StoreCase, reason: string | undefined): Promise<void> {
  const test = await maker.make();
  try {
    if (reason === undefined) return await run(test);
    const failed = await run(test).then(() => false, () => true);
    if (!failed) throw new Error(`The store keeps this promise: take the exception out (${reason})`);
  } finally {
    await test.close();
  }
}
