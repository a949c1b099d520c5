/**
 * The unfinished uploads of one key at the destination: those that are there when a session begins, and those that appear meanwhile. All of
 * that is for resuming and for reporting: a destination that refuses to list them only makes both impossible.
 */
import { asTransferError, isMissing, isRefused, ruleOf, type TransferError } from "../errors.ts";
import type { DeclaredChecksum, ObjectDetails, PartInfo, UploadInfo } from "../types.ts";
import type { InspectedUpload } from "./layout.ts";
import { ownWord, type SessionPlan } from "./plan_session.ts";
import type { TargetHeaders } from "./source_facts.ts";
import { retrying, type TransferWork } from "./transfer_work.ts";

/** One multipart transfer in progress. */
export interface MultipartWork extends TransferWork {
  readonly plan: SessionPlan;
  readonly details: ObjectDetails;
  readonly target: TargetHeaders;
  /** Uploads that can be of no use, and could not be ended. */
  readonly useless: readonly string[];
}

/** See the file comment. */
export class FoundUploads {
  readonly #work: MultipartWork;
  readonly #seen: (uploadId: string) => boolean;
  /** The response to a create was lost: an upload of ours may be there that we do not know of. */
  #createUnclear = false;
  /** The destination has listed the uploads of this key: what it lists later is new. */
  #listed = true;

  /** `seen` is true for uploads that the session knows. */
  constructor(work: MultipartWork, seen: (uploadId: string) => boolean) {
    this.#work = work;
    this.#seen = seen;
  }

  /** Uploads of the key, newest first; none where the destination does not list them, which is said. */
  async list(): Promise<UploadInfo[]> {
    const { habits } = this.#work;
    if (habits.unlisted !== undefined) return this.#none(habits.unlisted);
    try {
      return await retrying(this.#work, () => this.#list());
    } catch (thrown) {
      const error = asTransferError(thrown);
      // What stops everything stops the next request, too, and says so better.
      if (error.kind === "cancelled" || error.kind === "network" || error.kind === "bug") throw error;
      const words = unlisted(error);
      // A store that fails may be better soon: it is asked once more.
      if (ruleOf(error).retry === "never" || ++habits.listingsFailed > 1) habits.unlisted = words;
      return this.#none(words);
    }
  }

  #none(words: string): UploadInfo[] {
    this.#listed = false;
    const { notCarried } = this.#work.target;
    if (!notCarried.includes(words)) notCarried.push(words);
    return [];
  }

  /** An upload with its parts; `gone` when it has ended meanwhile, and where its parts may not be listed. */
  async inspect(upload: UploadInfo): Promise<InspectedUpload | "gone"> {
    const { world, signal, plan, plan: { want }, transfer } = this.#work;
    const options = { sizeBytes: plan.bound.layout.sizeBytes, signal };
    try {
      return await retrying(this.#work, async () => {
        const parts: PartInfo[] = [];
        let declared: DeclaredChecksum | undefined;
        for await (const page of world.destination.listParts(transfer.destinationKey, upload.uploadId, options)) {
          for (const part of page.parts) parts.push(ownWord(part, plan));
          declared ??= page.checksum;
        }
        if (declared === undefined || declared.type !== undefined) return { upload, parts, declared };
        // Some servers name the algorithm without the type: CRC64NVME is always of the whole object (S3 user guide, "Checking object
        // integrity"), and what we would declare ourselves is taken for ours.
        const full = declared.algorithm === "crc64nvme" || want.declare?.algorithm === declared.algorithm;
        return { upload, parts, declared: { ...declared, type: full ? "full" : "composite" } };
      });
    } catch (thrown) {
      // A page of something in between, which is not a list of parts, says as little as a refusal.
      const { kind, status = 0 } = asTransferError(thrown);
      if (isMissing(thrown) || isRefused(thrown) || (kind === "server" && status < 300)) return "gone";
      throw thrown;
    }
  }

  /** Creates an upload and returns its id. Not idempotent: after an unclear response it may be there, and a second one be an orphan. */
  createOnce(create: () => Promise<string>): Promise<string> {
    return retrying(this.#work, async () => {
      const lost = this.#createUnclear ? await this.#late(false) : [];
      if (lost[0] !== undefined) return lost[0];
      try {
        return await create();
      } catch (thrown) {
        if (ruleOf(thrown).afterWrite === "look") this.#createUnclear = true;
        throw thrown;
      }
    });
  }

  /**
   * A create that seemed to fail may have worked in the end. And when the object is `done`, the next run skips it: nobody but this one
   * would report the upload that another run has begun meanwhile and died with. Never throws: what cannot be asked is said to be unknown.
   */
  async late(done: boolean): Promise<string[]> {
    if (!this.#createUnclear && !done) return [];
    try {
      return await retrying(this.#work, () => this.#late(done));
    } catch (error) {
      this.#none(unlisted(asTransferError(error)));
      return [];
    }
  }

  /** Uploads that appeared since this session looked: without parts, those of our own creates, whose responses were lost. */
  async #late(withParts: boolean): Promise<string[]> {
    const late: string[] = [];
    if (!this.#listed) return late;
    for (const { uploadId } of await this.#list()) {
      if (this.#seen(uploadId)) continue;
      const holds = await this.#holds(uploadId);
      if (holds === "nothing" || (holds === "parts" && withParts)) late.push(uploadId);
    }
    return late;
  }

  /** Other requests go by the same keys: a signature that is refused here is one that was damaged on the way. It is sent once more. */
  async #list(): Promise<UploadInfo[]> {
    const { world, signal, useless, transfer } = this.#work;
    const ask = () => Array.fromAsync(world.destination.listUploads({ key: transfer.destinationKey }, { signal }));
    const pages = await ask().catch((error) => {
      if (asTransferError(error).kind !== "credentials") throw error;
      return ask();
    });
    return pages.flat().filter(({ uploadId }) => !useless.includes(uploadId));
  }

  async #holds(uploadId: string): Promise<"parts" | "nothing" | "gone"> {
    const { world, signal, transfer } = this.#work;
    try {
      for await (const { parts } of world.destination.listParts(transfer.destinationKey, uploadId, { signal })) {
        if (parts.length > 0) return "parts";
      }
      return "nothing";
    } catch (error) {
      // Another run has ended it meanwhile.
      if (isMissing(error)) return "gone";
      throw error;
    }
  }
}

/** What is said where uploads could not be listed; the same words for every key, so that a summary counts them. */
function unlisted(error: TransferError): string {
  return `resume: the destination does not list unfinished uploads (${ruleOf(error).words})`;
}
