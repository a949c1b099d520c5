/**
 * Finds the front door that a command line is meant for: by its first word, or by the sections of the file that it names. Translates
 * nothing and never reads a file but to look at its sections.
 */
import type { FrontDoor } from "./compat_run.ts";

/** Gives a native job file instead of a run; understood by every front door. */
const PRINT_JOB = "--print-job";

/** One line a tool: by its first word, or by the sections of the file that is named. Loaded when needed. */
const DOORS = {
  "s3_upload_config.ini": async () => (await import("./s3_upload.ts")).S3_UPLOAD,
  "s3_download_config.ini": async () => (await import("./s3_download.ts")).S3_DOWNLOAD,
  multi2s3: async () => (await import("./multi2s3.ts")).MULTI2S3,
  s3copy: async () => (await import("./s3copy.ts")).S3COPY,
  "s3-parallel-put": async () => (await import("./s3_parallel_put.ts")).S3_PARALLEL_PUT,
  paras3: async () => (await import("./paras3.ts")).PARAS3,
} satisfies Record<string, () => Promise<FrontDoor>>;

/** A tool that has a front door. */
export type ToolName = keyof typeof DOORS;
/** All of them. */
export const TOOLS = Object.keys(DOORS) as readonly ToolName[];

/** What an older tool's command line asks for; its front door translates it. */
export interface CompatRequest {
  readonly kind: "compat";
  readonly tool: ToolName;
  /** Exactly as the older tool takes them; for an ini file with the file itself. */
  readonly args: readonly string[];
  /** Print the native job file, copy nothing. */
  readonly printJob: boolean;
}

/** Loads the translator of a tool; undefined when there is no tool of that name. */
export async function openDoor(tool: string): Promise<FrontDoor | undefined> {
  const known = TOOLS.find((name) => name === tool);
  return known && await DOORS[known]();
}

/**
 * The request of an older tool, or undefined when the words are sluice's own; the first is not one of its commands. `readText` returns a
 * file's text, or undefined when there is none or it cannot be read.
 */
export function findDoor(args: readonly string[], readText: (path: string) => string | undefined): CompatRequest | undefined {
  const [word, ...rest] = args;
  const tool = TOOLS.find((tool) => tool === word && !tool.endsWith(".ini"));
  if (tool !== undefined) return request(tool, rest);
  const file = args.find((arg) => !arg.startsWith("-"));
  const found = file === undefined ? undefined : toolOfText(readText(file) ?? readText(`${file}.default`) ?? "");
  return found === undefined ? undefined : request(found, args);
}

function request(tool: ToolName, args: readonly string[]): CompatRequest {
  return { kind: "compat", tool, args: args.filter((arg) => arg !== PRINT_JOB), printJob: args.includes(PRINT_JOB) };
}

/** The tool that an INI text belongs to; undefined for a job file of sluice, which has none of these sections. */
function toolOfText(text: string): ToolName | undefined {
  const sections = new Set([...text.replace(/^\uFEFF/, "").matchAll(/^\[([^\]\r\n]+)\]/gm)].map(([, name]) => name));
  if (["LOCAL_TO_S3", "S3_TO_S3", "ALIOSS_TO_S3"].some((name) => sections.has(name))) return "s3_upload_config.ini";
  if (!sections.has("Basic")) return undefined;
  return /^desdir\s*[=:]/im.test(text) ? "s3_download_config.ini" : "s3_upload_config.ini";
}
