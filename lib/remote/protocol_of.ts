/** Which protocol a bucket speaks: the one place that knows all of them. */
import type { ReadyRemote } from "../types.ts";
import { OssProtocol } from "./oss.ts";
import type { Protocol } from "./protocol.ts";
import { S3Protocol } from "./s3.ts";

/** The protocol of a bucket. */
export function protocolOf(store: ReadyRemote): Protocol {
  return store.type === "oss" ? new OssProtocol(store) : new S3Protocol(store);
}
