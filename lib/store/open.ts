/** Opens any ready store. Each implementation is loaded only when it is wanted. Must never look at anything but the type of the store. */
import type { Exchange } from "../remote/exchange.ts";
import type { CredentialSource, Store } from "./store.ts";
import type { ReadyStore } from "../types.ts";
import { TransferError } from "../errors.ts";

/** Options of {@link openStore}. */
export interface OpenOptions {
  /** A request without any progress for this long has failed. Local stores need none. */
  timeoutMs: number;
  /** Listings of stores that have links show them as what they lead to. */
  followLinks?: boolean | undefined;
  /** Called with a line for people, such as what a refusal costs. Default: nothing is said. */
  onNote?: ((line: string) => void) | undefined;
  /** Connections to this bucket that the wire uses as well. Default: the store has its own. */
  exchange?: Exchange | undefined;
}

/** The store behind a bucket or folder. `credentials` is needed for buckets alone. */
export async function openStore(ready: ReadyStore, credentials: CredentialSource | undefined, options: OpenOptions): Promise<Store> {
  if (ready.type === "local" && ready.archive !== undefined) {
    const { openTarStore } = await import("../disk/archive.ts");
    return openTarStore(ready);
  }
  if (ready.type === "local") {
    const { openLocalStore } = await import("../disk/folder.ts");
    return openLocalStore(ready);
  }
  if (credentials === undefined) throw new TransferError("bug", `Store ${ready.name} was opened without credentials`);
  const { openRemoteStore } = await import("../remote/remote_store.ts");
  return openRemoteStore(ready, credentials, options);
}
