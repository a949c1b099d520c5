/** The form of the code, as far as a machine can judge it: one promise each. */
import { assert, assertEquals } from "@std/assert";
import { type FileFacts, readFacts } from "./tidy/facts.ts";
import {
  checkCycles,
  checkDocs,
  checkExports,
  checkExportsUsed,
  checkFence,
  checkGlobals,
  checkLocalSources,
  checkNames,
  checkOutside,
  checkParameters,
  checkReminders,
  checkSizes,
  checkTestsRun,
  checkUnused,
  checkVendorNames,
  type ImportMap,
} from "./tidy/rules.ts";

const ROOT = new URL("../", import.meta.url);
const LEFT_OUT = new Set(["node_modules", "dist", "coverage", "vendor"]);

function* sourceFiles(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(new URL(folder, ROOT))) {
    if (entry.isDirectory && !entry.name.startsWith(".") && !LEFT_OUT.has(entry.name)) yield* sourceFiles(`${folder}${entry.name}/`);
    if (entry.isFile && /\.(ts|js|mjs|tsx|jsx)$/.test(entry.name)) yield `${folder}${entry.name}`.slice(2);
  }
}

function readAll(): FileFacts[] {
  return [...sourceFiles("./")].sort().map((path) => readFacts(path, Deno.readTextFileSync(new URL(path, ROOT))));
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(new URL(path, ROOT));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function readMap(): ImportMap {
  const config = readText("deno.json");
  return { names: Object.keys(JSON.parse(config).imports), startedBy: config + readText(".ci/run") };
}

const FILES = readAll();
const MAP = readMap();

const PROMISES: [string, (files: readonly FileFacts[]) => string[]][] = [
  ["no stage imports another", checkFence],
  ["everything from outside comes through the import map", (files) => checkOutside(files, MAP)],
  ["files, functions and lines are short", checkSizes],
  ["file names are telling and in snake_case", checkNames],
  ["no default exports and no files that pass on others", checkExports],
  ["no reminders are left behind", checkReminders],
  ["Deno and console appear only at the edges", checkGlobals],
  ["every file is used", (files) => checkUnused(files, MAP)],
  ["files and exported symbols say what they are for", checkDocs],
  ["all tests run", checkTestsRun],
  ["a vendor's store is named only in its rooms", checkVendorNames],
  ["what the disk knows of its objects is opaque", checkLocalSources],
  ["imports have no cycles, types included", checkCycles],
];

for (const [promise, check] of PROMISES) {
  Deno.test(`the code keeps its form: ${promise}`, () => assertEquals(check(FILES), []));
}

/** Rules that were made after the code: how many places still break each. The numbers only shrink, and each rule ends at none. */
const SHRINKING: [string, (files: readonly FileFacts[]) => string[], most: number][] = [
  ["functions take at most three positional parameters", checkParameters, 116],
  ["no value is exported for tests alone", checkExportsUsed, 25],
];

for (const [promise, check, most] of SHRINKING) {
  Deno.test(`the code moves towards its form: ${promise}`, () => {
    const complaints = check(FILES);
    assert(complaints.length <= most, `${complaints.length} places, ${most} at most:\n${complaints.join("\n")}`);
  });
}
