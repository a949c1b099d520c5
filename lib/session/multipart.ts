/**
 * Drives one UploadSession: performs the requests it asks for, under slots and with retries, and tells it the answers. Decides nothing
 * about parts or uploads; a cancel stops asking, waits for what is in flight and leaves the upload at the destination.
 */
import { isCompressed } from "../bytes/local_source.ts";
import { asTransferError, TransferError } from "../errors.ts";
import type { Checksum, Digests, ObjectDetails, PartInfo, SourcePin, Transfer, UploadInfo } from "../types.ts";
import { confirmPart, type PartConfirmer } from "./confirm.ts";
import type { Carriage } from "./headers.ts";
import { digestAlgorithmsFor, provesPart } from "./proof.ts";
import { withRetries } from "../pace/retry.ts";
import { acquirePart, releasePart } from "../pace/slots.ts";
import type { DeclaredChecksum, SessionPlan } from "./session_plan.ts";
import { type SessionOutcome, type SessionRequest, UploadSession } from "./upload_session.ts";
import type { Ledger, World } from "./world.ts";

/** One multipart transfer in work. */
export interface MultipartWork {
  readonly world: World;
  readonly transfer: Transfer;
  readonly plan: SessionPlan;
  readonly details: ObjectDetails;
  readonly carriage: Carriage;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  readonly confirmer: PartConfirmer;
  /** Uploads that can be of no use, and could not be ended. */
  readonly useless: readonly string[];
}

type RequestOf<Name extends SessionRequest["do"]> = Extract<SessionRequest, { do: Name }>;

/** What came of a session, with the upload that it worked on. */
export interface MultipartEnd {
  readonly outcome: SessionOutcome | { readonly kind: "cancelled" };
  readonly uploadId: string | undefined;
  /** Uploads that appeared meanwhile: empty ones of creates that seemed to fail, and once the object is there those of other runs too. */
  readonly late: readonly string[];
}

/** Runs one session to its end. Never throws for failures of the transfer: they are outcomes. */
export async function driveSession(work: MultipartWork): Promise<MultipartEnd> {
  const session = new UploadSession(work.plan);
  const driver = new Driver(work, session);
  const outcome = await driver.run();
  work.ledger.foundBytes = session.foundBytes;
  return {
    outcome,
    uploadId: session.uploadId,
    late: outcome.kind === "cancelled" ? [] : await driver.lateUploads(outcome.kind === "done"),
  };
}

class Driver {
  readonly #work: MultipartWork;
  readonly #session: UploadSession;
  readonly #inFlight = new Set<Promise<void>>();
  /** The answer to a create was lost: an upload of ours may be there that we do not know of. */
  #createUnclear = false;

  constructor(work: MultipartWork, session: UploadSession) {
    this.#work = work;
    this.#session = session;
  }

  async run(): Promise<SessionOutcome | { kind: "cancelled" }> {
    const { signal, world } = this.#work;
    while (!signal.aborted) {
      const request = this.#session.next();
      if (request === undefined) {
        await Promise.race(this.#inFlight);
      } else if (request.do === "settle") {
        return request.outcome;
      } else if (request.do === "send" || request.do === "prove" || request.do === "digest") {
        // A source that is read in order is read by one part at a time.
        if (isCompressed(this.#work.transfer.source)) await Promise.all(this.#inFlight);
        try {
          await acquirePart(world.slots, signal);
        } catch {
          break;
        }
        this.#start(request);
      } else {
        await this.#perform(request);
      }
    }
    await Promise.all(this.#inFlight);
    return { kind: "cancelled" };
  }

  /**
   * A create that seemed to fail may have worked in the end. And when the object is `done`, the next run leaves it alone: nobody but this
   * one would tell of the upload that another run has begun meanwhile and died with. Never throws: what cannot be asked stays unknown.
   */
  async lateUploads(done: boolean): Promise<string[]> {
    if (!this.#createUnclear && !done) return [];
    try {
      return await this.#retrying(() => this.#lateUploads(done));
    } catch {
      return [];
    }
  }

  #start(request: SessionRequest): void {
    const running = this.#perform(request).finally(() => {
      releasePart(this.#work.world.slots);
      this.#inFlight.delete(running);
    });
    this.#inFlight.add(running);
  }

  async #perform(request: SessionRequest): Promise<void> {
    try {
      await this.#request(request);
    } catch (thrown) {
      const error = asTransferError(thrown);
      if (request.do === "complete") this.#work.world.onRetry(error, 0);
      this.#session.onFailed(request, error);
    }
  }

  #request(request: SessionRequest): Promise<void> {
    switch (request.do) {
      case "find":
        return this.#find();
      case "inspect":
        return this.#inspect(request.upload);
      case "abort":
        return this.#abort(request.uploadId);
      case "create":
        return this.#create();
      case "prove":
        return this.#prove(request);
      case "digest":
        return this.#digest(request);
      case "send":
        return this.#send(request);
      case "hash":
        return this.#hash();
      case "complete":
        return this.#complete(request);
      case "look":
        return this.#look();
      case "settle":
        throw new TransferError("bug", "A settled session was asked to go on");
    }
  }

  #retrying<T>(attempt: () => Promise<T>, bytes = 0): Promise<T> {
    const { world, ledger, signal } = this.#work;
    return withRetries(world, { bytes, ledger, signal }, attempt);
  }

