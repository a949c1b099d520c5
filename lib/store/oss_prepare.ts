/**
 * Turns a store of type oss into a bucket that can be reached.
 */
import { TransferError } from "../errors.ts";
import type { OssSpec, ReadyOss } from "../types.ts";
import type { CredentialSource } from "./store.ts";

/** Resolves and proves one bucket. */
export function prepareOss(
  spec: OssSpec,
  _bucket: string,
  _options: { signal: AbortSignal; timeoutMs: number },
): Promise<{ ready: ReadyOss; credentials: CredentialSource }> {
  return Promise.reject(new TransferError("unsupported", `Cannot open ${spec.name}`));
}
