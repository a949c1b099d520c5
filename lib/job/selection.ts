/**
 * The keys that narrow a tree to named parts of it, and the files that such names are read from.
 */
import { LISTED_NAMES_MAX } from "../limits.ts";
import type { Job, NameList } from "../job_types.ts";
import { TransferError } from "../errors.ts";
import type { JobKey } from "./keys.ts";
import { absolutePath } from "./local_path.ts";
import type { JobContext } from "./raw_job.ts";
import type { SectionReader } from "./section_reader.ts";

/** Keys that only a tree can have. */
export const SELECTION_KEYS = [
  "prefixes",
  "files",
  "names",
  "prefixes_from",
  "files_from",
  "keep_path",
  "cut_prefix",
] as const satisfies readonly JobKey[];

/** What a job says of the parts that it is about. */
export type Selection = Pick<Job, "prefixes" | "files" | "names" | "prefixesFrom" | "filesFrom" | "keepPath" | "cutPrefix">;

/** Reads them; mistakes go to the reader. */
export function readSelection(reader: SectionReader<JobKey>, context: JobContext): Selection {
  const prefixesFrom = readNameList("prefixes_from", reader, context);
  const filesFrom = readNameList("files_from", reader, context);
  return {
    prefixes: reader.list("prefixes"),
    files: reader.list("files"),
    names: reader.list("names").map((name) => name.replace(/\/+$/, "")).filter((name) => name !== ""),
    ...(prefixesFrom !== undefined && { prefixesFrom }),
    ...(filesFrom !== undefined && { filesFrom }),
    keepPath: reader.yesNo("keep_path"),
    cutPrefix: reader.text("cut_prefix") ?? "",
  };
}

/** Names of a text, one a line; blank lines and comments are left out, everything else is taken as it is, spaces too. */
export function nameLines(text: string): string[] {
  return text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
}

function readNameList(key: "prefixes_from" | "files_from", reader: SectionReader<JobKey>, context: JobContext): NameList | undefined {
  const text = reader.text(key);
  if (text === undefined) return undefined;
  const path = absolutePath(text, context);
  try {
    const names = context.readText === undefined ? [] : context.readText(path);
    if (names === undefined) reader.wrong(key, "there is no such file");
    const list = typeof names === "string" ? nameLines(names) : [];
    if (list.length > LISTED_NAMES_MAX) reader.wrong(key, `${list.length} names; ${LISTED_NAMES_MAX} are allowed, split the file`);
    return { path, names: list };
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    reader.wrong(key, error.message);
    return undefined;
  }
}
