/**
 * The embedded store on a thread of its own: a message loop and nothing else, so that its work never waits for main's.
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { type EmbeddedOptions, type EmbeddedStore, startEmbeddedStore } from "../lib/embedded/embedded.ts";

/** Main to worker. Options are plain data: no clock, no request hook. */
export type EmbeddedCommand =
  | { readonly type: "start"; readonly options: Omit<EmbeddedOptions, "now" | "onRequest"> }
  /** Makes a bucket when it is missing; answered by `bucketReady` or `failed`. */
  | { readonly type: "bucket"; readonly bucket: string }
  | { readonly type: "close" };

/** Worker to main. `listening` holds the secret key. */
export type EmbeddedEvent =
  | { readonly type: "listening"; readonly endpoint: string; readonly accessKeyId: string; readonly secretAccessKey: string }
  | { readonly type: "bucketReady"; readonly bucket: string }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "closed" };

let store: EmbeddedStore | undefined;
let last: Promise<void> = Promise.resolve();

self.onmessage = (event: MessageEvent<EmbeddedCommand>) => {
  last = last.then(() => obey(event.data)).catch((error: unknown) => {
    post({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  });
};

async function obey(command: EmbeddedCommand): Promise<void> {
  switch (command.type) {
    case "start": {
      store = await startEmbeddedStore(command.options);
      const { endpoint, accessKeyId, secretAccessKey } = store;
      return post({ type: "listening", endpoint, accessKeyId, secretAccessKey });
    }
    case "bucket":
      if (store === undefined) throw new Error("The embedded store is not running");
      await store.addBucket(command.bucket);
      return post({ type: "bucketReady", bucket: command.bucket });
    case "close":
      await store?.close();
      store = undefined;
      return post({ type: "closed" });
    default:
      return unknownCommand(command);
  }
}

function unknownCommand(command: never): never {
  throw new Error(`Unknown command: ${JSON.stringify(command)}`);
}

function post(event: EmbeddedEvent): void {
  self.postMessage(event);
}
