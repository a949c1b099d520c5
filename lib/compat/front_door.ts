/**
 * Finds the front door that a command line is meant for: by its first word, or by the sections of the file that it names. Translates
 * nothing and never reads a file but to look at its sections.
 */
import { COMMANDS } from "../job/command_line.ts";
import { type CompatCommand, type ToolName, TOOLS } from "../job/command.ts";
import type { FrontDoor } from "./compat_run.ts";

/** Gives a native job file instead of a run; understood by every front door. */
export const PRINT_JOB = "--print-job";

/** One line a tool. Loaded when needed. */
const DOORS: Readonly<Partial<Record<ToolName, () => Promise<FrontDoor>>>> = {
  "s3_upload_config.ini": async () => (await import("./s3_upload.ts")).S3_UPLOAD,
  "s3_download_config.ini": async () => (await import("./s3_download.ts")).S3_DOWNLOAD,
  multi2s3: async () => (await import("./multi2s3.ts")).MULTI2S3,
  s3copy: async () => (await import("./s3copy.ts")).S3COPY,
  "s3-parallel-put": async () => (await import("./s3_parallel_put.ts")).S3_PARALLEL_PUT,
  paras3: async () => (await import("./paras3.ts")).PARAS3,
};

/** Loads the translator of a tool; undefined when there is no tool of that name. */
export async function openDoor(tool: string): Promise<FrontDoor | undefined> {
  const known = TOOLS.find((name) => name === tool);
  return known && await DOORS[known]?.();
}

/**
 * The command of an older tool, or undefined when the words are sluice's own. `readText` gives a file's text, or undefined when there is
 * none or it cannot be read.
 */
export function findDoor(args: readonly string[], readText: (path: string) => string | undefined): CompatCommand | undefined {
  const [word, ...rest] = args;
  const tool = TOOLS.find((tool) => tool === word && tool in DOORS && !tool.endsWith(".ini"));
  if (tool !== undefined) return command(tool, rest);
  if (word === undefined || COMMANDS.some((command) => command === word)) return undefined;
  const file = args.find((arg) => !arg.startsWith("-"));
  const found = file === undefined ? undefined : toolOfText(readText(file) ?? readText(`${file}.default`) ?? "");
  return found !== undefined && found in DOORS ? command(found, args) : undefined;
}

function command(tool: ToolName, args: readonly string[]): CompatCommand {
  return { kind: "compat", tool, args: args.filter((arg) => arg !== PRINT_JOB), printJob: args.includes(PRINT_JOB) };
}

/** The tool that an INI text belongs to; undefined for a job file of sluice, which has none of these sections. */
export function toolOfText(text: string): ToolName | undefined {
  const sections = new Set([...text.matchAll(/^\[([^\]\r\n]+)\]/gm)].map(([, name]) => name));
  if (["LOCAL_TO_S3", "S3_TO_S3", "ALIOSS_TO_S3"].some((name) => sections.has(name))) return "s3_upload_config.ini";
  if (!sections.has("Basic")) return undefined;
  return /^desdir\s*[=:]/im.test(text) ? "s3_download_config.ini" : "s3_upload_config.ini";
}
