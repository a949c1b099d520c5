/**
 * The manifest: NDJSON, a line per object and the summary at the end. Lines are written in order, in the background, with a bounded queue:
 * a crash can cut the last line short and nothing else. Never holds a secret.
 */
import { cannotBegin, reasonOf, TransferError } from "../errors.ts";
import { jsonText } from "./escape.ts";
import type { ReportRecord } from "./records.ts";
import type { Redactor } from "./redact.ts";

/** Text that waits to be written before {@link Manifest.write} makes its caller wait. */
const QUEUE_CHARS_MAX = 1024 * 1024;

/** The part of a file that a manifest uses. */
export interface ManifestFile {
  write(bytes: Uint8Array): Promise<number>;
  sync(): Promise<void>;
  close(): void;
}

/** `append` keeps what is there: for a second job of a run that names the same file. Throws `config` when it cannot be opened. */
export async function openManifest(path: string, options: { readonly append?: boolean; readonly redactor: Redactor }): Promise<Manifest> {
  const { append = false, redactor } = options;
  try {
    return new Manifest(await Deno.open(path, { write: true, create: true, append, truncate: !append }), path, redactor);
  } catch (error) {
    throw cannotBegin(`Cannot open the manifest ${path}`, error);
  }
}

/** A manifest being written. */
export class Manifest {
  readonly #encoder = new TextEncoder();
  #queue: string[] = [];
  #queuedChars = 0;
  #writing: Promise<void> | undefined;
  #failure: TransferError | undefined;

  constructor(private readonly file: ManifestFile, private readonly path: string, private readonly redactor: Redactor) {}

  /** Adds a line, and returns when the queue has room. Throws `storage` when an earlier line could not be written (a full disk). */
  async write(record: ReportRecord): Promise<void> {
    this.#throwFailure();
    const line = `${this.redactor.redact(jsonText(record))}\n`;
    this.#queue.push(line);
    this.#queuedChars += line.length;
    this.#writing ??= this.#drain();
    while (this.#queuedChars > QUEUE_CHARS_MAX && this.#writing !== undefined) await this.#writing;
    this.#throwFailure();
  }

  /** Writes what is queued, puts it on the disk and closes the file. Throws `storage`. */
  async close(): Promise<void> {
    try {
      await this.#writing;
      this.#throwFailure();
      await this.file.sync();
    } catch (error) {
      throw this.#asFailure(error);
    } finally {
      this.file.close();
    }
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const text = this.#queue.join("");
        this.#queue = [];
        let rest = this.#encoder.encode(text);
        while (rest.length > 0) rest = rest.subarray(await this.file.write(rest));
        this.#queuedChars -= text.length;
      }
    } catch (error) {
      this.#failure = this.#asFailure(error);
    } finally {
      this.#writing = undefined;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #asFailure(error: unknown): TransferError {
    if (error instanceof TransferError) return error;
    return new TransferError("storage", `Cannot write the manifest ${this.path}: ${reasonOf(error)}`, { cause: error });
  }
}
