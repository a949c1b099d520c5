/** Folder to folder, with the same guarantees as any other way: the source pinned to one version, the target never seen half-written. */
import type { Digests, ObjectDetails } from "../types.ts";
import { type DigestRun, startDigests } from "../bytes/digest.ts";
import { fileSink } from "./file_sink.ts";
import { LocalFile } from "../disk/source_file.ts";
import { keyToPath } from "../disk/path.ts";
import { folderOrFile, isFolderObject, makeFolder, openPartIn, writeWholeIn } from "../disk/place.ts";
import type { Meter } from "../bytes/meter.ts";
import { settlePart } from "../disk/partial_file.ts";
import { partialPath } from "../disk/working_name.ts";
import { Watch } from "../bytes/watch.ts";
import type { ObjectMove, ObjectMoved, PartMove, PartMoved } from "./wire.ts";

/** Two folders and what their movements share. */
export interface LocalPair {
  readonly sourceRoot: string;
  readonly destinationRoot: string;
  readonly timeoutMs: number;
  readonly meter: Meter;
}

/** Copies one part into the partial file and marks it there. */
export async function copyLocalPart(pair: LocalPair, move: PartMove, signal: AbortSignal): Promise<PartMoved> {
  const path = partialPath(keyToPath(pair.destinationRoot, move.destinationKey), move.uploadId);
  const run = await startDigests(move.guard === undefined ? move.digests : [...move.digests, move.guard]);
  using watch = new Watch(signal, pair.timeoutMs, `Cannot copy ${move.sourceKey}`, move.sourceKey);
  using source = await LocalFile.open(keyToPath(pair.sourceRoot, move.sourceKey), move.pin.local?.fileMark);
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
  const { key, sizeBytes, local } = move.source;
  using watch = new Watch(signal, pair.timeoutMs, `Cannot copy ${key}`, key);
  watch.check();
  const { path, isFolder } = await folderOrFile(pair.sourceRoot, key, sizeBytes);
  const run = await startDigests(move.digests);
  const source = isFolder ? undefined : await LocalFile.open(path, local?.fileMark);
  let digests: Digests = {};
  let notes: readonly string[] = [];
  const details: ObjectDetails = {
    ...move.source,
    sizeBytes: source?.sizeBytes ?? 0,
    ...(source !== undefined && { lastModifiedMs: source.lastModifiedMs }),
    headers: {},
    checksums: [],
    tagCount: 0,
    archived: false,
  };
  const confirm = () => {
    digests = run.finish();
    move.confirm?.(details, digests);
  };
  try {
    await move.headers(details);
    if (source === undefined || isFolderObject(move.destinationKey, details.sizeBytes)) {
      await makeFolder(pair.destinationRoot, move.destinationKey);
      confirm();
    } else {
      notes = await copyWhole(pair, move, source, { run, watch, confirm });
    }
  } finally {
    source?.close();
  }
  return { sizeBytes: details.sizeBytes, checksums: [], digests, way: "local copy", details, notes };
}

async function copyWhole(
  pair: LocalPair,
  move: ObjectMove,
  source: LocalFile,
  passing: { readonly run: DigestRun; readonly watch: Watch; readonly confirm: () => void },
): Promise<string[]> {
  const { run, watch } = passing;
  const { sizeBytes, lastModifiedMs } = source;
  const time = move.times === "skip" ? {} : { lastModifiedMs };
  const target = keyToPath(pair.destinationRoot, move.destinationKey);
  const finish = { sizeBytes, ...time, ...(move.condition !== undefined && { condition: move.condition }) };
  return await writeWholeIn(pair.destinationRoot, target, finish, async (file) => {
    const write = fileSink(file, target, pair.meter, run);
    await source.pump(sizeBytes === 0 ? undefined : { first: 0, last: sizeBytes - 1 }, (chunk) => {
      watch.check();
      watch.touch();
      return write(chunk);
    });
    passing.confirm();
  });
}
