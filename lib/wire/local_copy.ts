/** Folder to folder, with the same guarantees as any other way: the source pinned to one version, the target never seen half-written. */
import { TransferError } from "../errors.ts";
import type { Digests } from "../types.ts";
import { type DigestRun, startDigests } from "../bytes/digest.ts";
import { fileSink } from "./file_sink.ts";
import { detailsOf } from "../bytes/local_source.ts";
import { wholeRange } from "../bytes/part_layout.ts";
import { keyToPath } from "../disk/path.ts";
import { isFolderObject, makeFolder } from "../disk/folder_key.ts";
import type { LocalReads } from "../disk/reads.ts";
import type { SourceBytes } from "../disk/source_bytes.ts";
import type { Meter } from "../bytes/meter.ts";
import { openPartIn, settlePart } from "../disk/partial_file.ts";
import { writeWholeIn } from "../disk/whole_file.ts";
import { partialPath } from "../disk/working_name.ts";
import { Watch } from "../bytes/watch.ts";
import type { ObjectMove, ObjectMoved, PartMove, PartMoved } from "./wire.ts";

/** Two folders and what their movements share. */
export interface LocalPair {
  readonly source: LocalReads;
  readonly destinationRoot: string;
  readonly timeoutMs: number;
  readonly meter: Meter;
}

/** Copies one part into the partial file and marks it there. */
export async function copyLocalPart(pair: LocalPair, move: PartMove, signal: AbortSignal): Promise<PartMoved> {
  const path = partialPath(keyToPath(pair.destinationRoot, move.destinationKey), move.uploadId);
  const run = await startDigests(move.guard === undefined ? move.digests : [...move.digests, move.guard]);
  using watch = new Watch(signal, pair.timeoutMs, `Cannot copy ${move.sourceKey}`, move.sourceKey);
  using source = await pair.source.open({ key: move.sourceKey, pin: move.pin, sizeBytes: move.layout.sizeBytes });
  if (source === undefined) throw new TransferError("sourceChanged", `${move.sourceKey} became a folder while it was read`);
  using file = (await openPartIn(pair.destinationRoot, path, move)).file;
  const write = fileSink(file, path, pair.meter, run);
  await source.pump(move.range, (chunk) => {
    watch.check();
    watch.touch();
    return write(chunk);
  });
  await settlePart(file, path, move.layout, move.partNumber);
  return { sizeBytes: move.range.last - move.range.first + 1, checksums: [], digests: run.finish(), way: "local copy" };
}

/** Copies one whole file; a folder becomes a folder. */
export async function copyLocalObject(pair: LocalPair, move: ObjectMove, signal: AbortSignal): Promise<ObjectMoved> {
  const { key, sizeBytes } = move.source;
  using watch = new Watch(signal, pair.timeoutMs, `Cannot copy ${key}`, key);
  watch.check();
  const run = await startDigests(move.digests);
  using source = await pair.source.open({ key, pin: move.source, sizeBytes });
  let digests: Digests = {};
  let notes: readonly string[] = [];
  const { sizeBytes: readBytes = 0, lastModifiedMs = move.source.lastModifiedMs } = source ?? {};
  const details = detailsOf({ ...move.source, sizeBytes: readBytes, ...(lastModifiedMs !== undefined && { lastModifiedMs }) });
  const confirm = () => {
    digests = run.finish();
    move.confirm?.(details, digests);
  };
  await move.headers(details);
  if (source === undefined || isFolderObject(move.destinationKey, details.sizeBytes)) {
    await makeFolder(pair.destinationRoot, move.destinationKey);
    confirm();
  } else {
    notes = await copyWhole(pair, move, source, { run, watch, confirm });
  }
  return { sizeBytes: details.sizeBytes, checksums: [], digests, way: "local copy", details, notes };
}

async function copyWhole(
  pair: LocalPair,
  move: ObjectMove,
  source: SourceBytes,
  passing: { readonly run: DigestRun; readonly watch: Watch; readonly confirm: () => void },
): Promise<string[]> {
  const { run, watch } = passing;
  const { sizeBytes, lastModifiedMs } = source;
  const target = keyToPath(pair.destinationRoot, move.destinationKey);
  const finish = { sizeBytes, lastModifiedMs: move.times === "skip" ? undefined : lastModifiedMs, condition: move.condition };
  return await writeWholeIn(pair.destinationRoot, target, finish, async (file) => {
    const write = fileSink(file, target, pair.meter, run);
    await source.pump(wholeRange(sizeBytes), (chunk) => {
      watch.check();
      watch.touch();
      return write(chunk);
    });
    passing.confirm();
  });
}
