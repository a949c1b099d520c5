/**
 * Store to local file: parts go into the partial file at their offset, small objects into a file of another name that is then renamed. Must
 * never write a byte into the target itself.
 */
import type { Digests } from "../types.ts";
import { readDetails } from "../remote/answers.ts";
import { type DigestRun, startDigests } from "../bytes/digest.ts";
import type { Exchange } from "../remote/exchange.ts";
import { fileError } from "../disk/file_error.ts";
import { fileSink } from "./file_sink.ts";
import { inFolder } from "../disk/held_folder.ts";
import { type Incoming, openIncoming, type ReadRequest, whatOf } from "../remote/incoming.ts";
import { isFolderObject, makeFolder } from "../disk/folder_key.ts";
import { keyToPath } from "../disk/path.ts";
import type { Meter } from "../bytes/meter.ts";
import { openPartIn, settlePart } from "../disk/partial_file.ts";
import { writeWholeIn } from "../disk/whole_file.ts";
import { partialPath } from "../disk/working_name.ts";
import { makeFolderNode, makeLinkNode, nodeKind, restoreOwnership } from "../disk/tree_node.ts";
import { Watch } from "../bytes/watch.ts";
import type { ObjectMove, ObjectMoved, PartMove, PartMoved } from "./wire.ts";

/** A store, a folder, and what their movements share. */
export interface DownloadPair {
  readonly source: Exchange;
  /** Absolute path of the destination folder. */
  readonly root: string;
  /** Folders and links come as objects, with owners and modes. */
  readonly keepsNodes: boolean;
  readonly timeoutMs: number;
  readonly meter: Meter;
}

/** Fetches one part into the partial file and marks it there. */
export async function downloadPart(pair: DownloadPair, move: PartMove, signal: AbortSignal): Promise<PartMoved> {
  const sizeBytes = move.range.last - move.range.first + 1;
  const read: ReadRequest = { key: move.sourceKey, pin: move.pin, range: move.range, sizeBytes };
  const path = partialPath(keyToPath(pair.root, move.destinationKey), move.uploadId);
  const run = await startDigests(move.guard === undefined ? move.digests : [...move.digests, move.guard]);
  using watch = new Watch(signal, pair.timeoutMs, whatOf(pair.source, read), move.sourceKey);
  const incoming = await openIncoming(pair.source, read, watch);
  let opened;
  try {
    opened = await openPartIn(pair.root, path, move);
  } catch (error) {
    incoming.cancel();
    throw error;
  }
  using file = opened.file;
  await incoming.pump(fileSink(file, path, pair.meter, run), watch);
  await settlePart(file, path, move.layout, move.partNumber);
  return { sizeBytes, checksums: [], digests: run.finish(), way: "download" };
}

/** Fetches one whole object; the file gets the source's last modified as its time. An empty object named `…/` becomes a folder. */
export async function downloadObject(pair: DownloadPair, move: ObjectMove, signal: AbortSignal): Promise<ObjectMoved> {
  const { key, sizeBytes } = move.source;
  const read: ReadRequest = { key, pin: move.source, range: undefined, sizeBytes };
  const run = await startDigests(move.digests);
  using watch = new Watch(signal, pair.timeoutMs, whatOf(pair.source, read), key);
  const incoming = await openIncoming(pair.source, read, watch);
  let begun = false;
  let digests: Digests = {};
  let notes: readonly string[] = [];
  const details = readDetails(move.source, incoming.headers, pair.source.store.capabilities);
  try {
    await move.headers(details);
    const confirm = () => {
      digests = run.finish();
      move.confirm?.(details, digests);
    };
    const metadata = details.headers.metadata ?? {};
    const kind = pair.keepsNodes ? nodeKind(details, metadata) : "file";
    if (kind !== "file") {
      begun = true;
      const body = await readBody(incoming, sizeBytes, { run, watch });
      confirm();
      await placeNode(pair.root, move.destinationKey, { kind, body, metadata });
    } else if (isFolderObject(move.destinationKey, sizeBytes)) {
      await makeFolder(pair.root, move.destinationKey);
      confirm();
    } else {
      const target = keyToPath(pair.root, move.destinationKey);
      watch.touch();
      const finish = {
        sizeBytes,
        lastModifiedMs: move.times === "skip" ? undefined : details.lastModifiedMs,
        condition: move.condition,
        ownership: pair.keepsNodes ? metadata : undefined,
      };
      notes = await writeWholeIn(pair.root, target, finish, async (file) => {
        begun = true;
        await incoming.pump(fileSink(file, target, pair.meter, run), watch);
        confirm();
      });
    }
  } finally {
    if (!begun) incoming.cancel();
  }
  return { sizeBytes, checksums: [], digests, way: "download", details, notes };
}

/** The whole body of a node: a few bytes. */
async function readBody(incoming: Incoming, sizeBytes: number, { run, watch }: { run: DigestRun; watch: Watch }): Promise<string> {
  const body = new Uint8Array(sizeBytes);
  let filled = 0;
  await incoming.pump((chunk) => {
    run.update(chunk);
    body.set(chunk, filled);
    filled += chunk.length;
  }, watch);
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
    if (node.kind === "link") {
      return await makeLinkNode(path, node.body);
    }
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
