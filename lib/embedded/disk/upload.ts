/**
 * Unfinished multipart uploads of one bucket. A part is there once its record is renamed into the upload's folder; its bytes are a data
 * file like any other, so that completing moves no byte.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { removeData } from "./data.ts";
import { type BucketPaths, namesIn, readRecordSync, removeIfThere, writeRecord } from "./layout.ts";
import { NamedLocks } from "./lock.ts";
import type { PartRecord, UploadRecord } from "./records.ts";

const UPLOAD_FILE = "upload.json";

/** An unfinished upload with its parts by number. */
export interface OpenUpload {
  readonly record: UploadRecord;
  readonly parts: Map<number, PartRecord>;
}

/** The unfinished uploads of a bucket. */
export class DiskUploads {
  readonly #paths: BucketPaths;
  readonly #open = new Map<string, OpenUpload>();
  readonly #locks = new NamedLocks();
  #lastTimeMs = 0;

  constructor(paths: BucketPaths) {
    this.#paths = paths;
  }

  /** Reads what is on disk. `finished` says that an object was already made of an upload: then a killed process left its folder behind. */
  load(finished: (uploadId: string) => boolean): void {
    for (const uploadId of namesIn(this.#paths.uploads)) {
      const folder = join(this.#paths.uploads, uploadId);
      const record = readRecordSync<UploadRecord>(join(folder, UPLOAD_FILE));
      if (record === undefined || finished(uploadId)) {
        Deno.removeSync(folder, { recursive: true });
        continue;
      }
      const parts = new Map<number, PartRecord>();
      for (const name of namesIn(folder)) {
        if (name.endsWith(".tmp")) Deno.removeSync(join(folder, name));
        if (!/^\d+\.json$/.test(name)) continue;
        const part = readRecordSync<PartRecord>(join(folder, name));
        if (part !== undefined) parts.set(part.partNumber, part);
      }
      this.#open.set(uploadId, { record, parts });
    }
  }

  /** The upload of this id, if it is of this key. */
  get(key: string, uploadId: string): OpenUpload | undefined {
    const upload = this.#open.get(uploadId);
    return upload?.record.key === key ? upload : undefined;
  }

  /** All uploads, in no order. */
  all(): Iterable<OpenUpload> {
    return this.#open.values();
  }

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  /** Begins an upload and returns its id, which sorts behind those of earlier uploads. */
  async create(upload: Omit<UploadRecord, "uploadId">, nowMs: number): Promise<string> {
    this.#lastTimeMs = Math.max(this.#lastTimeMs + 1, Math.floor(nowMs));
    const uploadId = this.#lastTimeMs.toString(36).padStart(9, "0") + randomBytes(12).toString("hex");
    const record: UploadRecord = { ...upload, uploadId };
    await writeRecord(join(this.#paths.uploads, uploadId, UPLOAD_FILE), record);
    this.#open.set(uploadId, { record, parts: new Map() });
    return uploadId;
  }

  /**
   * Keeps a part whose bytes are on disk, in place of an earlier one of its number. False, and the bytes are removed, when the upload
   * is gone.
   */
  async addPart(key: string, uploadId: string, part: PartRecord): Promise<boolean> {
    return await this.exclusively(uploadId, async () => {
      const upload = this.get(key, uploadId);
      if (upload === undefined) {
        await removeData(this.#paths, part.pieces);
        return false;
      }
      const earlier = upload.parts.get(part.partNumber);
      await writeRecord(join(this.#paths.uploads, uploadId, `${part.partNumber}.json`), part);
      upload.parts.set(part.partNumber, part);
      if (earlier !== undefined) await removeData(this.#paths, earlier.pieces);
      return true;
    });
  }

  /** Runs an action while no part is added to this upload and no other such action runs on it. */
  async exclusively<T>(uploadId: string, action: () => Promise<T>): Promise<T> {
    return await this.#locks.run(uploadId, action);
  }

  /** Ends an upload, aborted or complete: removes its records and the bytes of all parts but those in `kept`. Call it exclusively. */
  async forget(upload: OpenUpload, kept: ReadonlySet<PartRecord>): Promise<void> {
    this.#open.delete(upload.record.uploadId);
    await removeIfThere(join(this.#paths.uploads, upload.record.uploadId));
    for (const part of upload.parts.values()) {
      if (!kept.has(part)) await removeData(this.#paths, part.pieces);
    }
  }
}
