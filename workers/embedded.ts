/**
 * The embedded store on a thread of its own: a message loop and nothing else, so that its work never waits for main's.
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { type EmbeddedStore, startEmbeddedStore } from "../lib/embedded/embedded.ts";
import { reasonOf } from "../lib/errors.ts";
import type { EmbeddedCommand, EmbeddedEvent } from "../lib/embedded/protocol.ts";

let store: EmbeddedStore | undefined;
let last: Promise<void> = Promise.resolve();

self.onmessage = (event: MessageEvent<EmbeddedCommand>) => {
  last = last.then(() => obey(event.data)).catch((error: unknown) => {
    post({ type: "failed", message: reasonOf(error) });
  });
};

async function obey(command: EmbeddedCommand): Promise<void> {
  switch (command.type) {
    case "start": {
      store = await startEmbeddedStore(command.options);
      const { endpoint, accessKeyId, secretAccessKey } = store;
      return post({ type: "listening", endpoint, accessKeyId, secretAccessKey });
    }
    case "addBucket":
      if (store === undefined) throw new Error("The embedded store is not running");
      await store.addBucket(command.name);
      return post({ type: "added", name: command.name });
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
