/**
 * The unfinished uploads of one key at the destination: those that are there when a session begins, and those that appear meanwhile. All of
 * that is for resuming and for reporting: a destination that refuses to list them only makes both impossible.
 */
import { asTransferError, isMissing, isRefused, ruleOf, type TransferError } from "../errors.ts";
import type { DeclaredChecksum, PartInfo, UploadInfo } from "../types.ts";
import type { MultipartWork } from "./multipart.ts";
import type { SessionPlan } from "./plan_session.ts";
import type { InspectedUpload } from "./resumable.ts";
import { ownWord } from "./send_part.ts";
import { retrying } from "./transfer_work.ts";

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

  /**
   * Uploads of the key, newest first; none where the destination does not list them. Each such object says so in the same words, which the
   * summary counts on one line.
   */
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

  /** The parts of an upload; `gone` when it has ended meanwhile, and none where they may not be listed. */
  async inspect(upload: UploadInfo): Promise<InspectedUpload | "gone"> {
    const { world, signal, plan, transfer } = this.#work;
    const { sizeBytes } = plan.bound.layout;
    try {
      return await retrying(this.#work, async () => {
        const parts: PartInfo[] = [];
        let declared: DeclaredChecksum | undefined;
        for await (const page of world.destination.listParts(transfer.destinationKey, upload.uploadId, { sizeBytes, signal })) {
          for (const part of page.parts) parts.push(ownWord(part, plan));
          declared ??= page.checksum;
        }
        const type = declared?.type ?? (declared && impliedType(declared, plan));
        return { upload, parts, declared: declared && type && { ...declared, type } };
      });
    } catch (thrown) {
      // A page of something in between, which is no list of parts, says as little as a refusal.
      const { kind, status = 0 } = asTransferError(thrown);
      if (isMissing(thrown) || isRefused(thrown) || (kind === "server" && status < 300)) return "gone";
      throw thrown;
    }
  }

  /**
   * Creates an upload by `create` and returns its id. Not idempotent: after an unclear response the upload may be there, and a second one
   * would be an orphan.
   */
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
   * A create that seemed to fail may have worked in the end. And when the object is `done`, the next run leaves it alone: nobody but this
   * one would report the upload that another run has begun meanwhile and died with. Never throws: what cannot be asked is said to be
   * unknown.
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

  /**
   * Uploads that were not there when this session looked for uploads: without parts, those of our own creates, whose responses were lost.
   */
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

  async #list(): Promise<UploadInfo[]> {
    const { world, signal, useless, transfer } = this.#work;
    const uploads: UploadInfo[] = [];
    for await (const page of world.destination.listUploads({ key: transfer.destinationKey }, { signal })) uploads.push(...page);
    return uploads.filter(({ uploadId }) => !useless.includes(uploadId));
  }

  async #holds(uploadId: string): Promise<"parts" | "nothing" | "gone"> {
    const { world, signal, transfer } = this.#work;
    try {
      for await (const page of world.destination.listParts(transfer.destinationKey, uploadId, { signal })) {
        if (page.parts.length > 0) return "parts";
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

/**
 * Some servers tell the algorithm without the type: CRC64NVME is always of the whole object (S3 user guide, "Checking object integrity"),
 * and what we would declare ourselves is taken for ours.
 */
function impliedType(declared: DeclaredChecksum, { want }: SessionPlan): "full" | "composite" {
  return declared.algorithm === "crc64nvme" || want.declare?.algorithm === declared.algorithm ? "full" : "composite";
}
