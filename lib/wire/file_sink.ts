/**
 * Writing bytes that arrive into an open local file. Writes are synchronous on purpose: asynchronous ones of several parts fight for the
 * lock of one file and burn three times the CPU (docs/architecture.md), and a chunk is small.
 */
import { fileError } from "../disk/file_error.ts";
import type { DigestRun } from "../bytes/digest.ts";
import type { Meter } from "../bytes/meter.ts";
import type { Sink } from "../bytes/sink.ts";

/** A sink that writes at the file's position, counts, and digests where digests are asked for. Throws `storage` when the disk is full. */
export function fileSink(file: Deno.FsFile, path: string, meter: Meter, run: DigestRun | undefined): Sink {
  return (chunk) => {
    run?.update(chunk);
    try {
      for (let written = 0; written < chunk.length;) written += file.writeSync(chunk.subarray(written));
    } catch (error) {
      throw fileError(error, "write", `write ${path}`);
    }
    meter.bytes += chunk.length;
  };
}
