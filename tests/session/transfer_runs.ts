/**
 * Whole transfers on the fake world, for tests.
 */
import { assert, assertEquals } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { Habits } from "../../lib/session/transfer_work.ts";
import { runTransfer } from "../../lib/session/run_transfer.ts";
import type { World } from "../../lib/session/transfer_work.ts";
import type { Transfer, TransferResult } from "../../lib/types.ts";
import { md5 } from "../store/contents.ts";
import { emptyLedger, type FakeWorld } from "./fake_world.ts";

type Done = Extract<TransferResult, { outcome: "done" }>;

/** Runs a transfer to its result. */
export function run(world: World, transfer: Transfer, signal = new AbortController().signal): Promise<TransferResult> {
  return runTransfer(world, transfer, new Habits(), signal, emptyLedger());
}

/** Runs a transfer that must end well. */
export async function runDone(world: World, transfer: Transfer): Promise<Done> {
  const result = await run(world, transfer);
  assert(result.outcome === "done", JSON.stringify(result));
  return result;
}

/** The destination has exactly the source's bytes. */
export function assertSame(world: FakeWorld, key: string): void {
  assertEquals(
    md5(world.destination.bucket.objects.get(key)?.content ?? new Uint8Array()),
    md5(world.source.bucket.objects.get(key)?.content ?? new Uint8Array(1)),
  );
}

/** A fault: the first request of this name fails. */
export function failOnce(kind: ConstructorParameters<typeof TransferError>[0], operation: string): (asked: string) => void {
  let left = 1;
  return (asked) => {
    if (asked === operation && left-- > 0) throw new TransferError(kind, `${operation} failed`);
  };
}
