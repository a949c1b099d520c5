/**
 * The command line of s3copy, read as Python's argparse read it: options anywhere, unique beginnings of long names, values joined with `=`
 * or to their letter, and `-f` and `-p` with as many words as follow. Translates nothing.
 */
import { TransferError } from "../errors.ts";
import { nearestName } from "../job/mistake.ts";

/** What is given, under the long name of each option. */
export interface S3copyArgs {
  readonly words: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly texts: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

/** What an option takes. */
type Takes = "nothing" | "text" | "number" | "words";

/** Every option, with the letters and names that it has. Those without a long name have their letter for one. */
export const S3COPY_OPTIONS: readonly { readonly names: readonly string[]; readonly takes: Takes }[] = [
  { names: ["--dry-run", "-n"], takes: "nothing" },
  { names: ["--file", "-f"], takes: "words" },
  { names: ["--prefix", "-p"], takes: "words" },
  { names: ["--files", "-F"], takes: "text" },
  { names: ["--prefixes", "-P"], takes: "text" },
  { names: ["-a"], takes: "text" },
  { names: ["-k"], takes: "text" },
  { names: ["--config_file", "-c"], takes: "text" },
  { names: ["--dest-config", "-d"], takes: "text" },
  { names: ["--acl-grant"], takes: "text" },
  { names: ["-t"], takes: "number" },
  { names: ["-l"], takes: "text" },
  { names: ["-L"], takes: "text" },
  { names: ["--part-size"], takes: "number" },
  { names: ["--large-file"], takes: "number" },
  { names: ["--reassemble-large-file"], takes: "number" },
  { names: ["--retries"], takes: "number" },
  { names: ["--work-bucket", "-w"], takes: "text" },
  { names: ["--work-prefix"], takes: "text" },
  { names: ["--dest-prefix"], takes: "text" },
  { names: ["--s3-prefixes"], takes: "nothing" },
  { names: ["--clean-mpcopies"], takes: "nothing" },
];

/** What was wrong with the words themselves; s3copy ended with 2 there, and with 1 for wrong values. */
export class S3copyUsage extends TransferError {
  constructor(message: string) {
    super("config", message);
  }
}

/** Reads arguments. Throws {@link S3copyUsage}. */
export function readS3copyArgs(args: readonly string[]): S3copyArgs {
  const words: string[] = [];
  const flags = new Set<string>();
  const texts = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") words.push(...rest.splice(0));
    else if (!isOption(arg)) words.push(arg);
    else {
      const { name, takes, joined, letters } = findOption(arg);
      if (takes === "nothing") flags.add(name);
      else if (takes === "words") lists.set(name, joined === undefined ? takeWords(name, rest) : [joined]);
      else texts.set(name, checked(name, takes, joined ?? takeOne(name, rest)));
      if (letters !== undefined) rest.unshift(letters);
    }
  }
  if (words.length === 0) throw new S3copyUsage("The source is missing: s3copy s3://bucket[/path] [s3://bucket[/path]]");
  if (words.length > 2) throw new S3copyUsage(`s3copy takes a source and a destination, and got ${words.length} words`);
  return { words, flags, texts, lists };
}

/** A lone dash and negative numbers are words. */
function isOption(arg: string): boolean {
  return /^-./.test(arg) && !/^-\d+$/.test(arg);
}

interface FoundOption {
  readonly name: string;
  readonly takes: Takes;
  readonly joined?: string;
  /** Letters that follow in the same word. */
  readonly letters?: string;
}

function findOption(arg: string): FoundOption {
  if (!arg.startsWith("--")) {
    const option = S3COPY_OPTIONS.find(({ names }) => names.includes(arg.slice(0, 2)));
    if (option === undefined) throw new S3copyUsage(`Unknown option ${arg.slice(0, 2)}; see s3copy --help`);
    const name = option.names[0] ?? "";
    const behind = arg.slice(2);
    if (behind === "") return { name, takes: option.takes };
    if (option.takes === "nothing") return { name, takes: option.takes, letters: `-${behind}` };
    return { name, takes: option.takes, joined: behind.replace(/^=/, "") };
  }
  const equals = arg.indexOf("=");
  const written = equals < 0 ? arg : arg.slice(0, equals);
  const exact = S3COPY_OPTIONS.filter(({ names }) => names.includes(written));
  const found = exact.length > 0 ? exact : S3COPY_OPTIONS.filter(({ names }) => names[0]?.startsWith(written));
  const [option] = found;
  if (option === undefined) {
    const near = nearestName(written, S3COPY_OPTIONS.flatMap(({ names }) => names));
    throw new S3copyUsage(`Unknown option ${written}${near === undefined ? "; see s3copy --help" : `; did you mean ${near}?`}`);
  }
  if (found.length > 1) throw new S3copyUsage(`Option ${written} could be any of ${found.map(({ names }) => names[0]).join(", ")}`);
  const name = option.names[0] ?? "";
  if (equals < 0) return { name, takes: option.takes };
  if (option.takes === "nothing") throw new S3copyUsage(`Option ${name} takes no value`);
  return { name, takes: option.takes, joined: arg.slice(equals + 1) };
}

function takeOne(name: string, rest: string[]): string {
  const next = rest[0];
  if (next === undefined || isOption(next)) throw new S3copyUsage(`Option ${name} needs a value`);
  rest.shift();
  return next;
}

/** All words up to the next option, but not the places: s3copy took those too, and then missed them. */
function takeWords(name: string, rest: string[]): string[] {
  const taken: string[] = [];
  while (rest[0] !== undefined && !isOption(rest[0]) && !rest[0].startsWith("s3://")) taken.push(rest.shift() ?? "");
  if (taken.length === 0) throw new S3copyUsage(`Option ${name} needs at least one value`);
  return taken;
}

function checked(name: string, takes: Takes, value: string): string {
  if (takes === "number" && !/^\d+$/.test(value)) throw new S3copyUsage(`Option ${name} needs a whole number`);
  return value;
}
