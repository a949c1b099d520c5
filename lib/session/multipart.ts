/**
 * Drives one UploadSession: performs the requests it asks for, under slots and with retries, and hands it the responses. Decides nothing
 * about parts or uploads; a cancel stops asking, waits for what is in flight and leaves the upload at the destination.
 */
import { isCompressed } from "../bytes/local_source.ts";
import { asTransferError, TransferError } from "../errors.ts";
import { combineMd5 } from "../evidence/digest.ts";
import { digestsToProve, provesPart } from "../evidence/judge.ts";
import { withRetries } from "../pace/retry.ts";
import { acquirePart, releasePart } from "../pace/slots.ts";
import type { Checksum, Digests, ObjectDetails, PartInfo } from "../types.ts";
import type { DeclaredChecksum } from "./candidates.ts";
import { FoundUploads } from "./found_uploads.ts";
import type { TargetHeaders } from "./headers.ts";
import { rangeOf } from "../bytes/part_layout.ts";
import type { SessionPlan } from "./plan_session.ts";
import { movePart, ownWord } from "./send_part.ts";
import type { TransferWork } from "./source_facts.ts";
import { reading } from "./source_pin.ts";
import { type SessionOutcome, type SessionRequest, UploadSession } from "./upload_session.ts";

/** One multipart transfer in progress. */
export interface MultipartWork extends TransferWork {
  readonly plan: SessionPlan;
  readonly details: ObjectDetails;
  readonly target: TargetHeaders;
  /** Uploads that can be of no use, and could not be ended. */
  readonly useless: readonly string[];
}

type RequestOf<Name extends SessionRequest["do"]> = Extract<SessionRequest, { do: Name }>;

/** What came of a session, with the upload that it worked on. */
export interface MultipartEnd {
  readonly outcome: SessionOutcome | { readonly kind: "stopped" };
  readonly uploadId: string | undefined;
  /** Uploads that appeared meanwhile: empty ones of creates that seemed to fail, and once the object is there those of other runs too. */
  readonly late: readonly string[];
}

/** Runs one session to its end. Never throws for failures of the transfer: they are outcomes. */
export async function driveSession(work: MultipartWork): Promise<MultipartEnd> {
  const session = new UploadSession(work.plan);
  const found = new FoundUploads(work, (uploadId) => session.hasSeen(uploadId));
  const outcome = await new Driver(work, session, found).run();
  work.ledger.foundBytes = session.foundBytes;
  return {
    outcome,
    uploadId: session.uploadId,
    late: outcome.kind === "stopped" ? [] : await found.late(outcome.kind === "done"),
  };
}

