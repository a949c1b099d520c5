/**
 * Arguments to a {@link Command}. Values of keys are not judged here: they pass the same checker as those of a job file. Throws
 * TransferError of kind `config` (exit code 2) with one line that names the nearest right flag or command. Must never repeat the value of a
 * flag.
 */
import { parseArgs } from "@std/cli/parse-args";
import { TransferError } from "../errors.ts";
import { type CheckCommand, type Command, type CpCommand, type FlagValues, TOOLS } from "./command.ts";
import { JOB_RULES, STORE_RULES } from "./keys.ts";
import { type KeyRule } from "./key_rule.ts";
import { nearestName, shownValue } from "./mistake.ts";
import { readTime } from "./value.ts";

/** Names of the commands; anything else that comes first is a job file. */
export const COMMANDS = ["run", "cp", "check", "uploads", "serve", "help"] as const;
type CommandName = typeof COMMANDS[number];

/** Prefixes of the store keys of `cp`. */
export const SIDES = ["source", "destination"] as const;

/** Flags of each command besides those that come from the table of keys. `list` may be repeated. */
const OWN_FLAGS: Readonly<Record<CommandName, { text: readonly string[]; yes: readonly string[]; list: readonly string[] }>> = {
  run: { text: [], yes: ["dry-run", "json"], list: ["set"] },
  check: { text: [], yes: ["json"], list: ["set"] },
  cp: { text: [], yes: ["json"], list: [] },
  uploads: { text: ["older-than"], yes: ["abort", "json"], list: [] },
  serve: { text: ["port", "access-key-id", "secret-access-key"], yes: [], list: [] },
  help: { text: [], yes: [], list: [] },
};

/** A key of the table as a flag: `part_size` is `part-size`. */
export function flagOf(key: string): string {
  return key.replaceAll("_", "-");
}

/** Reads the arguments that follow the program's name. */
export function parseCommandLine(args: readonly string[]): Command {
  const flagged = args.slice(0, args.includes("--") ? args.indexOf("--") : args.length);
  if (flagged.includes("--version") || flagged.includes("-V")) return { kind: "version" };
  const name = COMMANDS.find((command) => command === args[0]);
  const rest = name === undefined ? args : args.slice(1);
  if (args.length === 0) return { kind: "help" };
  if (flagged.includes("--help") || flagged.includes("-h")) return { kind: "help", ...(name && name !== "help" && { topic: name }) };
  if (name === undefined) refuseMistypedCommand(args[0] ?? "");
  const read = readFlags(name ?? "run", rest);
  switch (name) {
    case "cp":
      return { kind: "cp", ...readCp(read) };
    case "check":
      return namesPlaces(read) ? { kind: "checkPlaces", ...readCp(read) } : readCheck(read);
    case "uploads":
      return readUploads(read);
    case "serve":
      return readServe(read);
    case "help":
      return { kind: "help", ...(read.words[0] !== undefined && { topic: read.words[0] }) };
    default:
      return { kind: "run", ...readFile("run", read), dryRun: read.yes.has("dry-run") };
  }
}

/** Arguments of one command, sorted. */
interface Flags {
  readonly words: readonly string[];
  readonly texts: ReadonlyMap<string, string | readonly string[]>;
  readonly yes: ReadonlySet<string>;
}

function usage(problem: string, nearest?: string): TransferError {
  return new TransferError("config", `${problem}${nearest === undefined ? "; see --help" : `; did you mean ${nearest}?`}`);
}

function tableFlags(command: CommandName): Map<string, KeyRule> {
  const flags = new Map<string, KeyRule>();
  if (command === "cp" || command === "check") {
    for (const rule of JOB_RULES.values()) if (rule.type.is !== "location") flags.set(flagOf(rule.key), rule);
    for (const side of SIDES) {
      for (const rule of STORE_RULES.values()) flags.set(`${side}-${flagOf(rule.key)}`, rule);
    }
  }
  if (command === "uploads") { for (const rule of STORE_RULES.values()) flags.set(flagOf(rule.key), rule); }
  return flags;
}

function readFlags(command: CommandName, args: readonly string[]): Flags {
  const table = tableFlags(command);
  const own = OWN_FLAGS[command];
  const named = (test: (rule: KeyRule) => boolean) => [...table].filter(([, rule]) => test(rule)).map(([flag]) => flag);
  const lists = [...own.list, ...named((rule) => ["list", "texts", "pairs"].includes(rule.type.is))];
  const yes = [...own.yes, ...named((rule) => rule.type.is === "yesNo")];
  const texts = [...own.text, ...named((rule) => rule.type.is !== "yesNo"), ...lists];
  const known = [...new Set([...texts, ...yes])];
  // The parser drops the `no-` of a flag that has a value.
  const negated = (args.includes("--") ? args.slice(0, args.indexOf("--")) : args).find((arg) => /^--no-[^=]+=/.test(arg));
  if (negated !== undefined) throw unknownFlag(command, negated, known);
  const parsed: Record<string, unknown> = parseArgs(args, {
    string: ["_", ...texts],
    boolean: yes,
    collect: lists,
    unknown: (arg: string) => {
      if (!arg.startsWith("-") || arg === "-") return true;
      throw unknownFlag(command, arg, known);
    },
  });
  const found = new Map<string, string | readonly string[]>();
  for (const flag of texts) {
    const value = parsed[flag];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    if ([value].flat().includes("")) throw usage(`--${flag} needs a value`);
    found.set(flag, Array.isArray(value) ? value.map(String) : String(value));
  }
  const words = [parsed["_"]].flat().map(String);
  return { words, texts: found, yes: new Set(yes.filter((flag) => parsed[flag] === true)) };
}

