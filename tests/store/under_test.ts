/** What the store suite works with: a store under test, what makes one, and a case. */
import type { Store } from "../../lib/store/store.ts";
import type { ObjectHeaders, PartInfo, PartLayout } from "../../lib/types.ts";

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