class Driver {
  readonly #work: MultipartWork;
  readonly #session: UploadSession;
  readonly #found: FoundUploads;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(work: MultipartWork, session: UploadSession, found: FoundUploads) {
    this.#work = work;
    this.#session = session;
    this.#found = found;
  }

  async run(): Promise<SessionOutcome | { kind: "stopped" }> {
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
    return { kind: "stopped" };
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

  async #request(request: SessionRequest): Promise<void> {
    const session = this.#session;
    switch (request.do) {
      case "find":
        return session.onFound(await this.#found.list());
      case "inspect":
        return session.onInspected(await this.#found.inspect(request.upload));
      case "abort":
        return await this.#abort(request.uploadId);
      case "create":
        return await this.#create();
      case "prove":
        return await this.#prove(request);
      case "digest":
        return session.onProved(request.part, true, await this.#digestPartial(request.range, request.algorithms));
      case "send":
        return await this.#send(request);
      case "hash":
        return session.onHashed(await this.#hash(request));
      case "complete":
        return await this.#complete(request);
      case "look":
        return await this.#look();
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

  get #uploadId(): string {
    return this.#session.uploadId ?? "";
  }

  async #abort(uploadId: string): Promise<void> {
    const { world, signal } = this.#work;
    await this.#retrying(() => world.destination.abortUpload(this.#key, uploadId, { signal }));
    this.#session.onAborted(uploadId);
  }

  async #create(): Promise<void> {
    const { world, plan, target, signal } = this.#work;
    const create = () =>
      world.destination.createUpload(this.#key, {
        headers: target.headers,
        layout: this.#session.layout,
        token: plan.bound.token,
        ...(plan.want.declare && { checksum: plan.want.declare }),
        signal,
      });
    for (;;) {
      try {
        return this.#session.onCreated(await this.#found.createOnce(create));
      } catch (error) {
        if (!target.reduce(asTransferError(error))) throw error;
      }
    }
  }

  async #prove({ part, range, also }: RequestOf<"prove">): Promise<void> {
    const { world, transfer, signal } = this.#work;
    const algorithms = [...new Set([...digestsToProve(part), ...also])];
    const read = () =>
      reading(this.#work, (pin) => world.wire.digest("source", { key: transfer.source.key, pin, range, algorithms }, signal));
    const digests: Digests = algorithms.length === 0 ? {} : await this.#retrying(read);
    this.#session.onProved(part, provesPart(part, digests), digests);
  }

  #digestPartial(range: RequestOf<"digest">["range"], algorithms: RequestOf<"digest">["algorithms"]): Promise<Digests> {
    const { world, signal } = this.#work;
    return world.wire.digest("destination", { key: this.#key, uploadId: this.#uploadId, pin: {}, range, algorithms }, signal);
  }

  /** The MD5 of the whole partial file, or over the parts that the source has. */
  async #hash({ layout }: RequestOf<"hash">): Promise<Checksum | undefined> {
    const { sizeBytes } = this.#work.transfer.source;
    if (layout === undefined) {
      const { md5 } = await this.#digestPartial({ first: 0, last: sizeBytes - 1 }, ["md5"]);
      return md5 === undefined ? undefined : { algorithm: "md5", value: md5, type: "full" };
    }
    const parts: (string | undefined)[] = [];
    for (let partNumber = 1; partNumber <= layout.partCount; partNumber++) {
      parts.push((await this.#digestPartial(rangeOf(layout, partNumber), ["md5"])).md5);
    }
    return combineMd5(parts);
  }

  async #send(request: RequestOf<"send">): Promise<void> {
    const { ledger, plan } = this.#work;
    const bytes = request.range.last - request.range.first + 1;
    ledger.parts++;
    const { part, digests } = await this.#retrying(() => plan.serverSide ? this.#copyPart(request) : this.#movePart(request), bytes);
    if (!plan.serverSide) ledger.movedBytes += bytes;
    this.#session.onSent(part, digests);
  }

  async #copyPart({ partNumber, range }: RequestOf<"send">): Promise<{ part: PartInfo; digests: Digests }> {
    const { world, transfer, plan, signal } = this.#work;
    const part = await reading(this.#work, (pin) =>
      world.destination.copyPart(
        { bucket: world.sourceBucket, key: transfer.source.key, pin },
        this.#key,
        { uploadId: this.#uploadId, partNumber, ...range, signal },
      ));
    return { part: ownWord({ ...part, sizeBytes: range.last - range.first + 1 }, plan), digests: {} };
  }

  async #movePart({ partNumber, range, guard }: RequestOf<"send">): Promise<{ part: PartInfo; digests: Digests }> {
    const { layout, declared } = this.#session;
    return await movePart(this.#work, { uploadId: this.#uploadId, partNumber, range, guard, layout, declared });
  }

  async #complete(request: RequestOf<"complete">): Promise<void> {
    const { world, plan, transfer, ledger, signal } = this.#work;
    const { lastModifiedMs, sizeBytes } = transfer.source;
    const { declared } = this.#session;
    // The session itself decides what a failed complete means; a second one only waits its turn.
    if (request.attempt > 0) {
      ledger.retries++;
      await world.clock.sleep(world.random() * world.tuning.retryDelayMs * 2 ** request.attempt, signal);
    }
    const answer = await world.destination.completeUpload(this.#key, this.#uploadId, {
      parts: request.parts,
      sizeBytes,
      ...(request.checksum && { checksum: request.checksum }),
      // Some servers want each part's checksum wherever one was declared; those that return none cannot want it.
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
