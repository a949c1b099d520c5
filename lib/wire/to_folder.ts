/**
 * Into a folder, from a store or from another folder: parts go into the partial file at their offset, small objects into a file of another
 * name that is then renamed. Must never write a byte into the target itself.
 */
import { type DigestRun, startDigests } from "../bytes/digest.ts";
import { detailsOf } from "../bytes/local_source.ts";
import type { Meter, Sink } from "../bytes/sink.ts";
import { wholeRange } from "../bytes/part_layout.ts";
import { Watch } from "../bytes/watch.ts";
import { fileError } from "../disk/file_error.ts";
import { isFolderObject, makeFolder } from "../disk/folder_key.ts";
import { inFolder } from "../disk/held_folder.ts";
import { openPart, settlePart } from "../disk/partial_file.ts";
import { keyToPath } from "../disk/path.ts";
import type { LocalReads } from "../disk/reads.ts";
import { makeFolderNode, makeLinkNode, nodeKind, restoreOwnership } from "../disk/tree_node.ts";
import { writeWholeIn } from "../disk/whole_file.ts";
import { partialPath } from "../disk/working_name.ts";
import { TransferError } from "../errors.ts";
import { readDetails } from "../remote/answers.ts";
import { Exchange } from "../remote/exchange.ts";
import { openIncoming, type ReadRequest, whatOf } from "../remote/incoming.ts";
import type { Digests, ObjectDetails, ObjectInfo } from "../types.ts";
import type { ObjectMove, ObjectMoved, PartMove, PartMoved } from "./wire.ts";

/** A source, a folder, and what their movements share. */
export interface FolderPair {
  readonly source: Exchange | LocalReads;
  readonly destination: LocalReads;
  readonly timeoutMs: number;
  readonly meter: Meter;
}

/** Fetches one part into the partial file and marks it there. */
export async function partToFolder(pair: FolderPair, move: PartMove, signal: AbortSignal): Promise<PartMoved> {
  const { sourceKey: key, pin, range, layout, guard } = move;
  const { root } = pair.destination;
  const sizeBytes = range.last - range.first + 1;
  const path = partialPath(keyToPath(root, move.destinationKey), move.uploadId);
  const run = await startDigests(guard === undefined ? move.digests : [...move.digests, guard]);
  using watch = watchOf(pair, key, signal);
  using source = await openSource(pair, { key, pin, range, sizeBytes, objectBytes: layout.sizeBytes }, watch);
  if (source.isFolder) throw new TransferError("sourceChanged", `${key} became a folder while it was read`);
  using file = (await openPart(root, path, move)).file;
  await source.pump(fileSink(file, path, { run, meter: pair.meter }));
  await settlePart(file, path, layout, move.partNumber);
  return { sizeBytes, checksums: [], digests: run.finish(), way: wayOf(pair) };
}

/** Fetches one whole object; the file gets the source's last modified as its time. An empty object named `…/` becomes a folder. */
export async function objectToFolder(pair: FolderPair, move: ObjectMove, signal: AbortSignal): Promise<ObjectMoved> {
  const { key, sizeBytes: objectBytes } = move.source;
  const { root } = pair.destination;
  const run = await startDigests(move.digests);
  using watch = watchOf(pair, key, signal);
  watch.check();
  using source = await openSource(pair, { key, pin: move.source, range: undefined, sizeBytes: objectBytes, objectBytes }, watch);
  const details = source.details(move.source);
  const { sizeBytes } = details;
  const metadata = details.headers.metadata ?? {};
  const keepsNodes = pair.destination.keepsNodes && pair.source instanceof Exchange;
  const kind = keepsNodes ? nodeKind(details, metadata) : "file";
  let digests: Digests = {};
  let notes: readonly string[] = [];
  await move.headers(details);
  const confirm = () => {
    digests = run.finish();
    move.confirm?.(details, digests);
  };
  if (kind !== "file") {
    const body = await readText(source, sizeBytes, run);
    confirm();
    await placeNode(root, move.destinationKey, { kind, body, metadata });
  } else if (source.isFolder || isFolderObject(move.destinationKey, sizeBytes)) {
    await makeFolder(root, move.destinationKey);
    confirm();
  } else {
    const target = keyToPath(root, move.destinationKey);
    watch.touch();
    const finish = {
      sizeBytes,
      lastModifiedMs: move.times === "skip" ? undefined : details.lastModifiedMs,
      condition: move.condition,
      ownership: keepsNodes ? metadata : undefined,
    };
    notes = await writeWholeIn(root, target, finish, async (file) => {
      await source.pump(fileSink(file, target, { run, meter: pair.meter }));
      confirm();
    });
  }
  return { sizeBytes, checksums: [], digests, way: wayOf(pair), details, notes };
}