function unknownFlag(command: CommandName, arg: string, known: readonly string[]): TransferError {
  const flag = arg.replace(/=.*$/s, "").replace(/^-+/, "");
  const shown = shownValue(arg.startsWith("--") ? `--${flag}` : `-${flag.slice(0, 1)}`);
  const rule = JOB_RULES.get(flag.replaceAll("-", "_"));
  if (command === "run" && rule !== undefined) return onlyWithSet(flag, command);
  const near = nearestName(flag, known);
  return usage(`Unknown flag ${shown} of ${command}`, near && `--${near}`);
}

/** A flag of `cp` where a job file is named. */
function onlyWithSet(flag: string, command: string): TransferError {
  const side = SIDES.find((side) => flag.startsWith(`${side}-`));
  const key = flag.replaceAll("-", "_");
  const path = side === undefined ? key : `store.NAME.${key.slice(side.length + 1)}`;
  return new TransferError("config", `Unknown flag --${flag} of ${command}: with a job file write --set ${path}=VALUE`);
}

/** A first word that is nearly a command is not taken for a job file. */
function refuseMistypedCommand(word: string): void {
  if (word.startsWith("-") || /[./\\]/.test(word)) return;
  const near = nearestName(word, [...COMMANDS, ...TOOLS.filter((tool) => !tool.endsWith(".ini"))]);
  if (near !== undefined) throw usage(`Unknown command ${word}`, near);
}

/** Two words of which the second cannot be the name of a job: locations, not a job file. */
function namesPlaces({ words }: Flags): boolean {
  return words.length === 2 && /[/\\]|^\.+$/.test(words[1] ?? "") && !/\.ini$/i.test(words[0] ?? "");
}

function readCheck(read: Flags): Command {
  const own: readonly string[] = [...OWN_FLAGS.check.list, ...OWN_FLAGS.check.yes];
  const other = [...read.texts.keys(), ...read.yes].find((flag) => !own.includes(flag));
  if (other !== undefined) throw onlyWithSet(other, "check");
  return { kind: "check", ...readFile("check", read) };
}

function readFile(kind: "run" | "check", { words, texts, yes }: Flags): Omit<CheckCommand, "kind"> {
  const [file, ...names] = words;
  if (file === undefined) throw usage(`The job file is missing: ${kind} JOB.ini [NAME…]`);
  if (COMMANDS.some((command) => command === file)) throw usage(`The command ${file} must come first, before any flag`);
  const json = yes.has("json");
  const set = [...texts.get("set") ?? [], ...(json ? ["log_format=json"] : []), ...(yes.has("dry-run") ? ["dry_run=yes"] : [])];
  return { file, names, set, json };
}

function readCp({ words, texts, yes }: Flags): Omit<CpCommand, "kind"> {
  const [source, destination, ...more] = words;
  if (source === undefined || destination === undefined || more.length > 0) {
    throw usage(`cp takes a source and a destination, and got ${words.length === 1 ? "1 word" : `${words.length} words`}`);
  }
  if (texts.has("set")) throw usage("--set belongs to a job file: here every key is a flag of its own");
  const json = yes.has("json");
  const flags: Record<string, string | readonly string[]> = json ? { log_format: "json" } : {};
  const stores: Record<typeof SIDES[number], Record<string, string | readonly string[]>> = { source: {}, destination: {} };
  for (const [flag, value] of [...texts, ...[...yes].map((flag) => [flag, "yes"] as const)]) {
    if (flag === "json") continue;
    const side = SIDES.find((side) => flag.startsWith(`${side}-`));
    const key = (side === undefined ? flag : flag.slice(side.length + 1)).replaceAll("-", "_");
    (side === undefined ? flags : stores[side])[key] = value;
  }
  return { source, destination, flags, sourceStore: stores.source, destinationStore: stores.destination, json };
}

function readUploads({ words, texts, yes }: Flags): Command {
  const [location] = words;
  if (location === undefined || words.length > 1) throw usage("uploads takes one location: uploads s3://bucket/prefix/");
  const store: Record<string, FlagValues[string]> = {};
  for (const [flag, value] of texts) if (flag !== "older-than") store[flag.replaceAll("-", "_")] = value;
  if (yes.has("requester-pays")) store.requester_pays = "yes";
  const age = texts.get("older-than");
  const olderThanMs = typeof age === "string" ? readTime(age, { min: 0, max: Number.MAX_SAFE_INTEGER }) : 0;
  if (typeof olderThanMs !== "number") throw usage("--older-than needs a time such as 7d, with the unit ms, s, m, h or d");
  return { kind: "uploads", location, abort: yes.has("abort"), olderThanMs, store, json: yes.has("json") };
}

function readServe({ words, texts }: Flags): Command {
  const [folder] = words;
  if (folder === undefined || words.length > 1) throw usage("serve takes one folder: serve FOLDER");
  const port = String(texts.get("port") ?? "0");
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw usage("--port needs a number from 0 to 65535");
  const accessKeyId = texts.get("access-key-id");
  const secretAccessKey = texts.get("secret-access-key");
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw usage("--access-key-id and --secret-access-key belong together: give both or neither");
  }
  const keys = typeof accessKeyId === "string" && typeof secretAccessKey === "string" ? { accessKeyId, secretAccessKey } : undefined;
  return { kind: "serve", folder, port: Number(port), ...(keys && { keys }) };
}
