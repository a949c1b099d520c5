/**
 * One suite for every store: each promise of lib/store/store.ts is a named case, run on a fresh bucket or folder. A store that cannot keep
 * a promise says so in a named list of exceptions, which is printed; an exception whose case passes is a failure too, so the list never
 * lies. Must never pass over a case in silence.
 */
import type { Store } from "../lib/store/store.ts";
import type { ObjectHeaders, PartInfo, PartLayout } from "../lib/types.ts";
import { COPY_CASES } from "./store/copy_cases.ts";
import { KEY_CASES } from "./store/key_cases.ts";
import { OBJECT_CASES } from "./store/object_cases.ts";
import { UPLOAD_CASES } from "./store/upload_cases.ts";

/** Entries per listing page that stores under test are opened with: small, so that paging happens. */
export const SUITE_PAGE_ENTRIES = 3;

/** A store on an empty bucket or folder, and hands on its bytes that are none of the store's business. */
export interface StoreUnderTest {
  readonly store: Store;
  /** The bucket's name or the folder. */
  readonly bucket: string;
  put(key: string, bytes: Uint8Array, headers?: ObjectHeaders): Promise<void>;
  read(key: string): Promise<Uint8Array>;
  /** Sends a part as the data plane does. `checksum` is sent along where the store takes it. */
  putPart(part: PartToPut): Promise<PartInfo>;
  close(): Promise<void>;
}

/** A part for {@link StoreUnderTest.putPart}. */
export interface PartToPut {
  key: string;
  uploadId: string;
  partNumber: number;
  bytes: Uint8Array;
  layout: PartLayout;
  checksum?: "crc32" | "sha256" | "crc64nvme";
}

/** A server, or nothing, that makes stores. */
export interface StoreMaker {
  make(): Promise<StoreUnderTest>;
  stop(): Promise<void>;
}

/** A case: fails by throwing. */
export type StoreCase = (test: StoreUnderTest) => Promise<void>;

const CASES: Readonly<Record<string, StoreCase>> = { ...OBJECT_CASES, ...KEY_CASES, ...UPLOAD_CASES, ...COPY_CASES };

/**
 * Registers the suite as one test with a step for each case. `start` answers undefined when the server cannot be found: that is printed.
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
