/**
 * Embedded stores of this process: each folder is served once, by a thread of its own, however many jobs name it. Main never touches a
 * byte of theirs.
 */
import type { EmbeddedCommand, EmbeddedEvent } from "../embedded/protocol.ts";
import { missingFlag, TransferError } from "../errors.ts";

/** A folder that is a store, and the name that the job gives it. */
type ServedFolder = Readonly<Record<"name" | "folder", string>>;

/** Where an embedded store listens, and the keys that it takes. */
export type ServedStore = Readonly<Record<"endpoint" | "accessKeyId" | "secretAccessKey", string>>;

/** Embedded stores that outlive a single call, each on a folder of its own. Close it in the end. */
export class EmbeddedHost {
  readonly #hosted = new Map<string, Promise<HostedStore>>();

  /**
   * The store behind an embedded one, started when first asked for, with this bucket in it. Throws TransferError `config`.
   * @ignore A run calls it; scripts only hand the host in and close it.
   */
  async serve(spec: ServedFolder, bucket: string): Promise<ServedStore> {
    let hosted = this.#hosted.get(spec.folder);
    if (!hosted) {
      hosted = HostedStore.start(spec);
      this.#hosted.set(spec.folder, hosted);
    }
    const store = await hosted;
    await store.ask({ type: "addBucket", name: bucket });
    return store.listening;
  }

  /** Ends every store and waits for it. */
  async close(): Promise<void> {
    const hosted = [...this.#hosted.values()];
    this.#hosted.clear();
    for (const starting of hosted) {
      const store = await starting.catch(() => undefined);
      await store?.close();
    }
  }
}

type Listening = Extract<EmbeddedEvent, { type: "listening" }>;

/** One thread with one store; it obeys commands in their order. */
class HostedStore {
  listening!: Listening;
  readonly #worker: Worker;
  readonly #what: string;
  readonly #waiting: { resolve: (event: EmbeddedEvent) => void; reject: (error: TransferError) => void }[] = [];

  private constructor(spec: ServedFolder) {
    this.#what = `the embedded store ${spec.name} on ${spec.folder}`;
    this.#worker = new Worker(new URL("../../workers/embedded.ts", import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<EmbeddedEvent>) => {
      if (data.type === "failed") this.#waiting.shift()?.reject(this.#failure(data.message));
      else this.#waiting.shift()?.resolve(data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      for (const { reject } of this.#waiting.splice(0)) reject(this.#failure(event.message));
    };
  }

  static async start(spec: ServedFolder): Promise<HostedStore> {
    const store = new HostedStore(spec);
    try {
      store.listening = await store.ask({ type: "start", options: { folder: spec.folder } }) as Listening;
      return store;
    } catch (error) {
      store.#worker.terminate();
      throw error;
    }
  }

  ask(command: EmbeddedCommand): Promise<EmbeddedEvent> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(command);
    });
  }

  async close(): Promise<void> {
    try {
      await this.ask({ type: "close" });
    } finally {
      this.#worker.terminate();
    }
  }

  #failure(message: string): TransferError {
    const flag = missingFlag(message);
    const why = flag === undefined ? message : `Deno was not allowed to, run again with ${flag}`;
    return new TransferError("config", `Cannot use ${this.#what}: ${why}`);
  }
}
