/** The store suite on a folder. */
import { openLocalStore } from "../../lib/disk/folder.ts";
import type { PartInfo } from "../../lib/types.ts";
import { inFolder } from "../../lib/disk/held_folder.ts";
import { folderOf, keyToPath } from "../../lib/disk/path.ts";
import { openPart, settlePart } from "../../lib/disk/partial_file.ts";
import { partialPath } from "../../lib/disk/working_name.ts";
import type { PartToPut, StoreMaker, StoreUnderTest } from "../store/under_test.ts";
import { storeSuite } from "../store_suite.ts";

const NO_HEADERS = "files carry no headers and no tags";
const NO_COPIES = "a folder has no server-side copy";
const NO_DIGESTS = "files carry no digests: what a part should be is not looked at by a second read";
const NO_PARTS = "a file has no parts once it is whole";

storeSuite("a folder", () => Promise.resolve(localMaker()), {
  "head() tells every header as it was put": NO_HEADERS,
  "readTags() tells the tags of an object": NO_HEADERS,
  "createUpload() lays headers and tags on the object": NO_HEADERS,
  "createUpload() carries metadata beyond ASCII": NO_HEADERS,
  "head() with a part number tells the size of the part": NO_PARTS,
  "a key with a segment of 300 bytes is kept": "file systems hold names of 255 bytes",
  "a key may be another one's folder": "a file cannot be a folder as well",
  "listUploads() finds more uploads of one key than a page holds": "it begins `up` and `up/x`, and a file cannot be a folder as well",
  "completeUpload() refuses a part that is not what was sent": NO_DIGESTS,
  "listParts() tells the declared checksum and that of each part": NO_DIGESTS,
  "completeUpload() refuses a wrong checksum of the whole and keeps the right one": NO_DIGESTS,
  "copyObject() copies bytes and what the source carries": NO_COPIES,
  "copyObject() with headers replaces what the source carries": NO_COPIES,
  "copyObject() keeps tags, or replaces them with the headers": NO_COPIES,
  "copyObject() refuses a source that is not the planned version": NO_COPIES,
  "copyPart() copies ranges into parts": NO_COPIES,
  "copyPart() refuses a source that is not the planned version": NO_COPIES,
});

function localMaker(): StoreMaker {
  return { make: makeLocal, stop: () => Promise.resolve() };
}

async function makeLocal(): Promise<StoreUnderTest> {
  const folder = await Deno.makeTempDir();
  return {
    store: openLocalStore({ type: "local", name: "local", bucket: folder }),
    bucket: folder,
    put: async (key, bytes) => {
      const path = keyToPath(folder, key);
      await inFolder(folder, path, () => {});
      await Deno.writeFile(path, bytes);
    },
    read: (key) => Deno.readFile(keyToPath(folder, key)),
    putPart: (part) => putPart(folder, part),
    close: () => Deno.remove(folder, { recursive: true }),
  };
}

async function putPart(folder: string, { key, uploadId, partNumber, bytes, layout }: PartToPut): Promise<PartInfo> {
  const path = partialPath(keyToPath(folder, key), uploadId);
  const { file } = await openPart(folderOf(path), path, { layout, partNumber });
  try {
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
    await settlePart(file, path, layout, partNumber);
  } finally {
    file.close();
  }
  return { partNumber, sizeBytes: bytes.length, checksums: [] };
}
