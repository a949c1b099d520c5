/**
 * One multipart session as one question: what is the next request? The answer comes from plain fields; answers of requests only change
 * those fields. Never sends anything, never waits, never retries: multipart.ts does. Cancelling is not here either: the driver stops
 * asking, and the upload stays at the destination for the next run.
 */
import { TransferError } from "../errors.ts";
import { COMPLETE_ATTEMPTS_MAX, UPLOADS_INSPECTED_MAX } from "../limits.ts";
import type { Checksum, DigestAlgorithm, Digests, Evidence, ObjectDetails, PartInfo, Range, UploadInfo } from "../types.ts";
import type { WriteAnswer } from "../store/store.ts";
import { asCandidate, type Candidate, chooseCandidate, type InspectedUpload } from "./candidates.ts";
import { combineMd5, compositeMd5, fullValue, isCombinable, md5Text, sameChecksum, sameDigest } from "../evidence/digest.ts";
import { rangeOf } from "./layout.ts";
import { PartsTable } from "./parts_table.ts";
import type { DeclaredChecksum, SessionPlan } from "./session_plan.ts";
import { combined, contradiction, doubtOf, judge, type Judged, wholeChecksum } from "./verdict.ts";

/** The next thing to do. `prove`, `digest` and `send` may run side by side; everything else runs alone. */
export type SessionRequest =
  | { readonly do: "find" }
  | { readonly do: "inspect"; readonly upload: UploadInfo }
  | { readonly do: "abort"; readonly uploadId: string }
  | { readonly do: "create" }
  /** Compare the source's digest of this range with what the destination lists. */
  | { readonly do: "prove"; readonly part: PartInfo; readonly range: Range; readonly also: readonly DigestAlgorithm[] }
  /** Take the digest of a part that lies in the local partial file. */
  | { readonly do: "digest"; readonly part: PartInfo; readonly range: Range; readonly algorithms: readonly DigestAlgorithm[] }
  | { readonly do: "send"; readonly partNumber: number; readonly range: Range; readonly guard: DigestAlgorithm | undefined }
  /** Hash the whole local partial file against the source's ETag. */
  | { readonly do: "hash" }
  | { readonly do: "complete"; readonly parts: readonly PartInfo[]; readonly checksum: Checksum | undefined; readonly attempt: number }
  | { readonly do: "look" }
  | { readonly do: "settle"; readonly outcome: SessionOutcome };

/** How a session ends. `restart`: the upload is gone and the object is not there: begin anew, once. */
export type SessionOutcome =
  | {
    readonly kind: "done";
    readonly answer: WriteAnswer;
    readonly evidence: Evidence;
    readonly digest: DigestAlgorithm | undefined;
    readonly strangers: readonly string[];
  }
  | { readonly kind: "failed"; readonly error: TransferError }
  | { readonly kind: "restart"; readonly error: TransferError };

/** See the file comment. */
export class UploadSession {
  readonly #plan: SessionPlan;
  #uploads: UploadInfo[] | undefined;
  readonly #inspected: InspectedUpload[] = [];
  #strangers: string[] = [];
  #toAbort: string[] = [];
  #chosen = false;
  #uploadId: string | undefined;
  #declared: DeclaredChecksum | undefined;
  #table: PartsTable;
  #inFlight = 0;
  #error: TransferError | undefined;
  #doubted = false;
  #resentAll = false;
  #hash: "unasked" | "same" | "other" | "unknown" = "unasked";
  #completeAttempts = 0;
  #completeError: TransferError | undefined;
  #mustLook = false;
  #unconditional = false;
  #leftOver: string | undefined;
  #outcome: SessionOutcome | undefined;

  constructor(plan: SessionPlan) {
    this.#plan = plan;
    this.#table = new PartsTable(plan.bound.layout);
  }

  /** The upload in use, once there is one. */
  get uploadId(): string | undefined {
    return this.#uploadId;
  }

  /** The layout in use: the job's, or that of the adopted upload. */
  get layout(): PartsTable["layout"] {
    return this.#table.layout;
  }

