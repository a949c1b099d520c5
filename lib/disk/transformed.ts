/**
 * A local source through a compressor or decompressor, as a stream of chunks. Holds a few chunks whatever the size; must never go on when
 * the source changes under it.
 */
import { Buffer } from "node:buffer";
import { PassThrough, pipeline, Readable } from "node:stream";
import { createGunzip, createGzip } from "node:zlib";
import unbzip2 from "unbzip2-stream";
import { asTransferError, TransferError } from "../errors.ts";
import type { SourceBytes } from "./source_file.ts";

/** How bytes are changed. `gzip` compresses, at the best level and always to the same bytes; the others undo a compression. */
export type Transform = "gzip" | "gunzip" | "bunzip2";

const CHUNK_BYTES = 256 * 1024;

/** The changed bytes of a source; closes it at the end. Throws `sourceChanged`, or `unsupported` for data that cannot be decompressed. */
export async function* transformed(open: () => Promise<SourceBytes>, transform: Transform, what: string): AsyncGenerator<Uint8Array> {
  using source = await open();
  const out = new PassThrough();
  let failure: unknown;
  const ended = new Promise<void>((resolve) => {
    pipeline(Readable.from(chunksOf(source)), makeTransform(transform), out, (error) => {
      failure = error;
      resolve();
    });
  });
  try {
    for await (const chunk of out) yield chunk as Uint8Array;
    await ended;
    if (failure) throw failure;
  } catch (error) {
    if (error instanceof TransferError) throw error;
    throw new TransferError("unsupported", `Cannot read ${what}: ${asTransferError(error).message}`, { cause: error });
  } finally {
    out.destroy();
    await ended;
  }
}

function makeTransform(transform: Transform): NodeJS.ReadWriteStream {
  if (transform === "gzip") return createGzip({ level: 9 });
  return transform === "gunzip" ? createGunzip() : unbzip2();
}

async function* chunksOf(source: SourceBytes): AsyncGenerator<Buffer> {
  for (let first = 0; first < source.sizeBytes; first += CHUNK_BYTES) {
    const last = Math.min(first + CHUNK_BYTES, source.sizeBytes) - 1;
    // The buffer belongs to the source and is used again.
    yield await source.withBytes({ first, last }, (bytes) => Promise.resolve(Buffer.from(bytes)));
  }
}
