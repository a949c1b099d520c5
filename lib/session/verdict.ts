/**
 * What the parts of an upload say of the whole: before Complete, whether something speaks against it; after, on what evidence the object
 * rests. Pure.
 */
import type { Checksum, DigestAlgorithm, Evidence } from "../types.ts";
import type { WriteAnswer } from "../store/store.ts";
import { combineCrcs, combineMd5, compositeMd5, fullValue, isCombinable, md5Text, sameChecksum } from "../evidence/digest.ts";
import { sizeOf } from "./layout.ts";
import type { PartsTable } from "./parts_table.ts";
import type { DeclaredChecksum, SessionPlan } from "./session_plan.ts";

/** The state of an upload that is judged: every part is present. */
export interface Judged {
  readonly plan: SessionPlan;
  readonly table: PartsTable;
  readonly declared: DeclaredChecksum | undefined;
  /** What the MD5 of a whole partial file said. */
  readonly hash: "unasked" | "same" | "other" | "unknown";
}

/** Evidence, and the digest it rests on. */
export interface Verdict {
  readonly evidence: Evidence;
  readonly digest: DigestAlgorithm | undefined;
}

/** The whole's checksum out of those of the parts: ours, else what the destination says of a part. Undefined where one is not known. */
export function combined(table: PartsTable, algorithm: DigestAlgorithm): Checksum | undefined {
  if (!isCombinable(algorithm)) return undefined;
  const infos = table.infos();
  const values = table.digests().map((ours, index) => ours?.[algorithm] ?? fullValue(infos[index]?.checksums ?? [], algorithm));
  return combineCrcs(algorithm, values, (partNumber) => sizeOf(table.layout, partNumber));
}

/** The checksum that the destination shall insist on. */
export function wholeChecksum({ plan, table, declared }: Judged): Checksum | undefined {
  if (!declared || declared.type === "composite") return undefined;
  if (plan.sourceChecksum?.algorithm === declared.algorithm) return plan.sourceChecksum;
  if (!plan.guardParts && !plan.digests.includes(declared.algorithm)) return undefined;
  const { algorithm } = declared;
  if (!isCombinable(algorithm)) return undefined;
  return combineCrcs(algorithm, table.digests().map((ours) => ours?.[algorithm]), (partNumber) => sizeOf(table.layout, partNumber));
}

/** What speaks against completing, although every part is there. */
export function doubtOf(judged: Judged): string | undefined {
  const { plan, table } = judged;
  const { provableEtag, partEtagsAreMd5, sourceChecksum } = plan;
  if (judged.hash === "other") return "the file's MD5 is not the source's ETag";
  if (sourceChecksum) {
    const whole = combined(table, sourceChecksum.algorithm);
    // Where nothing was taken on the way, a part may be unknown: then the destination is held to the whole.
    const wrong = whole === undefined ? plan.digests.includes(sourceChecksum.algorithm) : whole.value !== sourceChecksum.value;
    if (wrong) return `the ${sourceChecksum.algorithm} is not the source's`;
    if (plan.bound.binding === "named") return undefined;
  }
  if (provableEtag === undefined || !partEtagsAreMd5) return undefined;
  const worked = combineMd5(table.infos().map(({ checksums }) => fullValue(checksums, "md5")));
  if (worked !== undefined && md5Text(worked) === provableEtag) return undefined;
  if (worked !== undefined) return `the parts make ETag ${md5Text(worked)}, the source has ${provableEtag}`;
  // Opaque part ETags prove nothing: parts that were taken on trust in them are sent again, unless a checksum covers the whole.
  return table.foundBytes > 0 && !wholeChecksum(judged) ? "the parts' ETags are no MD5s" : undefined;
}

/** What in the answer to Complete contradicts the bytes that were sent: the object is there, and it is wrong. */
export function contradiction({ plan, table }: Judged, answer: WriteAnswer): string | undefined {
  for (const theirs of answer.checksums) {
    if (theirs.type !== "full" || !plan.digests.includes(theirs.algorithm)) continue;
    const ours = combined(table, theirs.algorithm);
    if (ours !== undefined && ours.value !== theirs.value) return `its ${theirs.algorithm} is ${theirs.value}, sent was ${ours.value}`;
  }
  return undefined;
}

/** The cheapest evidence that this object is the source's bytes. */
export function judge(judged: Judged, answer: WriteAnswer): Verdict {
  const { plan, table } = judged;
  const { provableEtag, sourceChecksum, guardParts, bound } = plan;
  const answered = compositeMd5(answer.checksums);
  if (provableEtag !== undefined && answered !== undefined && md5Text(answered) === provableEtag) {
    return { evidence: "etag", digest: "md5" };
  }
  if (bound.binding === "named") {
    if (sourceChecksum && plan.digests.length > 0) return { evidence: "hashed", digest: sourceChecksum.algorithm };
    return judged.hash === "same" ? { evidence: "hashed", digest: "md5" } : { evidence: "size", digest: undefined };
  }
  const arrived = judgeArrival(judged, answer);
  // What was read is the source's, what was sent has arrived: the digest that is good for both ends is named.
  if (arrived.evidence !== "size" && plan.digests.includes("crc64ecma")) return { evidence: "hashed", digest: "crc64ecma" };
  if (arrived.evidence !== "size" && guardParts) return { evidence: "hashed", digest: arrived.digest };
  if (arrived.evidence !== "size" || !sourceChecksum || !table.complete) return arrived;
  // Without a word on the whole: what the destination says of its parts makes up what the source says of itself.
  const sum = plan.digests.length === 0 ? combined(table, sourceChecksum.algorithm) : undefined;
  return sum?.value === sourceChecksum.value ? { evidence: "checksum", digest: sourceChecksum.algorithm } : arrived;
}

function judgeArrival(judged: Judged, answer: WriteAnswer): Verdict {
  const { plan, table } = judged;
  const { sourceChecksum } = plan;
  const own = table.complete && plan.digests.includes("crc64ecma") ? combined(table, "crc64ecma") : undefined;
  for (const whole of [wholeChecksum(judged), own]) {
    if (whole && sameChecksum([whole], answer.checksums)?.same) return { evidence: "checksum", digest: whole.algorithm };
  }
  if (sourceChecksum && sameChecksum([sourceChecksum], answer.checksums)?.same) {
    return { evidence: "checksum", digest: sourceChecksum.algorithm };
  }
  return judgeParts(table);
}

/** Without a word on the whole: each part's own digest against what the destination says of that part. */
function judgeParts(table: PartsTable): Verdict {
  const unknown = { evidence: "size", digest: undefined } as const;
  if (!table.complete) return unknown;
  const infos = table.infos();
  const digests = table.digests();
  for (const algorithm of ["md5", "crc32", "crc32c", "crc64nvme", "crc64ecma", "sha1", "sha256"] as const) {
    const agreed = infos.every((info, index) => {
      const ours = digests[index]?.[algorithm];
      const theirs = fullValue(info.checksums, algorithm);
      return ours !== undefined && ours === theirs;
    });
    if (agreed) return { evidence: "hashed", digest: algorithm };
  }
  return unknown;
}
