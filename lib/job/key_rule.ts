/**
 * What one key of a job file is: a line of the table that keys.ts puts together.
 */

/** What a value must look like; bounds are inclusive, in bytes or milliseconds. `word` is a word that may stand for a number. */
export type ValueType =
  | { readonly is: "text" | "path" | "location" | "url" | "list" | "texts" | "yesNo" }
  | { readonly is: "choice"; readonly of: readonly string[] }
  | { readonly is: "count" | "size" | "time"; readonly min: number; readonly max: number; readonly word?: string }
  | { readonly is: "rate"; readonly min: number; readonly max: number; readonly word: string }
  /** Words and KEY=VALUE items separated by commas. */
  | { readonly is: "pairs"; readonly words: readonly string[] };

/** One line of the table. */
export interface KeyRule {
  readonly key: string;
  /** `run` keys bound or report a run; `store` keys belong to `[store.NAME]`. */
  readonly group: "store" | "job" | "run";
  readonly type: ValueType;
  /** As it would be written; empty when there is none. */
  readonly fallback: string;
  readonly help: string;
  /** Store keys: the types of store that have it; absent means all. */
  readonly stores?: readonly string[];
  /** Never repeated in any text. */
  readonly secret?: true;
  /** May not stand in `[defaults]`. */
  readonly notDefault?: true;
}