function wayOf({ source }: FolderPair): "download" | "local copy" {
  return source instanceof Exchange ? "download" : "local copy";
}

function watchOf({ source, timeoutMs }: FolderPair, key: string, signal: AbortSignal): Watch {
  return new Watch(signal, timeoutMs, source instanceof Exchange ? whatOf(source, key) : `Cannot copy ${key}`, key);
}

/** A source that is open for one movement. */
interface OpenSource extends Disposable {
  readonly isFolder: boolean;
  /** What the source says of the whole object. */
  details(listed: ObjectInfo): ObjectDetails;
  pump(sink: Sink): Promise<void>;
}

async function openSource({ source }: FolderPair, read: ReadRequest & { readonly objectBytes: number }, watch: Watch): Promise<OpenSource> {
  if (source instanceof Exchange) {
    const incoming = await openIncoming(source, read, watch);
    return {
      isFolder: false,
      details: (listed) => readDetails(listed, incoming.headers, source.store.capabilities),
      pump: (sink) => incoming.pump(sink, watch),
      [Symbol.dispose]: () => incoming[Symbol.dispose](),
    };
  }
  const bytes = await source.open({ key: read.key, pin: read.pin, sizeBytes: read.objectBytes });
  return {
    isFolder: bytes === undefined,
    details: (listed) => detailsOf(listed, bytes),
    async pump(sink) {
      await bytes?.pump(read.range ?? wholeRange(bytes.sizeBytes), (chunk) => {
        watch.check();
        watch.touch();
        return sink(chunk);
      });
    },
    [Symbol.dispose]: () => bytes?.[Symbol.dispose](),
  };
}

/**
 * A sink that writes at the file's position, counts and digests. Writes are synchronous on purpose: asynchronous ones of several parts
 * fight for the lock of one file and burn three times the CPU, and a chunk is small. Throws `storage` when the disk is full.
 */
function fileSink(file: Deno.FsFile, path: string, { run, meter }: { readonly run: DigestRun; readonly meter: Meter }): Sink {
  return (chunk) => {
    run.update(chunk);
    try {
      for (let written = 0; written < chunk.length;) written += file.writeSync(chunk.subarray(written));
    } catch (error) {
      throw fileError(error, "write", `write ${path}`);
    }
    meter.bytes += chunk.length;
  };
}

/** The whole body of a node: a few bytes. */
async function readText(source: OpenSource, sizeBytes: number, run: DigestRun): Promise<string> {
  const body = new Uint8Array(sizeBytes);
  let filled = 0;
  await source.pump((chunk) => {
    run.update(chunk);
    body.set(chunk, filled);
    filled += chunk.length;
  });
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
}

/** A folder or a link in its place; the empty key is the root itself. */
async function placeNode(
  root: string,
  key: string,
  node: { kind: "folder" | "link"; body: string; metadata: Readonly<Record<string, string>> },
): Promise<void> {
  const target = key === "" ? root : keyToPath(root, key);
  const place = async (path: string) => {
    if (node.kind === "link") return await makeLinkNode(path, node.body);
    if (key !== "") await makeFolderNode(path);
    restoreOwnership(path, node.metadata, "folder");
  };
  try {
    // The user may have named the root by a link.
    if (key === "") await place(await Deno.realPath(root));
    else await inFolder(root, target, ({ path }) => place(path));
  } catch (error) {
    throw fileError(error, "makeLink", `make ${target}`);
  }
}
