/**
 * A job under translation: keys of sluice's own with the place in the older file from which each came, so that the one checker of jobs
 * reports mistakes in the words of that file. Decides nothing.
 */
import { checkJob } from "../job/job_file.ts";
import type { JobKey, StoreKey } from "../job/settings/tables.ts";
import { MistakeList, Problem } from "../job/mistake.ts";
import { bucketProblem } from "../job/place.ts";
import type { JobContext, RawSection, RawValue } from "../job/raw_job.ts";
import type { Job } from "../job_types.ts";

/** Where a value stands in the older tool's words. */
export interface Origin {
  /** The key or option as its user writes it. */
  readonly shown: string;
  readonly line?: number;
  /** Without brackets. */
  readonly section?: string;
}

/** See the file comment. */
export class JobDraft {
  readonly mistakes: MistakeList;
  readonly #file: string;
  readonly #job: RawSection;
  readonly #stores = new Map<string, RawSection>();

  /** `file`: the settings file, or `command line`. `mistakes`: those of all drafts of one command line. */
  constructor(file: string, name: string, mistakes: MistakeList = new MistakeList(file)) {
    this.#file = file;
    this.mistakes = mistakes;
    this.#job = { kind: "job", name, file, values: new Map() };
  }

  /** A key of the job. A list is taken as it is, whatever commas its items hold. */
  set(key: JobKey, value: string | readonly string[], origin: Origin = { shown: key }): void {
    this.#job.values.set(key, this.#raw(value, origin));
  }

  /** A key of `[store.NAME]`, which locations name as `NAME://bucket/key`. */
  setStore(name: string, key: StoreKey, value: string, origin: Origin = { shown: key }): void {
    const section = this.#stores.get(name) ?? { kind: "store", name, title: `store.${name}`, file: this.#file, values: new Map() };
    this.#stores.set(name, section);
    section.values.set(key, this.#raw(value, origin));
  }

  /**
   * The name of a bucket for a location that has another origin: a wrong one is reported here, in the words of its own origin, and
   * replaced by one that the checker has nothing against.
   */
  bucket(name: string, origin: Origin): string {
    const problem = name === "" ? "the bucket is missing" : bucketProblem(name);
    if (problem === undefined) return name;
    this.wrong(origin, name, problem);
    return "bucket";
  }

  /** A mistake that the checker of jobs cannot know of. */
  wrong(origin: Origin, text: string | undefined, problem: string): void {
    this.mistakes.ofValue(this.#raw(text ?? "", origin), new Problem(problem), { hidden: text === undefined });
  }

  /** The checked job. Throws a {@link JobFileError} with all mistakes. */
  check(context: Omit<JobContext, "file" | "names">): Job {
    return checkJob([...this.#stores.values(), this.#job], { ...context, file: this.#file }, this.mistakes);
  }

  #raw(value: string | readonly string[], origin: Origin): RawValue {
    const items = typeof value === "string" ? {} : { items: value };
    return { text: typeof value === "string" ? value : value.join(", "), ...items, ...origin, file: this.#file, expand: false };
  }
}

/** A local path as it was typed, as messages show it, but for one that could be taken for a location of a store or a home folder. */
export function typedPath(path: string): string {
  return path.includes("://") || path.startsWith("~") ? plainPath(path) : path;
}

/** A local path in a form that is never taken for a location of a store, nor `~` for the home folder. */
export function plainPath(path: string): string {
  return /^(?:[\\/]|[A-Za-z]:[\\/])/.test(path) ? path : `./${path}`;
}
