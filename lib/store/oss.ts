/**
 * A bucket of Alibaba OSS behind the contract of store.ts.
 */
import { TransferError } from "../errors.ts";
import type { ReadyOss } from "../types.ts";
import type { CredentialSource, Store } from "./store.ts";

/** Opens it. */
export function openOssStore(ready: ReadyOss, _credentials: CredentialSource, _options: { timeoutMs: number }): Store {
  throw new TransferError("unsupported", `Cannot open ${ready.name}`);
}
