/** One key, written once: reader, writer, flag, help, example file and the types of a checked job follow from its entry in a table. */
import type { JobContext } from "../raw_job.ts";

/** One value as a reader of a {@link ValueKind} gets it. */
export interface Written {
  /** Without surrounding blanks; `${NAME}` is replaced already. */
  readonly text: string;
  /** Items of a list: as they were given one by one, or the text split at commas. */
  items(): readonly string[];
  readonly context: JobContext;
}

/** How values of one kind are written, read and written back. */
export interface ValueKind<Value> {
  /** What differs by kind: a flag `yesNo` needs no value, `list` may be repeated, a number of a script is milliseconds for `time`. */
  readonly is: "yesNo" | "list" | "time" | "url" | "location" | "other";
  /** What to write, with bounds and unit, as help and example file say it. */
  readonly hint: string;
  /** The type of the field in a script, as TypeScript. */
  readonly input: string;
  /** Throws a {@link Problem}, or TransferError `config` for a file that cannot be read. */
  read(written: Written): Value;
  /** Text that `read` takes for the same value. */
  write(value: Value): string;
}

/** What an entry says besides its key and kind. */
export interface SettingOptions {
  /** One line, without a full stop. */
  readonly help: string;
  /** A value for the example file, where there is no default. */
  readonly example?: string;
  /** Never repeated in any text. */
  readonly secret?: true;
  /** Means nothing when the source is one object. */
  readonly trees?: true;
  /** May not stand in `[defaults]`. */
  readonly perJob?: true;
  /** Store settings: the types of store that have it; absent means all. */
  readonly stores?: readonly string[];
}

/** One entry of a table. */
export interface Setting<Value = unknown, Key extends string = string> extends SettingOptions {
  readonly key: Key;
  readonly kind: ValueKind<Value>;
  /** As it would be written; empty for an empty text or list. Undefined: the value is absent unless it is given. */
  readonly default: string | undefined;
}

/** Settings by the names of the fields that hold their values in a checked job. */
export type Settings = Readonly<Record<string, Setting>>;

// deno-lint-ignore no-explicit-any -- a table holds settings of every type of value
type AnySettings = Readonly<Record<string, Setting<any>>>;
type ValueOf<S> = S extends Setting<infer Value> ? Value : never;
type Optional<T> = { [Field in keyof T]: undefined extends ValueOf<T[Field]> ? Field : never }[keyof T];

/** The checked values of a table; a field whose setting has no default, or whose default means "none", may be absent. */
export type Values<T extends AnySettings> =
  & { readonly [Field in Exclude<keyof T, Optional<T>>]: ValueOf<T[Field]> }
  & { readonly [Field in Optional<T>]?: Exclude<ValueOf<T[Field]>, undefined> };

/** The names of a table's keys. */
export type KeysOf<T extends AnySettings> = T[keyof T]["key"];

/** An entry of a table. `default` is a text that the kind can read; without it the value is absent unless it is given. */
export function setting<Value, const Key extends string, Default extends string | undefined = undefined>(
  key: Key,
  kind: ValueKind<Value>,
  options: SettingOptions & { readonly default?: Default },
): Setting<Default extends string ? Value : Value | undefined, Key> {
  return { ...options, key, kind: kind as ValueKind<never>, default: options.default };
}

/** A table whose settings have an option in common. */
export function each<T extends AnySettings>(option: Pick<SettingOptions, "trees" | "stores">, table: T): T {
  return Object.fromEntries(Object.entries(table).map(([field, setting]) => [field, { ...setting, ...option }])) as unknown as T;
}
