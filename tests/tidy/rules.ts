/**
 * The rules of form, each a pure function from facts to complaints. A complaint names file, line and what is wrong.
 */
import { CONSOLE_PLACES, DENO_PLACES, FENCE, VENDOR_NAMES, VENDOR_ROOMS, zoneOf } from "./fence.ts";
import { type FileFacts, type Mark, PARAMETERS_MAX } from "./facts.ts";

/** Longest file, function and line. */
export const FILE_LINES_MAX = 400;
export const FUNCTION_LINES_MAX = 70;
export const LINE_CHARS_MAX = 140;
/** A line that is one literal and nothing else may be as long as what it tells. */
const ONE_TEXT = /^\s*(["`'])(?:(?!\1).)*\1,?$/;

/** A rule over the whole repository. */
export type Rule = (files: readonly FileFacts[]) => string[];

/** What the import map of the repository offers. */
export interface ImportMap {
  readonly names: readonly string[];
  /** Text of everything that starts programs: tasks and scripts. */
  readonly startedBy: string;
}

function complain(file: FileFacts, marks: readonly Mark[], what: (text: string) => string): string[] {
  return marks.map((mark) => `${file.path}:${mark.line}: ${what(mark.text)}`);
}

/** A relative specifier as a path from the root. */
export function resolvePath(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** Imports stay inside the fence. */
export function checkFence(files: readonly FileFacts[]): string[] {
  return files.flatMap((file) => {
    const zone = zoneOf(file.path);
    const allowed = zone === undefined ? undefined : FENCE[zone];
    if (allowed === undefined) return [`${file.path}:1: the fence knows no such place`];
    const local = [...file.imports, ...file.reexports].filter(({ text }) => text.startsWith("."));
    return local.flatMap((mark) => {
      const target = resolvePath(file.path, mark.text);
      const targetZone = zoneOf(target) ?? "nowhere";
      const inside = targetZone === zone || allowed.includes(targetZone);
      return inside ? [] : [`${file.path}:${mark.line}: ${zone} may not import ${targetZone} (${target})`];
    });
  });
}

/** What comes from outside comes through the import map. */
export function checkOutside(files: readonly FileFacts[], map: ImportMap): string[] {
  return files.filter((file) => !file.path.startsWith("std/")).flatMap((file) => {
    const strange = file.imports.filter(({ text }) => {
      if (text.startsWith(".") || text.startsWith("node:")) return false;
      return !map.names.some((name) => text === name || text.startsWith(`${name}/`));
    });
    return complain(file, strange, (text) => `${text} is not in the import map`);
  });
}

/** No file, reached over its imports, imports itself. Imports of types count. */
export function checkCycles(files: readonly FileFacts[]): string[] {
  const edges = new Map(files.map((file) => [file.path, targetsOf(file, file.imports)]));
  const state = new Map<string, "open" | "done">();
  const complaints: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      complaints.push(`${path}:1: imports itself over ${[...way.slice(way.indexOf(path)), path].join(" > ")}`);
      return;
    }
    state.set(path, "open");
    for (const target of edges.get(path) ?? []) visit(target, [...way, path]);
    state.set(path, "done");
  };
  for (const file of files) visit(file.path, []);
  return complaints;
}

/** Files, functions and lines stay short. */
export function checkSizes(files: readonly FileFacts[]): string[] {
  return files.flatMap((file) => {
    const lineCount = file.lines.at(-1) === "" ? file.lines.length - 1 : file.lines.length;
    const tooLong = file.lines.flatMap((line, index) =>
      line.length > LINE_CHARS_MAX && !ONE_TEXT.test(line) ? [{ line: index + 1, text: `${line.length}` }] : []
    );
    const big = file.functions.filter((item) => item.lineCount > FUNCTION_LINES_MAX);
    return [
      ...(lineCount > FILE_LINES_MAX ? [`${file.path}:1: ${lineCount} lines, ${FILE_LINES_MAX} at most`] : []),
      ...complain(file, tooLong, (text) => `line of ${text} characters, ${LINE_CHARS_MAX} at most`),
      ...big.map((item) => `${file.path}:${item.line}: function of ${item.lineCount} lines, ${FUNCTION_LINES_MAX} at most (${item.text})`),
    ];
  });
}

/** Files have telling names in snake_case. */
export function checkNames(files: readonly FileFacts[]): string[] {
  return files.flatMap(({ path }) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (!/^[a-z0-9]+(_[a-z0-9]+)*\.ts$/.test(name)) return [`${path}:1: file names are snake_case`];
    return /^(utils?|helpers?|common|misc|shared)\.ts$/.test(name) ? [`${path}:1: ${name} says nothing of what is in it`] : [];
  });
}