  /** True for uploads that are in use, or were there when this session looked. */
  hasSeen(uploadId: string): boolean {
    return uploadId === this.#uploadId || this.#uploads?.some((upload) => upload.uploadId === uploadId) === true;
  }

  /** What was declared when the upload in use was created. */
  get declared(): DeclaredChecksum | undefined {
    return this.#declared;
  }

  /** Bytes that an earlier run left and that this one counts on. */
  get foundBytes(): number {
    return this.#table.foundBytes;
  }

  /** True when the store cannot take the write condition: complete without it. */
  get unconditional(): boolean {
    return this.#unconditional;
  }

  /** The next request; undefined while only answers in flight can tell more. */
  next(): SessionRequest | undefined {
    if (this.#outcome) return this.#inFlight > 0 ? undefined : this.#nextAfterAll(this.#outcome);
    if (this.#error) return this.#inFlight > 0 ? undefined : { do: "settle", outcome: { kind: "failed", error: this.#error } };
    if (this.#mustLook) return this.#alone({ do: "look" });
    return this.#nextUpload() ?? this.#nextPart() ?? this.#nextEnd();
  }

  /** The object is there, but another upload made it: ours is of no more use. */
  #nextAfterAll(outcome: SessionOutcome): SessionRequest {
    return this.#leftOver === undefined ? { do: "settle", outcome } : { do: "abort", uploadId: this.#leftOver };
  }

  /** Which upload to work on. */
  #nextUpload(): SessionRequest | undefined {
    if (this.#uploads === undefined) return { do: "find" };
    const upload = this.#plan.unfinished === "keep" ? undefined : this.#uploads[this.#inspected.length];
    if (upload && this.#inspected.length < UPLOADS_INSPECTED_MAX) return { do: "inspect", upload };
    if (!this.#chosen) this.#choose();
    const stranger = this.#toAbort[0];
    if (stranger !== undefined) return { do: "abort", uploadId: stranger };
    return this.#uploadId === undefined ? { do: "create" } : undefined;
  }

  /** Which part to prove or send. */
  #nextPart(): SessionRequest | undefined {
    const listed = this.#table.takeListed();
    if (listed) {
      this.#inFlight++;
      const range = rangeOf(this.layout, listed.partNumber);
      if (this.#plan.bound.binding === "named") return { do: "digest", part: listed, range, algorithms: this.#plan.digests };
      return { do: "prove", part: listed, range, also: this.#combining() };
    }
    const partNumber = this.#table.takeMissing();
    if (partNumber === undefined) return undefined;
    this.#inFlight++;
    return { do: "send", partNumber, range: rangeOf(this.layout, partNumber), guard: this.#guard() };
  }

  /** How to end: everything is present. */
  #nextEnd(): SessionRequest | undefined {
    if (this.#inFlight > 0 || !this.#table.complete) return undefined;
    if (this.#hash === "unasked" && this.#mustHash()) return { do: "hash" };
    const doubt = doubtOf(this.#judged);
    if (doubt) {
      this.#resend(doubt);
      return this.next();
    }
    return { do: "complete", parts: this.#table.infos(), checksum: wholeChecksum(this.#judged), attempt: this.#completeAttempts };
  }

  #alone(request: SessionRequest): SessionRequest | undefined {
    return this.#inFlight > 0 ? undefined : request;
  }

  #choose(): void {
    this.#chosen = true;
    const candidates: Candidate[] = [];
    for (const inspected of this.#inspected) {
      const candidate = asCandidate(inspected, this.#plan.bound, this.#plan.source);
      if (candidate) candidates.push(candidate);
    }
    const choice = chooseCandidate(candidates);
    this.#strangers = (this.#uploads ?? []).map((upload) => upload.uploadId).filter((id) => id !== choice?.upload.uploadId);
    if (this.#plan.unfinished === "abort") this.#toAbort = [...this.#strangers];
    if (!choice) return;
    this.#uploadId = choice.upload.uploadId;
    this.#declared = choice.declared;
    this.#table = new PartsTable(choice.layout);
    const proved = this.#boundByForm(choice);
    for (const part of choice.fitting) this.#table.list(part, proved);
  }

  /** True when the form of the upload is proof enough, because the whole is compared before anything replaces the object. */
  #boundByForm(choice: Candidate): boolean {
    const { bound, verify, sourceChecksum, provableEtag, digests, ownDigest } = this.#plan;
    if (bound.binding === "named") return digests.length === 0;
    if (bound.binding === "file") return false;
    if (provableEtag !== undefined) return true;
    // The token is in the size of every part but the last: an upload of one part has none, and a kept layout never has.
    if (verify === "size") return bound.binding === "token" && choice.layout.partCount > 1;
    if (sourceChecksum === undefined) return false;
    // Parts whose own digests add up to the source's, or that the destination itself adds up and compares.
    return choice.declared?.algorithm === sourceChecksum.algorithm || (ownDigest === sourceChecksum.algorithm && digests.length === 0);
  }

  /** Digests that every part must have, as the whole's are made of them. */
  #combining(): DigestAlgorithm[] {
    const algorithm = this.#declared?.algorithm;
    const guard = this.#plan.guardParts && algorithm !== undefined ? [algorithm] : [];
    return [...new Set([...this.#plan.digests, ...guard])].filter(isCombinable);
  }

  #guard(): DigestAlgorithm | undefined {
    return this.#plan.guardParts ? this.#declared?.algorithm ?? "md5" : undefined;
  }

  #mustHash(): boolean {
    const { bound, verify, sourceChecksum, digests } = this.#plan;
    if (bound.binding !== "named" || digests.length > 0 || sourceChecksum || verify === "size") return false;
    return this.#table.foundBytes > 0 || verify === "checksum" || verify === "full";
  }

  get #judged(): Judged {
    return { plan: this.#plan, table: this.#table, declared: this.#declared, hash: this.#hash };
  }

  /**
   * What to do about a doubt: first every part that was taken on trust is proved by its bytes (a server may list a part whose sender died
   * halfway), or sent again where that cannot be; then everything is sent again; a doubt that is left is a failure.
   */
  #resend(doubt: string): void {
    const error = new TransferError("integrity", `The parts at the destination are not the source's bytes: ${doubt}`, {
      key: this.#plan.source.key,
    });
    this.#hash = "unasked";
    const found = this.#doubted ? 0 : this.#plan.bound.binding === "named" ? this.#table.dropFound() : this.#table.doubtFound();
    this.#doubted = true;
    if (found > 0) return;
    if (this.#resentAll) {
      this.#error = error;
      return;
    }
    this.#table.dropAll();
    this.#resentAll = true;
  }

  /** Answer to `find`, newest first. */
  onFound(uploads: readonly UploadInfo[]): void {
    this.#uploads = [...uploads];
  }

  /** Answer to `inspect`; `gone` when the upload ended meanwhile. */
  onInspected(inspected: InspectedUpload | "gone"): void {
    if (inspected === "gone") this.#uploads?.splice(this.#inspected.length, 1);
    else this.#inspected.push(inspected);
  }

  /** Answer to `abort`. */
  onAborted(uploadId: string): void {
    if (this.#leftOver === uploadId) this.#leftOver = undefined;
    this.#toAbort = this.#toAbort.filter((id) => id !== uploadId);
  }

  /** Answer to `create`. */
  onCreated(uploadId: string): void {
    this.#uploadId = uploadId;
    this.#declared = this.#plan.declare;
  }

  /** Answer to `prove` and `digest`. */
  onProved(part: PartInfo, proved: boolean, digests: Digests): void {
    this.#inFlight--;
    if (proved) this.#table.present(part, digests);
    else this.#table.drop(part.partNumber);
  }

  /** Answer to `send`. */
  onSent(part: PartInfo, digests: Digests): void {
    this.#inFlight--;
    this.#table.present(part, digests);
  }

  /** Answer to `hash`: do the partial file's bytes make the source's ETag? Undefined when the ETag cannot say. */
  onHashed(same: boolean | undefined): void {
    this.#hash = same === undefined ? "unknown" : same ? "same" : "other";
  }

  /** Answer to `complete`. */
  onCompleted(answer: WriteAnswer): void {
    const wrong = contradiction(this.#judged, answer);
    if (wrong === undefined) return this.#finish(answer);
    const { key } = this.#plan.source;
    this.#error = new TransferError("integrity", `The destination object is not what was sent: ${wrong}`, { key });
  }

  /** Answer to `look`: the object that is at the destination now. */
  onLooked(details: ObjectDetails | undefined): void {
    this.#mustLook = false;
    const error = this.#completeError ?? new TransferError("uploadLost", "The upload is gone");
    if (details && this.#isOurs(details)) {
      if (error.kind !== "uploadLost") this.#leftOver = this.#uploadId;
      this.#finish({ checksums: details.checksums, ...(details.etag !== undefined && { etag: details.etag }) });
    } else if (error.kind === "uploadLost") {
      this.#outcome = { kind: "restart", error };
    } else if (error.kind === "conflict" || this.#completeAttempts >= COMPLETE_ATTEMPTS_MAX) {
      this.#error = error;
    }
  }

  /** A request failed for good. */
  onFailed(request: SessionRequest, error: TransferError): void {
    if (request.do === "send" || request.do === "prove" || request.do === "digest") this.#inFlight--;
    if (request.do === "abort" && this.#outcome?.kind === "done") {
      // The object is what counts; an upload that could not be ended is told of.
      this.#outcome = { ...this.#outcome, strangers: [...this.#outcome.strangers, request.uploadId] };
      this.#leftOver = undefined;
    } else if (error.kind === "uploadLost") {
      this.#completeError = error;
      this.#mustLook = true;
    } else if (request.do === "complete") {
      this.#onCompleteFailed(error);
    } else {
      this.#error ??= error;
    }
  }

  #onCompleteFailed(error: TransferError): void {
    this.#completeAttempts++;
    this.#completeError = error;
    if (error.kind === "integrity") this.#resend(error.message);
    else if (error.kind === "unsupported" && this.#plan.condition && !this.#unconditional) this.#unconditional = true;
    else if (["network", "server", "throttled", "conflict"].includes(error.kind)) this.#mustLook = true;
    else this.#error = error;
  }

  /** After an unclear answer: is the object at the destination the one that we meant to complete? */
  #isOurs(details: ObjectDetails): boolean {
    if (details.sizeBytes !== this.layout.sizeBytes || !this.#table.complete) return this.#isTheSource(details);
    const worked = combineMd5(this.#table.infos().map(({ checksums }) => fullValue(checksums, "md5")));
    const theirs = compositeMd5(details.checksums);
    if (worked !== undefined && theirs !== undefined && sameDigest(worked, theirs)) return true;
    const { digests } = this.#plan;
    const known = [wholeChecksum(this.#judged), ...digests.map((algorithm) => combined(this.#table, algorithm))];
    return known.some((whole) => whole && sameChecksum([whole], details.checksums)?.same === true) || this.#isTheSource(details);
  }

  /** Another run may have completed it, with another layout. */
  #isTheSource(details: ObjectDetails): boolean {
    const { source, sourceChecksum, provableEtag } = this.#plan;
    if (details.sizeBytes !== source.sizeBytes) return false;
    const theirs = compositeMd5(details.checksums);
    if (provableEtag !== undefined && theirs !== undefined && md5Text(theirs) === provableEtag) return true;
    return sourceChecksum !== undefined && sameChecksum([sourceChecksum], details.checksums)?.same === true;
  }

  #finish(answer: WriteAnswer): void {
    const { evidence, digest } = judge(this.#judged, answer);
    this.#outcome = { kind: "done", answer, evidence, digest, strangers: this.#strangers };
  }
}
