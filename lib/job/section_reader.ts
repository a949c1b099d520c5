/**
 * The values of a section, each read as its setting says. A value that is wrong becomes a mistake and reads as the default, so that one
 * run finds them all.
 */
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
    for (const layer of this.layers) {
      const raw = layer.values.get(key);
      if (raw !== undefined) return raw;
    }
    return undefined;
  }

  /** Reports a mistake of a setting's value, or of the section when it has none. */
  wrong(setting: Setting, text: string, nearest?: string): void {
    const raw = this.raw(setting);
    const problem = new Problem(text, nearest);
    if (raw !== undefined) this.mistakes.ofValue(raw, problem, { secret: secrecyOf(setting) });
    else this.mistakes.ofSection(this.section, problem, this.section.shownKey?.(setting.key) ?? setting.key);
  }

  /** The checked values of a table. */
  values<T extends Settings>(table: T): Values<T> {
    const values: Record<string, unknown> = {};
    for (const [field, setting] of Object.entries(table)) {
      const value = this.value(setting);
      if (value !== undefined) values[field] = value;
    }
    return values as Values<T>;
  }

  /** The checked value of one setting; undefined when it is absent and has no default. */
  value<Value>(setting: Setting<Value>): Value | undefined {
    const raw = this.raw(setting);
    const value = raw === undefined ? undefined : this.#read(raw, setting);
    if (value !== undefined || setting.default === undefined) return value;
    const fallback = setting.default;
    const read = setting.kind.read({ text: fallback, items: () => splitList(fallback), context: this.context });
    return read instanceof Problem ? undefined : read;
  }

  /** Undefined for a value that is wrong, and for an empty list. */
  #read<Value>(raw: RawValue, setting: Setting<Value>): Value | undefined {
    const wrong = (problem: Problem, options: { hidden?: boolean; onlyIfUsed?: boolean } = {}) =>
      this.mistakes.ofValue(raw, problem, { secret: secrecyOf(setting), ...options });
    const text = raw.expand ? expand(raw.text, this.context.env) : raw.text;
    if (text instanceof Problem) return void wrong(text, { onlyIfUsed: true });
    if (text.trim() === "" && raw.items === undefined) {
      return void wrong(new Problem(`no value; give one or leave ${raw.shown} out`), { hidden: true, onlyIfUsed: true });
    }
    const value = setting.kind.read({ text, items: () => raw.items ?? splitList(text), context: this.context });
    if (value instanceof Problem) return void wrong(value);
    return Array.isArray(value) && value.length === 0 ? undefined : value;
  }
}

/** What of a wrong value must not be repeated. */
function secrecyOf({ secret, kind }: Setting): boolean | "login" {
  return secret ?? (kind.is === "url" ? "login" : false);
}

/** `${NAME}` replaced by the environment's NAME; `$${` is a `${` of the text. A variable that is not set is a problem. */
export function expand(text: string, env: (name: string) => string | undefined): string | Problem {
  const problems: Problem[] = [];
  const expanded = text.replaceAll(/(\$?)\$\{([^}]*)(\}?)/g, (whole, literal: string, name: string, end: string) => {
    if (literal !== "") return whole.slice(1);
    const value = end !== "" && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? env(name) : undefined;
    if (value === undefined) problems.push(unset(name, end !== ""));
    return value ?? "";
  });
  return problems[0] ?? expanded;
}

function unset(name: string, closed: boolean): Problem {
  if (!closed || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return new Problem("write ${NAME} for an environment variable, $${ for the text ${");
  }
  return new Problem(`the environment variable ${name} is not set; set it, or write $\${${name}} for the text`);
}