  get #key(): string {
    return this.#work.transfer.destinationKey;
  }

  get #pin(): SourcePin {
    return this.#work.transfer.source;
  }

  async #find(): Promise<void> {
    this.#session.onFound(await this.#retrying(() => this.#listUploads()));
  }

  async #listUploads(): Promise<UploadInfo[]> {
    const { world, signal, useless } = this.#work;
    const uploads: UploadInfo[] = [];
    try {
      for await (const page of world.destination.listUploads({ key: this.#key }, { signal })) uploads.push(...page);
      return uploads.filter(({ uploadId }) => !useless.includes(uploadId));
    } catch (error) {
      // A store that does not list uploads (or does not let us) can still take a new one.
      const { kind } = asTransferError(error);
      if (kind !== "denied" && kind !== "unsupported" && kind !== "notFound") throw error;
      return [];
    }
  }

  async #inspect(upload: UploadInfo): Promise<void> {
    const { world, signal, plan } = this.#work;
    const { sizeBytes } = plan.bound.layout;
    try {
      const inspected = await this.#retrying(async () => {
        const parts: PartInfo[] = [];
        let declared: DeclaredChecksum | undefined;
        for await (const page of world.destination.listParts(this.#key, upload.uploadId, { sizeBytes, signal })) {
          for (const part of page.parts) parts.push(ownWord(part, plan));
          declared ??= page.checksum;
        }
        const known = declared?.type ?? (declared && impliedType(declared, plan));
        return { upload, parts, declared: declared && known && { ...declared, type: known } };
      });
      this.#session.onInspected(inspected);
    } catch (error) {
      if (asTransferError(error).kind !== "uploadLost") throw error;
      this.#session.onInspected("gone");
    }
  }

  async #abort(uploadId: string): Promise<void> {
    const { world, signal } = this.#work;
    await this.#retrying(() => world.destination.abortUpload(this.#key, uploadId, { signal }));
    this.#session.onAborted(uploadId);
  }

  async #create(): Promise<void> {
    const { carriage } = this.#work;
    for (;;) {
      try {
        return this.#session.onCreated(await this.#retrying(() => this.#createOnce()));
      } catch (error) {
        if (!carriage.reduce(asTransferError(error))) throw error;
      }
    }
  }

  /** Create is not idempotent: after an unclear answer the upload may be there, and a second one would be an orphan. */
  async #createOnce(): Promise<string> {
    const { world, plan, carriage, signal } = this.#work;
    const lost = this.#createUnclear ? await this.#lateUploads(false) : [];
    if (lost[0] !== undefined) return lost[0];
    try {
      return await world.destination.createUpload(this.#key, {
        headers: carriage.headers,
        layout: this.#session.layout,
        token: plan.bound.token,
        ...(plan.declare && { checksum: plan.declare }),
        signal,
      });
    } catch (thrown) {
      const { kind } = asTransferError(thrown);
      if (kind === "network" || kind === "server") this.#createUnclear = true;
      throw thrown;
    }
  }

  /** Uploads that were not there when this session looked for uploads: without parts, those of our own creates, whose answers were lost. */
  async #lateUploads(withParts: boolean): Promise<string[]> {
    const late: string[] = [];
    for (const { uploadId } of await this.#listUploads()) {
      if (this.#session.hasSeen(uploadId)) continue;
      const holds = await this.#holds(uploadId);
      if (holds === "nothing" || (holds === "parts" && withParts)) late.push(uploadId);
    }
    return late;
  }

  async #holds(uploadId: string): Promise<"parts" | "nothing" | "gone"> {
    const { world, signal } = this.#work;
    try {
      for await (const page of world.destination.listParts(this.#key, uploadId, { signal })) if (page.parts.length > 0) return "parts";
      return "nothing";
    } catch (error) {
      // Another run has ended it meanwhile.
      if (asTransferError(error).kind === "uploadLost") return "gone";
      throw error;
    }
  }

  async #prove(request: RequestOf<"prove">): Promise<void> {
    const { world, transfer, plan, signal } = this.#work;
    const algorithms = new Set([...digestAlgorithmsFor(request.part, plan.partEtagsAreMd5), ...request.also]);
    let digests: Digests = {};
    if (algorithms.size > request.also.length || request.also.some((one) => algorithms.has(one))) {
      digests = await this.#retrying(() =>
        world.wire.digest("source", { key: transfer.source.key, pin: this.#pin, range: request.range, algorithms: [...algorithms] }, signal)
      );
    }
    this.#session.onProved(request.part, provesPart(request.part, digests), digests);
  }

  async #digest(request: RequestOf<"digest">): Promise<void> {
    const { world, signal } = this.#work;
    const { part, range, algorithms } = request;
    const uploadId = this.#session.uploadId ?? "";
    const digests = await world.wire.digest("destination", { key: this.#key, uploadId, pin: {}, range, algorithms }, signal);
    this.#session.onProved(part, true, digests);
  }

  async #send(request: RequestOf<"send">): Promise<void> {
    const { ledger, plan } = this.#work;
    const bytes = request.range.last - request.range.first + 1;
    ledger.parts++;
    const { part, digests } = await this.#retrying(() => plan.serverSide ? this.#copyPart(request) : this.#movePart(request), bytes);
    if (!plan.serverSide) ledger.movedBytes += bytes;
    this.#session.onSent(part, digests);
  }

  async #copyPart(request: RequestOf<"send">): Promise<{ part: PartInfo; digests: Digests }> {
    const { world, transfer, plan, signal } = this.#work;
    const part = await world.destination.copyPart(
      { bucket: world.sourceBucket, key: transfer.source.key, pin: this.#pin },
      this.#key,
      { uploadId: this.#session.uploadId ?? "", partNumber: request.partNumber, ...request.range, signal },
    );
    return { part: ownWord({ ...part, sizeBytes: request.range.last - request.range.first + 1 }, plan), digests: {} };
  }

  async #movePart(request: RequestOf<"send">): Promise<{ part: PartInfo; digests: Digests }> {
    const { world, transfer, plan, signal, confirmer } = this.#work;
    const guard = request.guard === "crc64ecma" ? undefined : request.guard;
    // An upload that was taken over may have declared nothing: then nothing is sent behind its parts either.
    const trailer = plan.trailer === this.#session.declared?.algorithm ? plan.trailer : undefined;
    const move = {
      sourceKey: transfer.source.key,
      pin: this.#pin,
      range: request.range,
      destinationKey: this.#key,
      uploadId: this.#session.uploadId ?? "",
      partNumber: request.partNumber,
      layout: this.#session.layout,
      ...(guard !== undefined && { guard }),
      ...(trailer !== undefined && { trailer }),
      digests: confirmer.digestsFor(plan, guard, trailer),
    };
    const moved = await world.wire.movePart(move, signal);
    return await confirmPart(world, plan, move, moved, confirmer, signal);
  }

  async #hash(): Promise<void> {
    this.#session.onHashed(await this.#work.confirmer.hashPartial(this.#work, this.#session.uploadId ?? ""));
  }

  async #complete(request: RequestOf<"complete">): Promise<void> {
    const { world, plan, transfer, ledger, signal } = this.#work;
    const { lastModifiedMs, sizeBytes } = transfer.source;
    const declared = this.#session.declared;
    // The session itself decides what a failed complete means; a second one only waits its turn.
    if (request.attempt > 0) {
      ledger.retries++;
      await world.clock.sleep(world.random() * world.tuning.retryDelayMs * 2 ** request.attempt, signal);
    }
    const answer = await world.destination.completeUpload(this.#key, this.#session.uploadId ?? "", {
      parts: request.parts,
      sizeBytes,
      ...(request.checksum && { checksum: request.checksum }),
      // Some servers want each part's checksum wherever one was declared; those that answer none cannot want it.
      ...(declared && everyPartHas(request.parts, declared) && { partChecksums: declared.algorithm }),
      ...(plan.condition && !this.#session.unconditional && { condition: plan.condition }),
      ...(lastModifiedMs !== undefined && world.rules.times !== "skip" && { lastModifiedMs }),
      ...(world.destinationIsLocal && world.rules.treeFormat && { ownership: this.#work.details.headers.metadata ?? {} }),
      signal,
    });
    this.#session.onCompleted(answer);
  }

  async #look(): Promise<void> {
    const { world, signal } = this.#work;
    this.#session.onLooked(await this.#retrying(() => world.destination.head(this.#key, { signal })));
  }
}

