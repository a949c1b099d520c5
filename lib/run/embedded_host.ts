/**
 * Embedded stores of this process: each folder is served once, by a thread of its own, however many jobs name it. Main never touches a
 * byte of theirs.
 */
import { TransferError } from "../errors.ts";
import type { EmbeddedSpec, S3Spec } from "../types.ts";

interface Hosted {
  readonly worker: Worker;
  readonly spec: Promise<S3Spec>;
}

type EmbeddedAnswer =
  | { readonly type: "listening"; readonly endpoint: string; readonly accessKeyId: string; readonly secretAccessKey: string }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "closed" };

/** See the file comment. */
export class EmbeddedHost {
  readonly #hosted = new Map<string, Hosted>();

  /** The S3 store behind an embedded one, started when first asked for, with this bucket in it. */
  async serve(spec: EmbeddedSpec, bucket: string): Promise<S3Spec> {
    let hosted = this.#hosted.get(spec.folder);
    if (!hosted) {
      hosted = start(spec);
      this.#hosted.set(spec.folder, hosted);
    }
    const served = await hosted.spec;
    hosted.worker.postMessage({ type: "bucket", bucket });
    return { ...served, name: spec.name };
  }

  /** Ends every store and waits for it. */
  async close(): Promise<void> {
    const hosted = [...this.#hosted.values()];
    this.#hosted.clear();
    await Promise.all(hosted.map(({ worker }) => closeWorker(worker)));
  }
}

function start(spec: EmbeddedSpec): Hosted {
  const worker = new Worker(new URL("../../workers/embedded.ts", import.meta.url), { type: "module" });
  const served = new Promise<S3Spec>((resolve, reject) => {
    const fail = (message: string) =>
      reject(new TransferError("config", `Cannot start the embedded store ${spec.name} on ${spec.folder}: ${message}`));
    worker.onerror = (event) => {
      event.preventDefault();
      fail(event.message);
    };
    worker.onmessage = ({ data }: MessageEvent<EmbeddedAnswer>) => {
      if (data.type === "failed") return fail(data.message);
      if (data.type !== "listening") return;
      const { endpoint, accessKeyId, secretAccessKey } = data;
      const credentials = { accessKeyId, secretAccessKey };
      resolve({ type: "s3", name: spec.name, endpoint, region: "us-east-1", credentials, addressing: "path", requesterPays: false });
    };
  });
  worker.postMessage({ type: "start", options: { folder: spec.folder } });
  return { worker, spec: served };
}

function closeWorker(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<EmbeddedAnswer>) => {
      if (data.type !== "closed") return;
      worker.terminate();
      resolve();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      resolve();
    };
    worker.postMessage({ type: "close" });
  });
}
