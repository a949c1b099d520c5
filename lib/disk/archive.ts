/**
 * A tar archive as a source: its regular files, in the order in which they stand there. Reads headers only; of a plain archive nothing
 * else, of a compressed one what lies between them. Must never write, and never holds more than one header.
 */
import { Buffer } from "node:buffer";
import { Header } from "tar/header";
import { Pax } from "tar/pax";
import { detailsOf } from "../bytes/local_source.ts";
import { TransferError } from "../errors.ts";
import { MIB, PAGE_ENTRIES_MAX } from "../limits.ts";
import type { ListOptions, Store } from "../store/store.ts";
import type { ObjectDetails, ObjectInfo, ReadyLocal } from "../types.ts";
import { fileError } from "./file_error.ts";
import { LOCAL_CAPABILITIES } from "./folder.ts";
import { LocalReads } from "./reads.ts";
import { LocalFile } from "./source_file.ts";
import { throwIfAborted } from "./walk.ts";

/** Headers and bodies are padded to this size (POSIX pax, "ustar Interchange Format"). */
const BLOCK_BYTES = 512;
/** No extended header is larger: names of a few kilobytes. */
const EXTENSION_BYTES_MAX = MIB;

/** How an archive is compressed, by its first bytes. Throws TransferError `config` when there is none, `denied` when it cannot be read. */
export async function prepareArchive(path: string, text: string): Promise<"none" | "gzip" | "bzip2"> {
  try {
    using file = await Deno.open(path, { read: true });
    if (!(await file.stat()).isFile) throw new TransferError("config", `Cannot use ${text}: it is not a file`);
    const start = new Uint8Array(3);
    await file.read(start);
    if (start[0] === 0x1f && start[1] === 0x8b) return "gzip";
    return start[0] === 0x42 && start[1] === 0x5a && start[2] === 0x68 ? "bzip2" : "none";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new TransferError("config", `There is no archive ${text}`, { cause: error });
    throw fileError(error, "open", `open ${text}`);
  }
}

/** Opens an archive as a store that can be listed and nothing else: its members are read by the wire. */
export function openTarStore(ready: ReadyLocal): Store {
  const refuse = () => Promise.reject(new TransferError("unsupported", `The archive ${ready.bucket} is a source only`));
  const list = (options: ListOptions) => listMembers(ready, options);
  return {
    label: ready.bucket,
    capabilities: { ...LOCAL_CAPABILITIES, provider: "archive", conditionalWrites: false },
    list,
    async head(key: string, options: { signal?: AbortSignal } = {}): Promise<ObjectDetails | undefined> {
      for await (const page of list({ prefix: key, ...options })) {
        const found = page.find((object) => object.key === key);
        if (found) return detailsOf(found);
      }
      return undefined;
    },
    readTags: () => Promise.resolve({}),
    createUpload: refuse,
    async *listUploads() {},
    // deno-lint-ignore require-yield -- there are no parts to give
    async *listParts() {
      await refuse();
    },
    completeUpload: refuse,
    abortUpload: refuse,
    copyObject: refuse,
    copyPart: refuse,
    deleteObjects: refuse,
    close() {},
  };
}

async function* listMembers(ready: ReadyLocal, { prefix, signal }: ListOptions): AsyncGenerator<readonly ObjectInfo[]> {
  const reads = new LocalReads(ready);
  try {
    let page: ObjectInfo[] = [];
    for await (const member of members(ready, reads, signal)) {
      if (!member.key.startsWith(prefix)) continue;
      page.push(member);
      if (page.length < PAGE_ENTRIES_MAX) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  } finally {
    reads.close();
  }
}

async function* members(ready: ReadyLocal, reads: LocalReads, signal: AbortSignal | undefined): AsyncGenerator<ObjectInfo> {
  using archive = await LocalFile.open(ready.bucket, undefined);
  const { fileMark } = archive;
  const ends = (at: number) => ready.archive === "none" && at > archive.sizeBytes;
  const read = async (offset: number, sizeBytes: number): Promise<Buffer | undefined> => {
    throwIfAborted(signal);
    if (ends(offset + sizeBytes)) return undefined;
    const pin = { local: { fileMark, slice: { offset, sizeBytes } } };
    using bytes = await reads.open({ key: ready.bucket, pin, sizeBytes });
    return await bytes?.withBytes({ first: 0, last: sizeBytes - 1 }, (found) => Promise.resolve(Buffer.from(found)));
  };
  let extended: Pax | { path?: string } | undefined;
  let globals: Pax | undefined;
  for (let offset = 0;;) {
    const block = await read(offset, BLOCK_BYTES).catch((error) => endOf(error, offset > 0));
    if (block === undefined) return;
    const header = new Header(block, 0, extended as never, globals as never);
    if (header.nullBlock) return;
    if (!header.cksumValid) throw broken(ready, offset > 0 ? "a header is damaged" : "this is not a tar archive");
    const sizeBytes = header.size ?? 0;
    const start = offset + BLOCK_BYTES;
    const extension = EXTENSIONS[header.type];
    if (extension !== undefined) {
      if (sizeBytes > EXTENSION_BYTES_MAX) throw broken(ready, "an extended header is too large");
      const body = sizeBytes === 0 ? Buffer.alloc(0) : await read(start, sizeBytes);
      if (body === undefined) throw broken(ready, "it ends in the middle");
      if (extension === "path") extended = { ...extended, path: textOf(body) };
      else if (extension === "global") globals = Pax.parse(body.toString("utf8"), globals as never, true);
      else if (extension === "pax") extended = { ...extended, ...Pax.parse(body.toString("utf8"), undefined as never, false) };
    } else {
      if (ends(start + sizeBytes)) throw broken(ready, "it ends in the middle");
      const key = keyOf(extended?.path ?? header.path ?? "");
      const lastModifiedMs = header.mtime?.getTime();
      const slice = { offset: start, sizeBytes };
      const object = { key, sizeBytes, local: { fileMark, slice }, ...(lastModifiedMs !== undefined && { lastModifiedMs }) };
      if (header.type === "SparseFile") yield { ...object, unreadable: "a sparse file, which archives hold in pieces" };
      else if (FILES.has(header.type) && key !== "") yield object;
      extended = undefined;
    }
    offset = start + Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

const FILES: ReadonlySet<string> = new Set(["File", "OldFile", "ContiguousFile"]);

/** Entries that say something of the next one, or of all that follow. */
const EXTENSIONS: Readonly<Record<string, "path" | "link" | "pax" | "global">> = {
  NextFileHasLongPath: "path",
  OldGnuLongPath: "path",
  NextFileHasLongLinkpath: "link",
  ExtendedHeader: "pax",
  OldExtendedHeader: "pax",
  GlobalExtendedHeader: "global",
};

/** An archive need not end in empty blocks: many do not. */
function endOf(error: unknown, mayEnd: boolean): undefined {
  if (mayEnd && error instanceof TransferError && error.kind === "sourceChanged") return undefined;
  throw error;
}

function broken(ready: ReadyLocal, why: string): TransferError {
  return new TransferError("unsupported", `Cannot read the archive ${ready.bucket}: ${why}`);
}

function textOf(body: Buffer): string {
  const end = body.indexOf(0);
  return body.subarray(0, end < 0 ? body.length : end).toString("utf8");
}

/** A member's name as a key: without empty and `.` segments, a `..` takes the segment before it and never more. */
function keyOf(name: string): string {
  const segments: string[] = [];
  for (const segment of name.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return segments.join("/");
}