function everyPartHas(parts: readonly PartInfo[], declared: DeclaredChecksum): boolean {
  return parts.every((part) => part.checksums.some((checksum) => checksum.algorithm === declared.algorithm));
}

/**
 * What a part says of itself. ETags under KMS keys only look like MD5s; versitygw 1.8 gives each part that it copied the checksum of the
 * whole source, which says nothing of the part.
 */
function ownWord(part: PartInfo, { serverSide, source, sourceChecksum, partEtagsAreMd5 }: SessionPlan): PartInfo {
  const wholes = serverSide && part.sizeBytes !== source.sizeBytes ? sourceChecksum : undefined;
  const own = (theirs: Checksum) =>
    (theirs.algorithm !== "md5" || partEtagsAreMd5) && (theirs.algorithm !== wholes?.algorithm || theirs.value !== wholes.value);
  return part.checksums.every(own) ? part : { ...part, checksums: part.checksums.filter(own) };
}

/**
 * Some servers tell the algorithm without the type: CRC64NVME is always of the whole object (S3 user guide, "Checking object integrity"),
 * and what we would declare ourselves is taken for ours.
 */
function impliedType(declared: DeclaredChecksum, plan: SessionPlan): "full" | "composite" {
  return declared.algorithm === "crc64nvme" || plan.declare?.algorithm === declared.algorithm ? "full" : "composite";
}
