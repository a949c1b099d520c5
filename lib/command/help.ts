/** `sluice help [COMMAND | KEY | keys]`. The overview fits one screen; it is made here, all other help by who knows. */
import { EXIT, TransferError } from "../errors.ts";
import type { Command, CommandEntry } from "./command.ts";
import { readFlags } from "./flags.ts";

type Commands = Readonly<Record<string, CommandEntry>>;

/** The command `help` over the table of all commands. */
export const helpOver = (commands: Commands): Command<{ readonly kind: "help"; readonly topic?: string }> => ({
  usage: "sluice help [COMMAND | KEY | keys] help for a command, a key of a job or a store, all keys, or an older tool",
  examples: ["sluice help cp", "sluice help part_size", "sluice help keys"],
  read(args) {
    const [topic] = readFlags(args, new Map(), { command: "help" }).words;
    return { kind: "help", ...(topic !== undefined && { topic }) };
  },
  async run({ topic }, terminal) {
    (await terminal()).out(await helpText(commands, topic));
    return EXIT.ok;
  },
});

const EXIT_CODES =
  "Exit codes: 0 all well · 1 some objects failed or differ · 2 usage or configuration · 3 a bug of sluice · 130 interrupted";

/** The help of a topic, or the overview. Throws TransferError of kind `config` for a topic that does not exist. */
async function helpText(commands: Commands, topic?: string): Promise<string> {
  if (topic === undefined) return overview(commands);
  const entry = Object.hasOwn(commands, topic) ? commands[topic] : undefined;
  if (entry !== undefined) return commandText(await entry.load());
  const keys = await import("./key_help.ts");
  if (topic === "keys") return `${keys.keysText()}\n`;
  const { openDoor } = await import("../compat/front_door.ts");
  const text = (await openDoor(topic))?.help ?? keys.keyText(topic);
  if (text !== undefined) return text;
  const near = keys.nearestKey(topic, [...Object.keys(commands), "keys"]);
  throw new TransferError("config", `There is no help on ${topic}${near === undefined ? "; see --help" : `; did you mean ${near}?`}`);
}

function overview(commands: Commands): string {
  const lines = Object.entries(commands).map(([name, { words, does }]) => {
    const called = name === "run" ? words : `${name} ${words}`.trim();
    return `  sluice ${called.padEnd(27)} ${does}`;
  });
  return `sluice copies objects between local folders, S3 stores and Alibaba OSS.

${lines.join("\n")}

  sluice jobs.example.ini
  sluice cp ./photos/ s3://bucket/photos/ --dry-run
  sluice cp s3://bucket/photos/ ./photos/ --profile backup

A location is a path, s3://bucket/prefix/, oss://bucket/prefix/ or NAME://bucket/prefix/ with a [store.NAME] of a job file.
A source that ends in / (or is a bucket or folder) is a tree; otherwise it is one object.
Older tools, with their own words and files unchanged: s3_upload_config.ini · s3_download_config.ini · multi2s3 config.py
s3copy … · s3-parallel-put … · paras3 …; each has its --help, and --print-job shows the job file that does the same.
${EXIT_CODES}
The first interrupt stops cleanly, and unfinished uploads stay for the next run; the second stops at once.
`;
}

function commandText({ usage, examples, more }: Command): string {
  return [usage, `Examples\n${examples.map((line) => `  ${line}`).join("\n")}`, ...(more ? [more()] : []), EXIT_CODES].join("\n\n") + "\n";
}
