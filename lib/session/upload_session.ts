/**
 * One multipart session as one question: what is the next request? It is answered from plain fields; responses only change those fields.
 * Never sends anything, never waits, never retries: multipart.ts does.
 */
import { rangeOf } from "../bytes/part_layout.ts";
import { ruleOf, TransferError } from "../errors.ts";
import {
  checksumToInsist,
  contradiction,
  digestsToProve,
  type Doubt,
  doubtOf,
  type Finding,
  isTheObject,
  type Judged,
  judgeUpload,
  provesPart,
} from "../evidence/judge.ts";
import { PartsTable } from "../evidence/parts_table.ts";
import { combining } from "../evidence/want.ts";
import { COMPLETE_ATTEMPTS_MAX, UPLOADS_INSPECTED_MAX } from "../limits.ts";
import type { WriteAnswer } from "../store/store.ts";
import type {
  Checksum,
  DeclaredChecksum,
  DigestAlgorithm,
  Digests,
  ObjectDetails,
  PartInfo,
  PartLayout,
  Range,
  UploadInfo,
  WriteCondition,
} from "../types.ts";
import type { SessionPlan } from "./plan_session.ts";
import { chooseUpload, type InspectedUpload, type ResumableUpload } from "./layout.ts";

/** The next thing to do. `prove` and `send` may run side by side; everything else runs alone. */
export type SessionRequest =
  | { readonly do: "find" }
  | { readonly do: "inspect"; readonly upload: UploadInfo }
  | { readonly do: "abort"; readonly uploadId: string }
  | { readonly do: "create" }
  /** Take digests of a part that is there already: of the source's range, in a folder of the partial file's. */
  | { readonly do: "prove"; readonly part: PartInfo; readonly range: Range; readonly algorithms: readonly DigestAlgorithm[] }
  | {
    readonly do: "send";
    readonly partNumber: number;
    readonly range: Range;
    readonly guard: "md5" | DeclaredChecksum["algorithm"] | undefined;
  }
  /** Take the MD5 of the whole local partial file, over the parts of `layout` where there is one. */
  | { readonly do: "hash"; readonly layout: PartLayout | undefined }
  | {
    readonly do: "complete";
    readonly parts: readonly PartInfo[];
    readonly checksum: Checksum | undefined;
    readonly condition: WriteCondition | undefined;
    readonly attempt: number;
  }
  | { readonly do: "look" }
  | { readonly do: "settle"; readonly outcome: SessionOutcome };

/** How a session ends. */
export type SessionOutcome =
  | ({ readonly kind: "done"; readonly answer: WriteAnswer; readonly otherUploads: readonly string[] } & Finding)
  /**
   * `restart`: the upload is gone and the object is missing, so begin anew, once. `recut`: the same parts arrived twice and do not make
   * the source's MD5, so perhaps it was cut otherwise.
   */
  | { readonly kind: "failed" | "restart" | "recut"; readonly error: TransferError };

/**
 * Where a session stands: looking for uploads, inspecting them one by one, ending those that are in the way, creating one, filling it up to
 * Complete, looking whether the object is there, or at its end.
 */
type Phase = "find" | "inspect" | "clear" | "create" | "fill" | "look" | "over";

/** See the file comment. */
export class UploadSession {
  readonly #plan: SessionPlan;
  #phase: Phase = "find";
  #inFlight = 0;
  #table: PartsTable;
  /** Uploads of this key: those that were there, in the order in which they are inspected, and what is done about them. */
  readonly #uploads = { listed: [] as UploadInfo[], inspected: [] as InspectedUpload[], others: [] as string[], toAbort: [] as string[] };
  /** The upload in use. */
  #own: { readonly uploadId: string; readonly declared: DeclaredChecksum | undefined } | undefined;
  /** What was done about doubts: found parts proved, everything sent again, the MD5 that came out then. */
  readonly #doubts = { proved: false, resent: false, worked: undefined as string | undefined };
  #file: Judged["file"];
  readonly #complete = { attempts: 0, error: undefined as TransferError | undefined };
  /** Undefined once the store turns out not to take it. */
  #condition: WriteCondition | undefined;
  #outcome: SessionOutcome | undefined;
  /** An upload of ours that is of no more use, because another one made the object. */
  #leftOver: string | undefined;

