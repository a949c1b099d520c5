/** The table of commands, and the choice among them. Loads nothing that the chosen command does not need. */
import { type Command, COMMAND_NAMES, type CommandEntry } from "./command.ts";

type CommandName = typeof COMMAND_NAMES[number];

/** All commands. */
const COMMANDS: Readonly<Record<CommandName, CommandEntry>> = {
  run: { words: "JOB.ini [NAME…]", does: "run the jobs of a file, or those named", load: async () => (await import("./run.ts")).RUN },
  cp: { words: "SOURCE DESTINATION", does: "copy one object or a tree", load: async () => (await import("./cp.ts")).CP },
  check: {
    words: "JOB.ini [NAME…]",
    does: "compare both sides, copy nothing; also of SOURCE DESTINATION",
    load: async () => (await import("./check.ts")).CHECK,
  },
  uploads: { words: "LOCATION", does: "list unfinished uploads, or abort them", load: async () => (await import("./uploads.ts")).UPLOADS },
  serve: {
    words: "FOLDER",
    does: "a store of S3 and OSS on this machine, for trials and tests",
    load: async () => (await import("./serve.ts")).SERVE,
  },
  help: {
    words: "[COMMAND | KEY | keys]",
    does: "more about a command or a key",
    load: async () => (await import("./help.ts")).helpOver(COMMANDS),
  },
  version: { words: "", does: "the version; also --version", load: async () => (await import("./version.ts")).VERSION_COMMAND },
};

/** A command with what it was asked for. */
type Chosen = Readonly<{ command: Command; request: unknown }>;

/** Chooses by the arguments that follow the program's name, and reads the rest. Throws TransferError `config`. */
export async function readCommandLine(args: readonly string[]): Promise<Chosen> {
  const [word = "", ...rest] = args;
  const name = COMMAND_NAMES.find((name) => name === word);
  if (name === undefined && args.some((arg) => !arg.startsWith("-"))) {
    const [{ findDoor }, { peekText }] = await Promise.all([import("../compat/front_door.ts"), import("../disk/text_file.ts")]);
    const found = findDoor(args, peekText);
    if (found !== undefined) return { command: (await import("./older.ts")).OLDER, request: found };
  }
  const flags = args.slice(0, args.includes("--") ? args.indexOf("--") : args.length);
  if (flags.includes("--version") || flags.includes("-V")) return await read("version", []);
  if (args.length === 0) return await read("help", []);
  if (flags.includes("--help") || flags.includes("-h")) return await read("help", name === undefined || name === "help" ? [] : [name]);
  if (name !== undefined) return await read(name, rest);
  const { refuseMistyped } = await import("./file_request.ts");
  refuseMistyped(word);
  return await read("run", args);
}

async function read(name: CommandName, args: readonly string[]): Promise<Chosen> {
  const command = await COMMANDS[name].load();
  return { command, request: command.read(args) };
}