/** Each file is imported by its name, and each name by its own. */
export function checkExports(files: readonly FileFacts[]): string[] {
  return files.flatMap((file) => [
    ...complain(file, file.defaultExports, () => "default export"),
    ...(/^(lib|[^/]+)\/mod\.ts$|^std\//.test(file.path) ? [] : complain(file, file.reexports, (text) => `passes on what is in ${text}`)),
  ]);
}

/** Reminders are not left behind. */
export function checkReminders(files: readonly FileFacts[]): string[] {
  const reminder = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`);
  return files.flatMap((file) => {
    const marks = file.lines.flatMap((text, index) => reminder.test(text) ? [{ line: index + 1, text }] : []);
    return complain(file, marks, (text) => `reminder left behind: ${text.trim()}`);
  });
}

/** The outside world and the terminal are touched only where they may be. */
export function checkGlobals(files: readonly FileFacts[]): string[] {
  return files.filter((file) => !file.path.startsWith("std/")).flatMap((file) => {
    const wrong = file.globals.filter(({ text }) => !(text.startsWith("Deno") ? DENO_PLACES : CONSOLE_PLACES).test(file.path));
    return complain(file, wrong, (text) => `${text} does not belong here`);
  });
}

/** Functions take at most three positional parameters; more become fields of one. */
export function checkParameters(files: readonly FileFacts[]): string[] {
  return files.filter(({ path }) => !path.startsWith("std/")).flatMap((file) =>
    complain(file, file.crowded, (text) => `more than ${PARAMETERS_MAX} positional parameters: ${text}`)
  );
}

/** What the program offers to its other files is used by one of them, and not by tests alone. */
export function checkExportsUsed(files: readonly FileFacts[]): string[] {
  const isProgram = ({ path }: FileFacts) => /^(main\.ts|lib\/|workers\/|tools\/|examples\/)/.test(path);
  const taken = new Set(
    files.filter(isProgram).flatMap((file) =>
      file.taken.filter(({ text }) => text.startsWith(".")).map(({ text }) => {
        const [specifier = "", name = ""] = text.split("#");
        return `${resolvePath(file.path, specifier)}#${name}`;
      })
    ),
  );
  const isFront = ({ path }: FileFacts) => path === "lib/mod.ts" || path.startsWith("tools/") || path.startsWith("examples/");
  return files.filter((file) => isProgram(file) && !isFront(file)).flatMap((file) => {
    const unused = file.exported.filter(({ text }) => !taken.has(`${file.path}#${text}`) && !taken.has(`${file.path}#*`));
    return complain(file, unused, (text) => `no file of the program imports ${text}`);
  });
}

/** The name of a vendor's store stands only in the rooms that are about it. */
export function checkVendorNames(files: readonly FileFacts[]): string[] {
  return files.filter(({ path }) => /^(lib|workers)\//.test(path) && !VENDOR_ROOMS.test(path)).flatMap((file) => {
    const marks = file.lines.flatMap((text, index) => VENDOR_NAMES.test(text) ? [{ line: index + 1, text }] : []);
    return complain(file, marks, (text) => `names a vendor's store: ${text.trim()}`);
  });
}

/** What the disk knows of its objects is opaque: nobody else looks into `ObjectInfo.local`. */
export function checkLocalSources(files: readonly FileFacts[]): string[] {
  return files.filter(({ path }) => /^(lib|workers)\//.test(path) && !/^lib\/(disk\/|bytes\/local_source\.ts$)/.test(path)).flatMap(
    (file) => {
      const marks = file.lines.flatMap((text, index) => /(?<!\.)\.local\b/.test(text) ? [{ line: index + 1, text }] : []);
      return complain(file, marks, (text) => `looks into what is opaque: ${text.trim()}`);
    },
  );
}

/** Every file is used: imported, started as a worker, or a program of its own. */
export function checkUnused(files: readonly FileFacts[], map: ImportMap): string[] {
  const used = new Set(files.flatMap((file) => targetsOf(file, [...file.imports, ...file.reexports, ...file.urls])));
  return files.flatMap(({ path }) => {
    const isProgram = /^(main\.ts|lib\/mod\.ts|examples\/.*|std\/.*|tests\/.*_test\.ts)$/.test(path) || map.startedBy.includes(path);
    return isProgram || used.has(path) ? [] : [`${path}:1: nobody imports it`];
  });
}

/** What is offered to other files is explained, and so is each file; a file of tests is explained by their names. */
export function checkDocs(files: readonly FileFacts[]): string[] {
  return files.filter((file) => !file.path.startsWith("std/")).flatMap((file) => {
    const first = file.lines.find((line) => !line.startsWith("#!") && line.trim() !== "") ?? "";
    return [
      ...(first.startsWith("/**") || file.path.endsWith("_test.ts") ? [] : [`${file.path}:1: no comment that says what the file is for`]),
      ...complain(file, file.undocumented, (text) => `no doc comment: ${text}`),
    ];
  });
}

/** All tests run. */
export function checkTestsRun(files: readonly FileFacts[]): string[] {
  return files.flatMap((file) => complain(file, file.unrun, (text) => `test that does not run, or alone: ${text}`));
}

function targetsOf(file: FileFacts, marks: readonly Mark[]): string[] {
  return marks.filter(({ text }) => text.startsWith(".")).map(({ text }) => resolvePath(file.path, text));
}
