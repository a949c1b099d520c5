/** The values of a section. One that is wrong becomes a mistake and reads as the default, so that one run finds them all. */
import { TransferError } from "../errors.ts";
import { type MistakeList, Problem } from "./mistake.ts";
import type { JobContext, RawSection, RawValue } from "./raw_job.ts";
import type { Setting, Settings, Values } from "./settings/setting.ts";
import { splitList } from "./value.ts";

/** Reads settings of one kind of section. */
export class SectionReader {
  /** `layers`: the first that has a key gives its value. `section` is the one that mistakes without a value belong to. */
  constructor(
    readonly section: RawSection,
    readonly context: JobContext,
    private readonly mistakes: MistakeList,
    private readonly layers: readonly RawSection[] = [section],
  ) {}

  /** The value as written, if there is one. */
  raw({ key }: Setting): RawValue | undefined {
    return this.layers.find(({ values }) => values.has(key))?.values.get(key);
  }

  /** Reports a mistake of a setting's value, or of the section when it has none. */
  wrong(setting: Setting, problem: string | TransferError): void {
    const raw = this.raw(setting);
    const found = typeof problem === "string" ? new Problem(problem) : problem;
    if (raw !== undefined) this.mistakes.ofValue(raw, found, { secret: secrecyOf(setting) });
    else this.mistakes.ofSection(this.section, found, this.section.shownKey?.(setting.key) ?? setting.key);
  }

  /** The checked values of a table. */
  values<T extends Settings>(table: T): Values<T> {
    const values = Object.entries(table).map(([field, setting]) => [field, this.value(setting)]);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined));
  }

  /** The checked value of one setting; undefined when it is absent and has no default. */
  value<Value>(setting: Setting<Value>): Value | undefined {
    const raw = this.raw(setting);
    const value = raw === undefined ? undefined : this.#read(raw, setting);
    const fallback = setting.default;
    if (value !== undefined || fallback === undefined) return value;
    return setting.kind.read({ text: fallback, items: () => splitList(fallback), context: this.context });
  }

  /** Undefined for a value that is wrong, and for an empty list. */
  #read<Value>(raw: RawValue, setting: Setting<Value>): Value | undefined {
    const text = raw.expand ? expand(raw.text, this.context.env) : raw.text;
    if (text instanceof Problem) return void this.mistakes.ofValue(raw, text, { secret: secrecyOf(setting), onlyIfUsed: true });
    if (text.trim() === "" && raw.items === undefined) {
      const problem = new Problem(`no value; give one or leave ${raw.shown} out`);
      return void this.mistakes.ofValue(raw, problem, { hidden: true, onlyIfUsed: true });
    }
    try {
      const value = setting.kind.read({ text, items: () => raw.items ?? splitList(text), context: this.context });
      return Array.isArray(value) && value.length === 0 ? undefined : value;
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      this.mistakes.ofValue(raw, error, { secret: secrecyOf(setting) });
      return undefined;
    }
  }
}

/** What of a wrong value must not be repeated. */
function secrecyOf({ secret, kind }: Setting): boolean | "login" {
  return secret ?? (kind.is === "url" ? "login" : false);
}

/** `${NAME}` replaced by the environment's NAME; `$${` is a `${` of the text. A variable that is not set is a problem. */
export function expand(text: string, env: (name: string) => string | undefined): string | Problem {
  let problem: Problem | undefined;
  const expanded = text.replaceAll(/(\$?)\$\{([^}]*)(\}?)/g, (whole, literal: string, name: string, end: string) => {
    if (literal !== "") return whole.slice(1);
    const known = end !== "" && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
    const value = known ? env(name) : undefined;
    const unset = `the environment variable ${name} is not set; set it, or write $\${${name}} for the text`;
    if (value === undefined) problem ??= new Problem(known ? unset : "write ${NAME} for an environment variable, $${ for the text ${");
    return value ?? "";
  });
  return problem ?? expanded;
}
