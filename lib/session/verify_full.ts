/**
 * `verify = full`: reads the destination object again and compares it with the source: with a digest that the source already has where
 * there is one, else by reading the source again too.
 */
import { TransferError } from "../errors.ts";
import type { DigestAlgorithm, ObjectDetails } from "../types.ts";
import { withRetries } from "../pace/retry.ts";
import { type TransferWork } from "./source_facts.ts";

/** Answers the digest that agreed. Throws TransferError `integrity` when the bytes differ. */
export async function verifyFull(work: TransferWork, details: ObjectDetails): Promise<DigestAlgorithm> {
  const { world, transfer, ledger, signal } = work;
  const { sizeBytes, key } = transfer.source;
  const range = sizeBytes === 0 ? undefined : { first: 0, last: sizeBytes - 1 };
  const known = details.checksums.find((checksum) => checksum.type === "full");
  const algorithm = known?.algorithm ?? "sha256";
  const read = (side: "source" | "destination") => {
    const request = side === "source"
      ? { key, pin: transfer.source, range, algorithms: [algorithm] }
      : { key: transfer.destinationKey, pin: {}, range, algorithms: [algorithm] };
    return withRetries(world, { bytes: sizeBytes, ledger, signal }, () => world.wire.digest(side, request, signal));
  };
  const expected = known?.value ?? (await read("source"))[algorithm];
  const actual = (await read("destination"))[algorithm];
  if (expected === undefined || expected !== actual) {
    throw new TransferError(
      "integrity",
      `The destination object is not the source's bytes: ${algorithm} ${actual}, the source has ${expected}`,
      {
        key: transfer.destinationKey,
      },
    );
  }
  return algorithm;
}
