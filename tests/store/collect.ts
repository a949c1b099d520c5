/** Small hands of the store suite: pages into arrays, bytes out of a seed. */
import type { Store } from "../../lib/store/store.ts";
import { TransferError } from "../../lib/errors.ts";
import type { ErrorKind, ObjectInfo, PartInfo, PartLayout, UploadInfo } from "../../lib/types.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

/** All objects under a prefix. */
export async function listAll(store: Store, prefix = ""): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  for await (const page of store.list({ prefix })) objects.push(...page);
  return objects;
}

/** All keys under a prefix, in the order of the listing. */
export async function listKeys(store: Store, prefix = ""): Promise<string[]> {
  return (await listAll(store, prefix)).map(({ key }) => key);
}

/** All uploads of a query. */
export async function uploadsAll(store: Store, query: { key: string } | { prefix: string }): Promise<UploadInfo[]> {
  const uploads: UploadInfo[] = [];
  for await (const page of store.listUploads(query)) uploads.push(...page);
  return uploads;
}

/** All parts of an upload. */
export async function partsAll(store: Store, key: string, uploadId: string): Promise<PartInfo[]> {
  const parts: PartInfo[] = [];
  for await (const page of store.listParts(key, uploadId)) parts.push(...page.parts);
  return parts;
}

/** Bytes that look random and are the same for the same seed. */
export function someBytes(count: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(count);
  let state = seed * 2654435761 >>> 0;
  for (let index = 0; index < count; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** The layout of an object of this size in parts of this size. */
export function layoutOf(sizeBytes: number, partSizeBytes: number): PartLayout {
  return { sizeBytes, partSizeBytes, partCount: Math.max(1, Math.ceil(sizeBytes / partSizeBytes)) };
}

/** Asserts that a call throws a TransferError of one of these kinds, and answers it. */
export async function assertKind(run: () => Promise<unknown>, ...kinds: ErrorKind[]): Promise<TransferError> {
  const error = await assertRejects(run, TransferError);
  assert(kinds.includes(error.kind), `kind ${error.kind}, not ${kinds.join(" or ")}: ${error.message}`);
  return error;
}

/** Asserts equal bytes without printing megabytes. */
export function assertBytes(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length);
  for (let index = 0; index < expected.length; index++) {
    if (actual[index] !== expected[index]) throw new Error(`Bytes differ at offset ${index}`);
  }
}