  constructor(plan: SessionPlan) {
    this.#plan = plan;
    this.#condition = plan.condition;
    this.#table = new PartsTable(plan.bound.layout);
  }

  /** The upload in use, once there is one. */
  get uploadId(): string | undefined {
    return this.#own?.uploadId;
  }

  /** The layout in use: the job's, or that of the adopted upload. */
  get layout(): PartLayout {
    return this.#table.layout;
  }

  /** What was declared when the upload in use was created. */
  get declared(): DeclaredChecksum | undefined {
    return this.#own?.declared;
  }

  /** Bytes that an earlier run left and that this one counts on. */
  get foundBytes(): number {
    return this.#table.foundBytes;
  }

  /** True for uploads that are in use, or were there when this session looked. */
  hasSeen(uploadId: string): boolean {
    return uploadId === this.uploadId || this.#uploads.listed.some((upload) => upload.uploadId === uploadId);
  }

  /**
   * The next request; undefined while only responses in flight can say more. Cancelling is not a state: whoever cancels stops asking and
   * waits for what is in flight. The upload then stays at the destination, because the next run finds it by its form alone.
   */
  next(): SessionRequest | undefined {
    switch (this.#phase) {
      case "find":
      case "create":
        return { do: this.#phase };
      case "inspect":
        return this.#nextToInspect() ?? this.#choose();
      case "clear": {
        const uploadId = this.#uploads.toAbort[0];
        return uploadId === undefined ? this.#enter(this.#own === undefined ? "create" : "fill") : { do: "abort", uploadId };
      }
      case "fill":
        return this.#nextPart() ?? this.#nextEnd();
      case "look":
        return this.#inFlight > 0 ? undefined : { do: "look" };
      case "over":
        return this.#inFlight > 0 ? undefined : this.#last();
    }
  }

  #enter(phase: Phase): SessionRequest | undefined {
    this.#phase = phase;
    return this.next();
  }

