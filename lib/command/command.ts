/** What a command is: one file with its flags, its help and its action, and one line in the table of commands.ts. */
import type { Terminal } from "./terminal.ts";

/** Names of the commands, in the order of the help. */
export const COMMAND_NAMES = ["run", "cp", "check", "uploads", "serve", "help", "version"] as const;

/** One command. `Request` is what its words and flags ask for, as plain data. */
export interface Command<Request = unknown> {
  /** How it is called, and the flags that are its own. */
  readonly usage: string;
  readonly examples: readonly [string, string, string];
  /** Further help, such as all keys as flags. */
  readonly more?: () => string;
  /** Judges no value of a key. Throws TransferError `config` with one line that names the nearest right flag and no value of any. */
  read(args: readonly string[]): Request;
  /** Does it, and returns the exit code. */
  run(request: Request, terminal: () => Promise<Terminal>): Promise<number>;
}

/** One line of the table of commands. */
export interface CommandEntry {
  /** What follows its name. */
  readonly words: string;
  readonly does: string;
  readonly load: () => Promise<Command>;
}
