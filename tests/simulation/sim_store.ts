/** A client's view of a simulated bucket: the double of a store over a line that loses, delays and repeats; its listings tear. */
import { TransferError } from "../../lib/errors.ts";
import type { ListOptions } from "../../lib/store/store.ts";
import { listPages, type PageStart } from "../../lib/remote/pages.ts";
import type { ObjectInfo, Side } from "../../lib/types.ts";
import { type Asked, MemoryStore } from "../store/memory_store.ts";
import type { Bucket } from "./bucket.ts";
import type { Line } from "./line.ts";
import type { Matter } from "./matter.ts";

function tornPage(tokenRefused: boolean): TransferError {
  if (tokenRefused) {
    return new TransferError("unsupported", "Cannot list: InvalidArgument, the continuation token is incorrect", { status: 400 });
  }
  return new TransferError("server", "Cannot list: the answer broke off");
}

/** See the file comment. */
export class SimStore extends MemoryStore<Matter> {
  /** `peer` is the bucket that server-side copies read. */
  constructor(bucket: Bucket, readonly side: Side, readonly line: Line, pageEntries: number, peer: Bucket) {
    super(bucket, { pageEntries, peer, client: line.client.name });
  }

  protected override ask<T>({ detail: _detail, ...request }: Asked<T>): Promise<T> {
    return this.line.ask({ ...request, side: this.side, reliable: this.bucket.traits.kind === "local" });
  }

  /** Pages as the contract promises them, but for what a torn listing does: a page breaks off, or its token is refused. */
  override list(options: ListOptions): AsyncGenerator<readonly ObjectInfo[]> {
    const { world } = this.line;
    // A store may not know startAfter.
    const knowsStartAfter = world.random() < 0.7;
    const page = async ({ token, startAfter }: PageStart) => {
      const after = token ?? (knowsStartAfter ? startAfter : undefined);
      const { objects, more } = await this.askPage(options, after);
      if (world.random() < world.faults.torn) throw tornPage(token !== undefined && world.random() < 0.2);
      return { objects, ...(more && { next: objects.at(-1)?.key ?? after ?? "" }) };
    };
    return listPages({ ...options, what: "Cannot list", page });
  }
}