  #last(): SessionRequest {
    const outcome = this.#outcome ?? { kind: "failed", error: new TransferError("bug", "A session ended without an outcome") };
    return this.#leftOver !== undefined && outcome.kind === "done" ? { do: "abort", uploadId: this.#leftOver } : { do: "settle", outcome };
  }

  #nextToInspect(): SessionRequest | undefined {
    const { listed, inspected } = this.#uploads;
    const upload = this.#plan.unfinished === "keep" ? undefined : listed[inspected.length];
    return upload && inspected.length < UPLOADS_INSPECTED_MAX ? { do: "inspect", upload } : undefined;
  }

  /** Which part to prove or send. */
  #nextPart(): SessionRequest | undefined {
    const { want, folder } = this.#plan;
    const listed = this.#table.takeListed();
    if (listed) {
      this.#inFlight++;
      const algorithms = folder ? want.digests : [...new Set([...digestsToProve(listed), ...combining(want, this.declared?.algorithm)])];
      return { do: "prove", part: listed, range: rangeOf(this.layout, listed.partNumber), algorithms };
    }
    const partNumber = this.#table.takeMissing();
    if (partNumber === undefined) return undefined;
    this.#inFlight++;
    const guard = want.guard ? this.declared?.algorithm ?? "md5" : undefined;
    return { do: "send", partNumber, range: rangeOf(this.layout, partNumber), guard };
  }

  /** How to end: everything is present. */
  #nextEnd(): SessionRequest | undefined {
    if (this.#inFlight > 0 || !this.#table.complete) return undefined;
    if (this.#file === undefined && this.#mustHash()) return { do: "hash", layout: this.#plan.fileMd5?.layout };
    const doubt = doubtOf(this.#judged);
    if (doubt) {
      this.#resolve(doubt);
      return this.next();
    }
    const checksum = checksumToInsist(this.#judged);
    return { do: "complete", parts: this.#table.infos(), checksum, condition: this.#condition, attempt: this.#complete.attempts };
  }

  #choose(): SessionRequest | undefined {
    const { listed, inspected } = this.#uploads;
    const choice = chooseUpload(inspected, this.#plan.bound, this.#plan.source);
    this.#uploads.others = listed.map((upload) => upload.uploadId).filter((id) => id !== choice?.upload.uploadId);
    if (this.#plan.unfinished === "abort") this.#uploads.toAbort = [...this.#uploads.others];
    if (choice) {
      this.#own = { uploadId: choice.upload.uploadId, declared: choice.declared };
      this.#table = new PartsTable(choice.layout);
      const proved = this.#boundByForm(choice);
      for (const part of choice.fitting) this.#table.list(part, proved);
    }
    return this.#enter("clear");
  }

  /** True when the form of the upload is proof enough, because the whole is compared before anything replaces the object. */
  #boundByForm(choice: ResumableUpload): boolean {
    const { bound, verify, want: { whole, composite, digests, ownCrc } } = this.#plan;
    if (bound.binding === "named") return digests.length === 0;
    if (bound.binding === "file") return false;
    if (composite !== undefined) return true;
    // The token is in the size of every part but the last: an upload of one part has none, and a kept layout never has.
    if (verify === "size") return bound.binding === "token" && choice.layout.partCount > 1;
    if (whole === undefined) return false;
    // Parts whose own digests add up to the source's, or that the destination itself adds up and compares.
    return choice.declared?.algorithm === whole.algorithm || (ownCrc === whole.algorithm && digests.length === 0);
  }

  /** What must be read again of a finished file, because nothing was digested as it passed. */
  #mustHash(): boolean {
    const { fileMd5, verify } = this.#plan;
    if (fileMd5 === undefined || verify === "size") return false;
    return fileMd5.wanted.type === "composite" || this.#table.foundBytes > 0 || verify !== "auto";
  }

  get #judged(): Judged {
    const { want, folder } = this.#plan;
    return { want, folder, parts: this.#table, declared: this.declared, file: this.#file };
  }

  /**
   * What to do about a doubt: first every part that was taken on trust is proved by its bytes (a server may list a part whose sender died
   * halfway), or sent again where that cannot be; then everything is sent again. A doubt that is left is a failure, unless the same parts
   * came out a second time and the source was cut otherwise.
   */
  #resolve(doubt: Doubt): void {
    this.#file = undefined;
    const found = this.#doubts.proved ? 0 : this.#table.doubtFound(this.#plan.folder ? "drop" : "prove");
    this.#doubts.proved = true;
    if (found > 0) return;
    if (!this.#doubts.resent) {
      this.#doubts.resent = true;
      this.#doubts.worked = doubt.worked;
      this.#table.dropAll();
      return;
    }
    const again = doubt.worked !== undefined && doubt.worked === this.#doubts.worked;
    // Read twice with the same result: perhaps it is not the bytes that are wrong but what the ETag is taken for.
    const wayOut = again ? "; if ETags of the source are not digests, write provider = r2 into its section" : "";
    this.#wrong(`The parts at the destination are not the source's bytes: ${doubt.reason}${wayOut}`, again ? "recut" : "failed");
  }

  #wrong(message: string, kind: "failed" | "recut" = "failed"): void {
    this.#fail(new TransferError("integrity", message, { key: this.#plan.source.key }), kind);
  }

  #fail(error: TransferError, kind: "failed" | "restart" | "recut" = "failed"): void {
    this.#end({ kind, error });
  }

  #end(outcome: SessionOutcome): void {
    this.#outcome ??= outcome;
    this.#phase = "over";
  }

  /** Response to `find`, newest first. */
  onFound(uploads: readonly UploadInfo[]): void {
    this.#uploads.listed = [...uploads];
    this.#phase = "inspect";
  }

  /** Response to `inspect`; `gone` when the upload ended meanwhile. */
  onInspected(inspected: InspectedUpload | "gone"): void {
    if (inspected === "gone") this.#uploads.listed.splice(this.#uploads.inspected.length, 1);
    else this.#uploads.inspected.push(inspected);
  }

  /** Response to `abort`. */
  onAborted(uploadId: string): void {
    if (this.#leftOver === uploadId) this.#leftOver = undefined;
    this.#uploads.toAbort = this.#uploads.toAbort.filter((id) => id !== uploadId);
  }

  /** Response to `create`. */
  onCreated(uploadId: string): void {
    this.#own = { uploadId, declared: this.#plan.want.declare };
    this.#phase = "fill";
  }

  /** Response to `prove` and `send`. */
  onPart(request: "prove" | "send", part: PartInfo, digests: Digests): void {
    this.#inFlight--;
    if (request === "send" || this.#plan.folder || provesPart(part, digests)) this.#table.present(part, digests);
    else this.#table.drop(part.partNumber);
  }

  /** Response to `hash`: the MD5 of the partial file. */
  onHashed(found: Checksum | undefined): void {
    this.#file = { found, wanted: this.#plan.fileMd5?.wanted };
  }

  /** Response to `complete`. */
  onCompleted(answer: WriteAnswer): void {
    const wrong = contradiction(this.#judged, answer.checksums);
    if (wrong === undefined) this.#done(answer);
    else this.#wrong(`The destination object is not what was sent: ${wrong}`);
  }

  /** Response to `look`: the object that is at the destination now. */
  onLooked(details: ObjectDetails | undefined): void {
    const error = this.#complete.error ?? new TransferError("uploadLost", "The upload is gone");
    const { afterWrite } = ruleOf(error);
    // Is it the one that we meant to complete, or did another run complete it?
    if (details?.sizeBytes === this.#plan.source.sizeBytes && isTheObject(this.#judged, details.checksums)) {
      if (afterWrite !== "restart") this.#leftOver = this.uploadId;
      return this.#done(details);
    }
    if (afterWrite === "restart") return this.#fail(error, "restart");
    if (afterWrite === "taken" && !this.#conditionHolds(details)) return this.#fail(error);
    if (this.#complete.attempts >= COMPLETE_ATTEMPTS_MAX) return this.#fail(error);
    // A store whose If-Match never holds refuses the very version that is there.
    if (afterWrite === "taken") this.#condition = undefined;
    this.#phase = "fill";
  }

  #conditionHolds(details: ObjectDetails | undefined): boolean {
    return this.#condition !== undefined && "etag" in this.#condition && details?.etag === this.#condition.etag;
  }

  /** A request failed for good. */
  onFailed(request: SessionRequest, error: TransferError): void {
    if (request.do === "send" || request.do === "prove") this.#inFlight--;
    if (this.#phase === "over") return this.#notEnded(request);
    if (ruleOf(error).afterWrite === "restart") {
      this.#complete.error = error;
      this.#phase = "look";
    } else if (request.do === "complete") {
      this.#onCompleteFailed(error);
    } else {
      this.#fail(error);
    }
  }

  /** The object is what counts; an upload that could not be ended is reported. */
  #notEnded(request: SessionRequest): void {
    if (request.do !== "abort" || this.#outcome?.kind !== "done") return;
    this.#outcome = { ...this.#outcome, otherUploads: [...this.#outcome.otherUploads, request.uploadId] };
    this.#leftOver = undefined;
  }

  #onCompleteFailed(error: TransferError): void {
    this.#complete.attempts++;
    this.#complete.error = error;
    const { afterWrite } = ruleOf(error);
    if (afterWrite === "resend") this.#resolve({ reason: error.message });
    else if (afterWrite === "reduce" && this.#condition) this.#condition = undefined;
    else if (afterWrite === "look" || afterWrite === "taken") this.#phase = "look";
    else this.#fail(error);
  }

  #done(answer: WriteAnswer): void {
    this.#end({ kind: "done", answer, otherUploads: this.#uploads.others, ...judgeUpload(this.#judged, answer.checksums) });
  }
}
