/**
 * Messages between main and the thread of an embedded store: plain data. Each command gets one event, in order.
 */
import type { EmbeddedOptions } from "./embedded.ts";

/** Main to worker. Options are plain data: no clock, no request hook. */
export type EmbeddedCommand =
  | { readonly type: "start"; readonly options: Omit<EmbeddedOptions, "now" | "onRequest"> }
  | { readonly type: "addBucket"; readonly name: string }
  | { readonly type: "close" };

/** Worker to main. `listening` holds the secret key; `failed` may follow any command. */
export type EmbeddedEvent =
  | { readonly type: "listening"; readonly endpoint: string; readonly accessKeyId: string; readonly secretAccessKey: string }
  | { readonly type: "added"; readonly name: string }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "closed" };
