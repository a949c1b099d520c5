/**
 * The help: usage, and every key from the table with its default and unit. Gives text, prints nothing.
 */
import { COMMANDS, flagOf } from "./command_line.ts";
import { JOB_KEYS } from "./keys.ts";
import { type KeyRule, type ValueType } from "./key_rule.ts";
import { RUN_KEYS } from "./run_keys.ts";
import { STORE_KEYS } from "./store_keys.ts";
import { nearestName } from "./mistake.ts";
import { TransferError } from "../errors.ts";
import { orList, sizeText, timeText } from "./value.ts";

const USAGE: Readonly<Record<typeof COMMANDS[number] | "keys", string>> = {
  run: `sluice JOB.ini [NAME…]             run all jobs of the file, or those named
  --dry-run                        print the plan, move nothing
  --set KEY=VALUE                  another value for every job; also store.NAME.KEY=VALUE, job.NAME.KEY=VALUE (repeatable)
  --json                           the result as one JSON object a line on stdout`,
  cp: `sluice cp SOURCE DESTINATION       one job from flags; every key of a job is a flag with dashes: --part-size "64 MiB"
  --source-KEY, --destination-KEY  keys of the store that s3:// or oss:// means there: --source-endpoint URL, --destination-profile NAME
  --json                           as above`,
  check: `sluice check JOB.ini [NAME…]       compare both sides, move nothing; exit code 1 on differences
sluice check SOURCE DESTINATION    the same of two locations, with the flags of cp
  --set KEY=VALUE, --json          as above`,
  uploads: `sluice uploads LOCATION            unfinished uploads: key, age, bytes, parts
  --abort                          end them and free their parts
  --older-than TIME                only those begun at least this long ago, such as 7d
  --endpoint URL, --region NAME, … keys of the store that s3:// or oss:// means`,
  serve: `sluice serve FOLDER                the embedded store on loopback; prints endpoint, access key id and, if it made them, the secret
  --port NUMBER                    default: any free port
  --access-key-id ID, --secret-access-key SECRET
                                   default: fresh ones`,
  help: `sluice help [${COMMANDS.filter((name) => name !== "help").join(" | ")} | keys]
sluice --version`,
  keys: "",
};

const OLDER =
  `Older tools, with their own words and files unchanged: sluice s3_upload_config.ini · s3_download_config.ini (known by their sections) ·
multi2s3 config.py · s3copy … · s3-parallel-put … · paras3 …; each has its --help, and --print-job shows the job file that does the same.`;

const LOCATIONS =
  `Locations: a path, s3://bucket/prefix/, oss://bucket/prefix/, or NAME://bucket/prefix/ with a [store.NAME]. A source that ends in /
(or is a bucket or folder) is a tree, and its contents land under the destination; otherwise it is one object, and a destination that ends
in / (or is a bucket or folder) receives it under its own name. Relative paths start in the working folder; ~/ is the home folder.`;

const VALUES =
  `Values: sizes take B, KiB, MiB, GiB, TiB, KB, MB, GB, TB; times ms, s, m, h, d; lists are separated by commas (\\, is a comma);
\${NAME} is an environment variable, $\${ the text itself; # at the beginning of a line is a comment.`;

const EXIT_CODES =
  `Exit codes: 0 all well · 1 some objects failed or differ · 2 usage or configuration · 3 a bug of sluice · 130 interrupted.
The first interrupt stops cleanly and unfinished uploads stay for the next run; the second stops at once.`;

/** The help of one command or of `keys`, or all of it. Throws TransferError of kind `config` for a topic that does not exist. */
export function helpText(topic?: string): string {
  if (topic === undefined) {
    const usage = COMMANDS.map((name) => USAGE[name]).join("\n");
    return [
      "sluice moves objects between local folders, S3 stores and Alibaba OSS.",
      usage,
      OLDER,
      LOCATIONS,
      keysText(),
      VALUES,
      EXIT_CODES,
    ]
      .join("\n\n") +
      "\n";
  }
  if (topic === "keys") return [keysText(), VALUES].join("\n\n") + "\n";
  const name = COMMANDS.find((command) => command === topic);
  if (name === undefined) {
    const near = nearestName(topic, [...COMMANDS, "keys"]);
    throw new TransferError("config", `There is no help on ${topic}${near === undefined ? "; see --help" : `; did you mean ${near}?`}`);
  }
  const parts = [USAGE[name]];
  if (name === "cp" || name === "check") {
    parts.push(LOCATIONS, flagsText("--", [...JOB_KEYS, ...RUN_KEYS]), flagsText("--source- and --destination-", STORE_KEYS), VALUES);
  }
  if (name === "uploads") parts.push(flagsText("--", STORE_KEYS));
  return [...parts, EXIT_CODES].join("\n\n") + "\n";
}

/** What a value looks like, with bounds and unit, as help and example file say it. */
export function typeText(type: ValueType): string {
  switch (type.is) {
    case "choice":
      return orList(type.of.length > 12 ? [...type.of.slice(0, 12), "…"] : type.of);
    case "yesNo":
      return "yes or no";
    case "count":
      return `${word(type)}${type.min} to ${type.max}`;
    case "size":
      return `${word(type)}${sizeText(type.min)} to ${sizeText(type.max)}`;
    case "time":
      return `${word(type)}${timeText(type.min)} to ${timeText(type.max)}`;
    case "rate":
      return `${type.word} or bytes per second`;
    case "pairs":
      return orList([...type.words, "KEY=VALUE, …"]);
    case "url":
      return "URL";
    case "list":
      return "glob, …";
    case "texts":
      return "text, …";
    default:
      return type.is;
  }
}

function word(type: { readonly word?: string }): string {
  return type.word === undefined ? "" : `${type.word} or `;
}

function keysText(): string {
  return [
    keyLines("[store.NAME]", STORE_KEYS),
    keyLines("[job.NAME]; all but source and destination also in [defaults]", JOB_KEYS),
    keyLines("[job.NAME] and [defaults], bounds and reports", RUN_KEYS),
  ].join("\n\n");
}

function flagsText(prefix: string, rules: readonly KeyRule[]): string {
  return keyLines(`Flags, each with ${prefix} in front`, rules.filter((rule) => rule.type.is !== "location"), flagOf);
}

function keyLines(title: string, rules: readonly KeyRule[], name: (key: string) => string = (key) => key): string {
  const lines = rules.map((rule) => {
    const fallback = rule.fallback === "" ? "" : `; default ${rule.fallback}`;
    const stores = rule.stores === undefined ? "" : ` (${rule.stores.join(", ")})`;
    return `  ${name(rule.key).padEnd(20)} ${rule.help}${stores}\n${" ".repeat(23)}${typeText(rule.type)}${fallback}`;
  });
  return [title, ...lines].join("\n");
}
