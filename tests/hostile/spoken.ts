/**
 * What a run of the program said, wherever it says something, and what must not stand there: secrets in any form, and characters that steer
 * a terminal. Must never be content with a run that said nothing.
 */
import { Buffer } from "node:buffer";
import { type RunOptions, runSluice, type SluiceRun } from "../e2e/run_sluice.ts";

/** Texts by the place where they stand: stdout, stderr, names of files. */
export type Spoken = Readonly<Record<string, string>>;

/** A run with all that it said. */
export interface SpokenRun {
  readonly run: SluiceRun;
  readonly spoken: Spoken;
}

/** Runs the program in `folder`; `files` are those that it writes for people (logs, manifests), as far as they are there at the end. */
export async function runAndListen(
  args: readonly string[],
  options: RunOptions & { readonly cwd: string; readonly files?: readonly string[] },
): Promise<SpokenRun> {
  const run = await runSluice(args, options);
  const spoken: Record<string, string> = { stdout: run.stdout, stderr: run.stderr };
  for (const name of options.files ?? []) {
    try {
      spoken[name] = await Deno.readTextFile(`${options.cwd}/${name}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return { run, spoken };
}

/** Where a secret stands in what was said, in any form that it may have taken; empty when nowhere. */
export function findSecrets(spoken: Spoken, secrets: readonly string[]): string[] {
  const found: string[] = [];
  for (const [place, text] of Object.entries(spoken)) {
    for (const secret of secrets) {
      for (const [form, written] of formsOf(secret)) {
        if (text.includes(written)) found.push(`${place}: ${secret} (${form})`);
      }
    }
  }
  return found;
}

function formsOf(secret: string): [string, string][] {
  // Of a name with a password in front of a colon the shift of the bytes decides: all three are looked for.
  const shifted = [0, 1, 2].map((shift): [string, string] => [
    `base64, shifted by ${shift}`,
    Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]).toString("base64").slice(shift === 0 ? 0 : 4, -4),
  ]);
  return [
    ["as it is", secret],
    ["in a URL", encodeURIComponent(secret)],
    ["in JSON", JSON.stringify(secret).slice(1, -1)],
    ["in lower case", secret.toLowerCase()],
    ...shifted,
  ];
}

/** Characters that steer a terminal, by the place where they stand raw: all controls but the line end, and what turns text around. */
export function findControls(spoken: Spoken): string[] {
  const found: string[] = [];
  for (const [place, text] of Object.entries(spoken)) {
    for (const [character] of text.matchAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\u200e\u200f]/gu)) {
      if (character !== "\n") found.push(`${place}: U+${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
    }
  }
  return [...new Set(found)];
}

/** Lines that are not JSON, of a text that must be JSON lines. */
export function notJson(text: string): string[] {
  return text.split("\n").filter((line) => line !== "").filter((line) => {
    try {
      return typeof JSON.parse(line) !== "object";
    } catch {
      return true;
    }
  });
}
