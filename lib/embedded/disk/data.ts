/**
 * Bytes to and from the data files of a bucket, as streams: no body is ever held in memory. A data file that no record names is
 * nobody's and is swept at the next start.
 */
import type { Range } from "../../types.ts";
import { type BucketPaths, newPieceFile, type Piece, piecePath, removeIfThere, withParent } from "./layout.ts";

/** Bytes read from a data file at once. */
const READ_CHUNK_BYTES = 256 * 1024;

/** Returns the bytes to store in the place of a chunk at this offset; for faults only. */
export type Alter = (chunk: Uint8Array, offset: number) => Uint8Array;

/** Streams bytes into a fresh data file. Returns no piece for no bytes. On an error nothing stays behind and the error is thrown on. */
export async function writeData(paths: BucketPaths, source: AsyncIterable<Uint8Array>, alter?: Alter): Promise<Piece[]> {
  const file = newPieceFile();
  const path = piecePath(paths, file);
  let sizeBytes = 0;
  const handle = await withParent(path, () => Deno.open(path, { write: true, createNew: true }));
  try {
    for await (const chunk of source) {
      await writeAll(handle, alter?.(chunk, sizeBytes) ?? chunk);
      sizeBytes += chunk.length;
    }
  } catch (error) {
    handle.close();
    await removeIfThere(path);
    throw error;
  }
  handle.close();
  if (sizeBytes > 0) return [{ file, sizeBytes }];
  await removeIfThere(path);
  return [];
}

async function writeAll(handle: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await handle.write(bytes.subarray(written));
}

/**
 * The bytes of a span over several pieces, all of them when absent. Every chunk is a fresh buffer that the reader may keep. Throws when a
 * data file is shorter than its record says.
 */
export async function* readData(paths: BucketPaths, pieces: readonly Piece[], span?: Range): AsyncGenerator<Uint8Array> {
  let skip = span?.first ?? 0;
  let rest = span === undefined ? Infinity : span.last - span.first + 1;
  for (const piece of pieces) {
    if (rest === 0) return;
    if (skip >= piece.sizeBytes) {
      skip -= piece.sizeBytes;
      continue;
    }
    const wanted = Math.min(rest, piece.sizeBytes - skip);
    yield* readPiece(piecePath(paths, piece.file), skip, wanted);
    rest -= wanted;
    skip = 0;
  }
}

async function* readPiece(path: string, first: number, lengthBytes: number): AsyncGenerator<Uint8Array> {
  using handle = await Deno.open(path, { read: true });
  if (first > 0) await handle.seek(first, Deno.SeekMode.Start);
  for (let rest = lengthBytes; rest > 0;) {
    const buffer = new Uint8Array(Math.min(rest, READ_CHUNK_BYTES));
    const count = await handle.read(buffer);
    if (count === null) throw new Error(`Data file is shorter than its record says: ${rest} bytes are missing`);
    rest -= count;
    yield buffer.subarray(0, count);
  }
}

/** A second name for the same bytes, perhaps in another bucket; copies where the file system has no hard links. */
export async function linkData(from: BucketPaths, to: BucketPaths, piece: Piece): Promise<Piece> {
  const file = newPieceFile();
  const source = piecePath(from, piece.file);
  const target = piecePath(to, file);
  await withParent(target, async () => {
    try {
      await Deno.link(source, target);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) throw error;
      await Deno.copyFile(source, target);
    }
  });
  return { file, sizeBytes: piece.sizeBytes };
}

/** Removes data files that no record names any more. */
export async function removeData(paths: BucketPaths, pieces: readonly Piece[]): Promise<void> {
  for (const piece of pieces) await removeIfThere(piecePath(paths, piece.file));
}
