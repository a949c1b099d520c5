/**
 * Typed access to the values of a section, each checked by its line in the table of keys. A value that is wrong becomes a mistake and reads
 * as the default, so that one run finds them all.
 */
import type { KeyRule, ValueType } from "./key_rule.ts";
import { type MistakeList, Problem } from "./mistake.ts";
import type { JobContext, RawSection, RawValue } from "./raw_job.ts";
import { readChoice, readCount, readPairs, readRate, readSize, readTime, readUrl, readYesNo, splitList } from "./value.ts";

/** Line breaks and the like: most values end up in headers, where one would be the end of the header. Keys of objects may hold them. */
const CONTROL = /\p{Cc}/u;
const ONE_LINE = new Problem("the value must be one line of text");

/** Reads keys of one kind of section; `Key` are the names that the table has for it. */
export class SectionReader<Key extends string> {
  /** `layers`: the first that has a key gives its value. The first layer is the section that mistakes without a key belong to. */
  constructor(
    readonly section: RawSection,
    private readonly layers: readonly RawSection[],
    private readonly rules: ReadonlyMap<string, KeyRule>,
    private readonly context: JobContext,
    private readonly mistakes: MistakeList,
  ) {}

  /** The value as written, if there is one. */
  raw(key: Key): RawValue | undefined {
    for (const layer of this.layers) {
      const raw = layer.values.get(key);
      if (raw !== undefined) return raw;
    }
    return undefined;
  }

  /** Tells a mistake of a key's value, or of the section when the key is absent. */
  wrong(key: Key, problem: string, nearest?: string): void {
    const raw = this.raw(key);
    const told = new Problem(problem, nearest);
    if (raw === undefined) this.mistakes.ofSection(this.section, told, key);
    else this.mistakes.ofValue(raw, told, { secret: secrecyOf(this.rules.get(key)) });
  }

  /** A text, a path or a URL as written; undefined without one. */
  text(key: Key): string | undefined {
    return this.#read(key, "", (text, type) => {
      if (type.is !== "location" && CONTROL.test(text)) return ONE_LINE;
      return type.is === "url" ? readUrl(text, key === "proxy") : text;
    }) || undefined;
  }

  /** One of the words that the table lists; undefined only where the table has no default. */
  choice<Word extends string>(key: Key): Word {
    return this.#read(key, "" as string, (text, type) => type.is === "choice" ? readChoice(text, type.of) : text) as Word;
  }

  yesNo(key: Key): boolean {
    return this.#read(key, false, readYesNo);
  }

  /** Counts, sizes (bytes), times (ms) and rates (bytes per second). `word` is what the word of the table stands for. */
  number<Word extends number | string>(key: Key, word: Word): number | Word {
    const value = this.#read<number | string>(key, 0, (text, type) => {
      if (type.is === "count") return readCount(text, type);
      if (type.is === "size") return readSize(text, type);
      if (type.is === "time") return readTime(text, type);
      return type.is === "rate" ? readRate(text, type) : text;
    });
    return typeof value === "number" ? value : word;
  }

  list(key: Key): readonly string[] {
    return this.#read<readonly string[]>(key, [], (_text, _type, items) => items());
  }

  pairs(key: Key): { words: string[]; pairs: Record<string, string> } {
    return this.#read(key, { words: [], pairs: {} }, (_text, type, items) => {
      if (items().some((item) => CONTROL.test(item))) return ONE_LINE;
      return readPairs(items(), type.is === "pairs" ? type.words : []);
    });
  }

  #read<T>(key: Key, nothing: T, read: (text: string, type: ValueType, items: () => readonly string[]) => T | Problem): T {
    const rule = this.rules.get(key);
    if (rule === undefined) return nothing;
    const fallback = (): T => {
      if (rule.fallback === "") return nothing;
      const value = read(rule.fallback, rule.type, () => splitList(rule.fallback));
      return value instanceof Problem ? nothing : value;
    };
    const raw = this.raw(key);
    if (raw === undefined) return fallback();
    const expanded = raw.expand ? expand(raw.text, this.context.env) : raw.text;
    if (expanded instanceof Problem) {
      this.mistakes.ofValue(raw, expanded, { secret: secrecyOf(rule), onlyIfUsed: true });
      return fallback();
    }
    if (expanded.trim() === "" && raw.items === undefined) {
      this.mistakes.ofValue(raw, new Problem(`no value; give one or leave ${raw.shown} out`), { hidden: true, onlyIfUsed: true });
      return fallback();
    }
    const value = read(expanded, rule.type, () => raw.items ?? splitList(expanded));
    if (!(value instanceof Problem)) return value;
    this.mistakes.ofValue(raw, value, { secret: secrecyOf(rule) });
    return fallback();
  }
}

/** What of a wrong value must not be told. */
function secrecyOf(rule: KeyRule | undefined): boolean | "login" {
  return rule?.secret ?? (rule?.type.is === "url" ? "login" : false);
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
