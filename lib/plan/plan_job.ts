/**
 * The plan of a job: a stream of transfers, skips, problems and, at the very end, deletes. Nothing is decided about deleting before both
 * listings have ended cleanly. Holds no more than `max_delete` keys besides the walk's pages.
 */
import { isDiskFolder } from "../bytes/local_source.ts";
import { toWireError, TransferError } from "../errors.ts";
import type { ErrorKind, ObjectInfo, PlanItem } from "../types.ts";
import type { Verdict } from "./admit.ts";
import { type Extras, InTheWay } from "./in_the_way.ts";
import { hookFailed, type PlanInput, runHook } from "./plan_input.ts";
import { walkJob } from "./walk.ts";

/**
 * Plans a job. Items come in source key order, deletes last. Throws what reaches the whole job: `config` (missing source object, bad
 * glob, failing hook, `delete` together with a rename hook), and whatever a listing throws.
 */
export async function* planJob(input: PlanInput): AsyncGenerator<PlanItem> {
  if (input.job.delete && input.rename !== undefined) {
    throw new TransferError("config", `Job ${input.job.name} cannot use delete together with a rename hook: what is extra cannot be known`);
  }
  const deletes = new DeleteList(input);
  const way = new InTheWay(input, deletes);
  for await (const verdict of walkJob(input)) {
    if (verdict.kind !== "extra") deletes.sourceEmpty = false;
    const item = verdict.kind === "transfer" ? await transferItem(input, verdict) : plainItem(verdict, deletes);
    if (item !== undefined && !(item.kind === "transfer" && await way.holds(item))) yield item;
  }
  input.signal.throwIfAborted();
  yield* way.released();
  yield* deletes.items();
}

async function transferItem(input: PlanInput, verdict: Extract<Verdict, { kind: "transfer" }>): Promise<PlanItem> {
  const { source, destinationKey, reason, replaces } = verdict;
  const hook = input.headers;
  const headers = hook === undefined ? undefined : await runHook("headers", source.key, () => hook(source, destinationKey));
  if (headers !== undefined && !isPlainData(headers)) {
    throw hookFailed("headers", source.key, "it must return an object of headers, plain data only, or undefined");
  }
  return {
    kind: "transfer",
    transfer: {
      id: input.nextId(),
      source,
      destinationKey,
      reason,
      ...(replaces !== undefined && { replaces }),
      ...(headers !== undefined && { headers }),
    },
  };
}

/** Only plain data can be posted to a worker. */
function isPlainData(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function plainItem(verdict: Exclude<Verdict, { kind: "transfer" }>, deletes: DeleteList): PlanItem | undefined {
  switch (verdict.kind) {
    case "skip": {
      const { source, destinationKey, reason } = verdict;
      return { kind: "skip", key: source.key, destinationKey, sizeBytes: source.sizeBytes, reason };
    }
    case "extra":
      deletes.note(verdict.destination);
      return undefined;
    case "problem":
      if (verdict.hidesSource) deletes.sourceHidden = true;
      return verdict.shown ? { kind: "problem", key: verdict.key, error: verdict.error } : undefined;
  }
}

/** Keys that only the destination has, until it is known that they may go. */
class DeleteList implements Extras {
  /** Part of the source could not be read, so that what seems to be extra may not be. */
  sourceHidden = false;
  /** Not one object was seen at the source, excluded ones included: a mistyped prefix and a disk that is not mounted look the same. */
  sourceEmpty = true;
  readonly #wanted: boolean;
  readonly #emptyAllowed: boolean;
  readonly #deletesMax: number;
  readonly #place: string;
  readonly #kept = new Map<string, { readonly key: string; readonly sizeBytes: number }>();
  #count = 0;

  constructor(input: PlanInput) {
    this.#wanted = input.job.delete;
    this.#emptyAllowed = input.job.allowEmptySource;
    this.#deletesMax = input.job.maxDelete;
    this.#place = input.job.destination.text;
  }

  note(object: ObjectInfo): void {
    if (!this.#wanted) return;
    this.#count += 1;
    // A folder of the disk that is listed as a node goes as a folder: when it is empty.
    const key = isDiskFolder(object) ? `${object.key}/` : object.key;
    if (this.#kept.size < this.#deletesMax) this.#kept.set(key, { key, sizeBytes: object.sizeBytes });
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  take(key: string): { readonly key: string; readonly sizeBytes: number } | undefined {
    const found = this.#kept.get(key);
    if (this.#kept.delete(key)) this.#count -= 1;
    return found;
  }

  get mayGo(): boolean {
    return this.#wanted && !this.sourceHidden && (!this.sourceEmpty || this.#emptyAllowed) && this.#count <= this.#deletesMax;
  }

  /** All deletes, or one problem that says why there are none. */
  *items(): Generator<PlanItem> {
    if (this.#count === 0) return;
    if (this.sourceHidden) {
      yield this.#refusal("denied", `Nothing deleted: part of the source could not be read, ${this.#count} extra objects were left`);
    } else if (this.sourceEmpty && !this.#emptyAllowed) {
      const extra = `the source holds no object at all, and the destination has ${this.#count} that would go`;
      yield this.#refusal("config", `Nothing deleted: ${extra} (allow_empty_source = yes if that is meant)`);
    } else if (this.#count > this.#deletesMax) {
      yield this.#refusal("config", `Nothing deleted: ${this.#count} extra objects are more than max_delete = ${this.#deletesMax}`);
    } else {
      for (const { key, sizeBytes } of this.#kept.values()) yield { kind: "delete", destinationKey: key, sizeBytes };
    }
  }

  #refusal(kind: ErrorKind, message: string): PlanItem {
    return { kind: "problem", key: this.#place, error: toWireError(new TransferError(kind, message)) };
  }
}
