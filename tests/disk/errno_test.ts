/** The table of calls and errors, cell by cell where one differs from its neighbours. */
import { assert, assertEquals } from "@std/assert";
import { codeOf, ERRNOS, FILE_CALLS, type FileCall, fileError, type Outcome, outcomeOf } from "../../lib/disk/file_error.ts";

const CALLS = Object.keys(FILE_CALLS) as FileCall[];
const FULL = ["ENOSPC", "EDQUOT", "EROFS"];

/** Every cell that is not a failed entry, written down a second time. */
const CELLS: Readonly<Record<FileCall, Readonly<Partial<Record<Outcome, readonly string[] | "all others">>>>> = {
  list: {},
  look: { missing: ["ENOENT", "ENOTDIR"] },
  readLink: { missing: ["ENOENT", "ENOTDIR"] },
  open: {},
  read: {},
  create: { "ends the job": FULL, "falls back": ["EEXIST", "ENAMETOOLONG"] },
  write: { "ends the job": FULL },
  resize: { "ends the job": FULL },
  rename: { "ends the job": FULL, missing: ["ENOENT"] },
  remove: { missing: ["ENOENT", "ENOTDIR"] },
  makeFolder: { "ends the job": FULL, "falls back": ["EEXIST"] },
  makeLink: { "ends the job": FULL },
  link: { "failed entry": ["EEXIST"], "falls back": "all others" },
  lock: { "falls back": "all others" },
  sync: { "ends the job": FULL, "failed entry": ["EIO", "EREMOTEIO", "EFBIG", "EBADF"], note: "all others" },
  setTime: { note: "all others" },
  setOwner: { note: "all others" },
};

function expected(call: FileCall, code: string): Outcome {
  const row = Object.entries(CELLS[call]) as [Outcome, readonly string[] | "all others"][];
  const named = row.find(([, codes]) => codes !== "all others" && codes.includes(code));
  return (named ?? row.find(([, codes]) => codes === "all others"))?.[0] ?? "failed entry";
}

Deno.test("every call against every error of Linux, macOS and Windows means what the table says", () => {
  assert(Object.keys(ERRNOS).length * CALLS.length > 1000);
  for (const call of CALLS) {
    for (const code of [...Object.keys(ERRNOS), "os error 999", "EWHATEVER"]) {
      assertEquals(outcomeOf(call, code), expected(call, code), `${call} ${code}`);
    }
  }
});

Deno.test("nothing but a destination that is full or read-only ends a job, and no error is a bug of ours", () => {
  for (const call of CALLS) {
    for (const [code, [, words]] of Object.entries(ERRNOS)) {
      const error = fileError(Object.assign(new Error("x"), { code }), call, "try /f");
      assertEquals(error.kind === "storage", outcomeOf(call, code) === "ends the job", `${call} ${code}`);
      assert(error.kind !== "bug" && error.kind !== "config", `${call} ${code}`);
      assertEquals(error.message, `Cannot try /f: ${words} (${code})`);
    }
  }
});

Deno.test("no number stands for two errors of one system", () => {
  for (const column of [2, 3, 4] as const) {
    const numbers = Object.entries(ERRNOS).flatMap(([code, row]) => (row[column] ?? []).map((number) => ({ code, number })));
    const seen = new Map<number, string>();
    for (const { code, number } of numbers) {
      assertEquals(seen.get(number), undefined, `${number}: ${seen.get(number)} and ${code}`);
      seen.set(number, code);
    }
  }
});

Deno.test("codeOf() reads the number that stands before a path, whatever the path is called", () => {
  const [, , linux, macos, windows = []] = ERRNOS.EDQUOT ?? ["disk", "", [], []];
  const own = Deno.build.os === "windows" ? windows : Deno.build.os === "darwin" ? macos : linux;
  assertEquals(codeOf(new Error(`Disk quota exceeded (os error ${own[0]}): open '/x (os error 5)'`)), "EDQUOT");
  assertEquals(codeOf(new Error("Strange (os error 4242)")), "os error 4242");
  assertEquals(codeOf(new Error("open '/x (os error 5)'")), undefined);
});
