/**
 * The closer look at two objects of the same size: asks both stores for what they keep (checksums, ETags that are MD5, part size), has
 * local files digested by a callback, and compares what is comparable. Never reads the bytes of an object in a store: that would cost as
 * much as copying it.
 */
import { isMadeOfFile } from "../bytes/local_source.ts";
import type { Checksum, DigestAlgorithm, ObjectDetails, ObjectInfo, Range, Side } from "../types.ts";
import { combineMd5, compositeMd5, DIGEST_ORDER, sameForm } from "../evidence/digest.ts";
import { type Both, compareTimes, type Reason } from "./compare.ts";
import type { PlanInput } from "./plan_input.ts";

/** What a look needs. Without `digest` local files have nothing to compare; an algorithm that it skips is one that it cannot compute. */
export type LookInput = Pick<PlanInput, "job" | "source" | "destination" | "digest" | "signal">;

/** One side, as it is looked at. */
interface Looked {
  readonly details: ObjectDetails;
  readonly isLocal: boolean;
  /** Size of part 1 as HEAD with partNumber=1 says; undefined where the store returns the whole object instead. */
  firstPartBytes(): Promise<number | undefined>;
  /** Digests a local file, or a range of it; undefined when that cannot be computed. */
  digest(algorithm: DigestAlgorithm, range?: Range): Promise<string | undefined>;
}

/** True: the same bytes. False: other bytes. Undefined: nothing is comparable. */
type Sameness = boolean | undefined;

/**
 * Decides what a listing could not. Nothing comparable: `checksum` copies the object ("always"), `auto` goes by time. An object that
 * changed or vanished since it was listed is copied, and the reason says what is the matter.
 */
export async function resolveByChecksum(listed: Both<ObjectInfo>, input: LookInput): Promise<Reason> {
  const { source, destination } = listed;
  const { job, signal } = input;
  const [left, right] = await Promise.all([
    isMadeOfFile(source)
      ? { ...source, headers: {}, checksums: [], tagCount: 0, archived: false }
      : input.source.head(source.key, { ...(source.versionId !== undefined && { versionId: source.versionId }), signal }),
    input.destination.head(destination.key, { signal }),
  ]);
  if (left === undefined) return "always";
  if (right === undefined) return "missing";
  if (left.sizeBytes !== right.sizeBytes) return "size differs";
  const same = await compareLooked(looked("source", left, input), looked("destination", right, input));
  if (same !== undefined) return same ? "same checksum" : "checksum differs";
  return job.compare === "auto" ? compareTimes(listed) : "always";
}

function looked(side: Side, details: ObjectDetails, input: LookInput): Looked {
  const { digest, signal } = input;
  const { key, sizeBytes, checksums } = details;
  return {
    details,
    isLocal: input.job[side].store.type === "local",
    async firstPartBytes() {
      const part = await input[side].head(key, { partNumber: 1, signal });
      const parts = compositeMd5(checksums)?.parts ?? 0;
      return part === undefined || (parts > 1 && part.sizeBytes >= sizeBytes) ? undefined : part.sizeBytes;
    },
    async digest(algorithm, range = sizeBytes === 0 ? undefined : { first: 0, last: sizeBytes - 1 }) {
      return (await digest?.({ side, object: details, range, algorithms: [algorithm] }, signal))?.[algorithm];
    },
  };
}

async function compareLooked(left: Looked, right: Looked): Promise<Sameness> {
  if (left.isLocal && right.isLocal) {
    const [one, other] = await Promise.all([left.digest("sha256"), right.digest("sha256")]);
    return one === undefined || other === undefined ? undefined : one === other;
  }
  if (left.isLocal) return await compareFile(left, right);
  if (right.isLocal) return await compareFile(right, left);
  return compareStored(left.details.checksums, right.details.checksums) ?? await compareMultipart(left, right);
}

/** Equal values of one algorithm and form prove sameness; only full ones prove difference, as composite ones depend on the part size. */
function compareStored(left: readonly Checksum[], right: readonly Checksum[]): Sameness {
  let same: Sameness;
  for (const one of left) {
    const other = right.find((candidate) => sameForm(one, candidate));
    if (other === undefined) continue;
    if (one.value === other.value) same = true;
    else if (one.type === "full") return false;
  }
  return same;
}

/** Different MD5s of equally many part MD5s prove other bytes when the first parts have the same size. */
async function compareMultipart(left: Looked, right: Looked): Promise<Sameness> {
  const parts = compositeMd5(left.details.checksums)?.parts;
  if (parts === undefined || parts !== compositeMd5(right.details.checksums)?.parts) return undefined;
  const [leftPart, rightPart] = await Promise.all([left.firstPartBytes(), right.firstPartBytes()]);
  return leftPart !== undefined && leftPart === rightPart ? false : undefined;
}

async function compareFile(file: Looked, stored: Looked): Promise<Sameness> {
  const trust = ({ algorithm }: Checksum) => DIGEST_ORDER.indexOf(algorithm);
  const kept = stored.details.checksums.filter(({ type }) => type === "full");
  for (const { algorithm, value } of kept.toSorted((one, other) => trust(one) - trust(other))) {
    const ours = await file.digest(algorithm);
    if (ours !== undefined) return ours === value;
  }
  const md5 = compositeMd5(stored.details.checksums);
  const partBytes = md5 && await stored.firstPartBytes();
  const { sizeBytes } = file.details;
  if (partBytes === undefined || Math.ceil(sizeBytes / partBytes) !== md5?.parts) return undefined;
  const parts: (string | undefined)[] = [];
  for (let first = 0; first < sizeBytes; first += partBytes) {
    parts.push(await file.digest("md5", { first, last: Math.min(first + partBytes, sizeBytes) - 1 }));
  }
  const made = combineMd5(parts);
  return made && made.value === md5.value;
}
