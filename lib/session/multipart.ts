/**
 * Drives one UploadSession: performs the requests it asks for, under slots and with retries, and hands it the responses. Decides nothing
 * about parts or uploads; a cancel stops asking, waits for what is in flight and leaves the upload at the destination.
 */
import { isCompressed } from "../bytes/local_source.ts";
import { rangeOf, wholeRange } from "../bytes/part_layout.ts";
import { asTransferError, TransferError } from "../errors.ts";
import { combineMd5, fullValue } from "../evidence/digest.ts";
import { mismatch } from "../evidence/judge.ts";
import { acquirePart, releasePart } from "../pace/slots.ts";
import type { Checksum, DigestAlgorithm, Digests, PartInfo, Range } from "../types.ts";
import type { PartMove, PartMoved } from "../wire/wire.ts";
import { FoundUploads, type MultipartWork } from "./found_uploads.ts";
import { ownWord, type SessionPlan } from "./plan_session.ts";
import { type Habits, reading, retrying } from "./transfer_work.ts";
import { type SessionOutcome, type SessionRequest, UploadSession } from "./upload_session.ts";

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
  const late = outcome.kind === "stopped" ? [] : await found.late(outcome.kind === "done");
  return { outcome, uploadId: session.uploadId, late };
}

class Driver {
  readonly #work: MultipartWork;
  readonly #session: UploadSession;
  readonly #found: FoundUploads;
  readonly #key: string;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(work: MultipartWork, session: UploadSession, found: FoundUploads) {
    this.#work = work;
    this.#session = session;
    this.#found = found;
    this.#key = work.transfer.destinationKey;
  }

  async run(): Promise<MultipartEnd["outcome"]> {
    const { signal, world } = this.#work;
    while (!signal.aborted) {
      const request = this.#session.next();
      if (request === undefined) {
        await Promise.race(this.#inFlight);
      } else if (request.do === "settle") {
        return request.outcome;
      } else if (request.do === "send" || request.do === "prove") {
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
    const { world: { destination }, signal } = this.#work;
    switch (request.do) {
      case "find":
        return session.onFound(await this.#found.list());
      case "inspect":
        return session.onInspected(await this.#found.inspect(request.upload));
      case "abort":
        await retrying(this.#work, () => destination.abortUpload(this.#key, request.uploadId, { signal }));
        return session.onAborted(request.uploadId);
      case "create":
        return await this.#create();
      case "prove":
        return session.onPart("prove", request.part, await this.#digest(request));
      case "send":
        return await this.#send(request);
      case "hash":
        return session.onHashed(await this.#hash(request));
      case "complete":
        return await this.#complete(request);
      case "look":
        return session.onLooked(await retrying(this.#work, () => destination.head(this.#key, { signal })));
      case "settle":
        throw new TransferError("bug", "A settled session was asked to go on");
    }
  }

  async #create(): Promise<void> {
    const { world, plan: { bound: { token }, want: { declare } }, target, signal } = this.#work;
    const { layout } = this.#session;
    const create = () => world.destination.createUpload(this.#key, { headers: target.headers, layout, token, checksum: declare, signal });
    for (;;) {
      try {
        return this.#session.onCreated(await this.#found.createOnce(create));
      } catch (error) {
        if (!target.reduce(asTransferError(error))) throw error;
      }
    }
  }

  async #digest({ range, algorithms }: RequestOf<"prove">): Promise<Digests> {
    const { world, transfer, plan, signal } = this.#work;
    if (plan.folder) return await this.#digestPartial(range, algorithms);
    if (algorithms.length === 0) return {};
    return await retrying(
      this.#work,
      () => reading(this.#work, (pin) => world.wire.digest("source", { key: transfer.source.key, pin, range, algorithms }, signal)),
    );
  }

  #digestPartial(range: Range | undefined, algorithms: readonly DigestAlgorithm[]): Promise<Digests> {
    const { world, signal } = this.#work;
    const uploadId = this.#session.uploadId ?? "";
    return world.wire.digest("destination", { key: this.#key, uploadId, pin: {}, range, algorithms }, signal);
  }

  /** The MD5 of the whole partial file, or over the parts that the source has. */
  async #hash({ layout }: RequestOf<"hash">): Promise<Checksum | undefined> {
    if (layout === undefined) {
      const { md5 } = await this.#digestPartial(wholeRange(this.#work.transfer.source.sizeBytes), ["md5"]);
      return md5 === undefined ? undefined : { algorithm: "md5", value: md5, type: "full" };
    }
    const parts: (string | undefined)[] = [];
    for (let partNumber = 1; partNumber <= layout.partCount; partNumber++) {
      parts.push((await this.#digestPartial(rangeOf(layout, partNumber), ["md5"])).md5);
    }
    return combineMd5(parts);
  }

  async #send(request: RequestOf<"send">): Promise<void> {
    const { ledger, plan: { serverSide } } = this.#work;
    const bytes = request.range.last - request.range.first + 1;
    ledger.parts++;
    const send = () => serverSide ? this.#copyPart(request) : sendPart(this.#work, this.#session, request);
    const { part, digests } = await retrying(this.#work, send, bytes);
    if (!serverSide) ledger.movedBytes += bytes;
    this.#session.onPart("send", part, digests);
  }

  async #copyPart({ partNumber, range }: RequestOf<"send">): Promise<{ part: PartInfo; digests: Digests }> {
    const { world, transfer: { source: { key } }, plan, signal } = this.#work;
    const options = { uploadId: this.#session.uploadId ?? "", partNumber, ...range, signal };
    const part = await reading(
      this.#work,
      (pin) => world.destination.copyPart({ bucket: world.sourceBucket, key, pin }, this.#key, options),
    );
    return { part: ownWord({ ...part, sizeBytes: range.last - range.first + 1 }, plan), digests: {} };
  }

  async #complete({ parts, checksum, condition, attempt }: RequestOf<"complete">): Promise<void> {
    const { world, transfer: { source: { sizeBytes, lastModifiedMs } }, details, ledger, signal } = this.#work;
    const { uploadId = "", declared } = this.#session;
    // The session itself decides what a failed complete means; a second one only waits its turn.
    if (attempt > 0) {
      ledger.retries++;
      await world.clock.sleep(world.random() * world.tuning.retryDelayMs * 2 ** attempt, signal);
    }
    const answer = await world.destination.completeUpload(this.#key, uploadId, {
      parts,
      sizeBytes,
      checksum,
      // Some servers want each part's checksum wherever one was declared; those that return none cannot want it.
      partChecksums: parts.every(({ checksums }) => checksums.some((one) => one.algorithm === declared?.algorithm))
        ? declared?.algorithm
        : undefined,
      condition,
      lastModifiedMs: world.rules.times === "skip" ? undefined : lastModifiedMs,
      ownership: world.destinationIsLocal && world.rules.treeFormat ? details.headers.metadata ?? {} : undefined,
      signal,
    });
    this.#session.onCompleted(answer);
  }
}

/**
 * Moves one part into the session's upload, and compares the response with what was sent. Where a destination does not return the checksum
 * that it was given, the MD5 of its ETag is asked instead. Throws TransferError `integrity` when the response contradicts what was sent.
 */
async function sendPart(
  work: MultipartWork,
  { uploadId = "", layout, declared }: UploadSession,
  { partNumber, range, guard }: Extract<SessionRequest, { do: "send" }>,
): Promise<{ part: PartInfo; digests: Digests }> {
  const { world, transfer: { source, destinationKey }, plan, signal, habits } = work;
  // An upload that was taken over may have declared nothing: then nothing is sent behind its parts either.
  const trailer = plan.want.trailer === declared?.algorithm ? plan.want.trailer : undefined;
  const digests = digestsToTake(plan, habits, guard ?? trailer);
  return await reading(work, async (pin) => {
    const move: PartMove = { sourceKey: source.key, pin, range, destinationKey, uploadId, partNumber, layout, guard, trailer, digests };
    return await confirm(work, move, await world.wire.movePart(move, signal));
  });
}

function digestsToTake({ want }: SessionPlan, { echoes }: Habits, told: DigestAlgorithm | undefined): DigestAlgorithm[] {
  const silent = told === undefined ? want.trailer !== undefined : !echoes;
  return silent && want.partMd5 ? [...new Set([...want.digests, "md5" as const])] : [...want.digests];
}

async function confirm(work: MultipartWork, move: PartMove, moved: PartMoved): Promise<{ part: PartInfo; digests: Digests }> {
  const { world, plan, habits, signal } = work;
  const { etag, sizeBytes, checksums } = moved;
  const part = ownWord({ partNumber: move.partNumber, sizeBytes, checksums, etag }, plan);
  let { digests } = moved;
  refuse(move, digests, part.checksums);
  const told = move.guard ?? move.trailer;
  const echoed = told === undefined || told === "md5" || part.checksums.some((one) => one.algorithm === told);
  if (!echoed && fullValue(part.checksums, "md5") !== undefined) {
    habits.echoes = false;
    if (digests.md5 === undefined) {
      const request = { key: move.sourceKey, pin: move.pin, range: move.range, algorithms: ["md5"] as const };
      digests = { ...digests, ...await world.wire.digest("source", request, signal) };
      refuse(move, digests, part.checksums);
    }
  }
  return { part, digests };
}

function refuse({ partNumber, destinationKey }: PartMove, digests: Digests, said: readonly Checksum[]): void {
  const wrong = mismatch(digests, said);
  if (wrong === undefined) return;
  const message = `Part ${partNumber} arrived changed: sent ${wrong} ${digests[wrong]}, the destination has ${fullValue(said, wrong)}`;
  throw new TransferError("integrity", message, { key: destinationKey });
}
