/**
 * The table of calls and errors, played: the real program with a library before it that makes calls fail. Linux only, and only where there
 * is a C compiler; without one the tests say so and pass.
 */
import { assert, assertEquals } from "@std/assert";
import { runSluice, type SluiceRun } from "../e2e/run_sluice.ts";
import { withFolder } from "../e2e/trees.ts";

const SOURCE = new URL("fail_calls.c", import.meta.url).pathname;

/** Numbers of Linux. */
const E = { PERM: 1, NOENT: 2, IO: 5, ACCES: 13, ISDIR: 21, INVAL: 22, NOSPC: 28, ROFS: 30, NOSYS: 38, NOTSUP: 95, NOTCONN: 107 } as const;
const [ESTALE, EUCLEAN, EDQUOT, ENOKEY] = [116, 117, 122, 126];

/** Runs `body` with `play`, which copies a fresh tree of three files (`a/one`, `b/two`, `c`) with these calls failing. */
async function withPlay(
  body: (play: (rules: string, options?: { flags?: string[]; nameBytesMax?: number }) => Promise<Play>) => Promise<void>,
): Promise<void> {
  if (Deno.build.os !== "linux") return console.log("no preload library on this system");
  await withFolder(async (folder) => {
    const library = `${folder}/fail_calls.so`;
    const built = await new Deno.Command("cc", { args: ["-shared", "-fPIC", "-w", "-o", library, SOURCE, "-ldl"], stderr: "piped" })
      .output()
      .catch(() => undefined);
    if (built === undefined) return console.log("no C compiler here");
    assert(built.success, new TextDecoder().decode(built.stderr));
    await body(async (rules, { flags = [], nameBytesMax } = {}) => {
      for (const name of ["from", "to"]) await Deno.remove(`${folder}/${name}`, { recursive: true }).catch(() => {});
      for (const name of ["from/a", "from/b", "to"]) await Deno.mkdir(`${folder}/${name}`, { recursive: true });
      for (const name of ["a/one", "b/two", "c"]) await Deno.writeTextFile(`${folder}/from/${name}`, name);
      if (nameBytesMax !== undefined) await Deno.writeTextFile(`${folder}/from/${"n".repeat(nameBytesMax)}`, "long");
      await Deno.writeTextFile(`${folder}/to/extra`, "x");
      const limit = nameBytesMax === undefined ? {} : { NAME_BYTES_MAX: String(nameBytesMax) };
      const env = { LD_PRELOAD: library, FAIL_CALLS: rules, ...limit };
      const run = await runSluice(["cp", "from/", "to/", ...flags], { cwd: folder, env });
      const there: string[] = [];
      for (const name of ["a/one", "b/two", "c", "extra"]) await Deno.lstat(`${folder}/to/${name}`).then(() => there.push(name), () => {});
      const names = [...Deno.readDirSync(`${folder}/to`)].map(({ name }) => name);
      return { run, there, names };
    });
  });
}

interface Play {
  readonly run: SluiceRun;
  /** Which of the three files, and of what only the destination had, are there. */
  readonly there: readonly string[];
  readonly names: readonly string[];
}

Deno.test("one bad entry of the source is one failed entry: named, exit 1, everything else is copied, nothing is deleted", () =>
  withPlay(async (play) => {
    const bad = [
      `list ${E.NOTCONN} from/b`,
      `entries ${E.IO} from/b`,
      `look ${ESTALE} b/two`,
      `open ${ENOKEY} b/two`,
      `open ${EDQUOT} b/two`,
      `read ${E.IO} b/two`,
    ];
    for (const rule of bad) {
      const { run, there } = await play(rule, { flags: ["--delete", "--retries", "0"] });
      assertEquals([run.code, there], [1, ["a/one", "c", "extra"]], `${rule}\n${run.stderr}`);
      assert(/failed b\/(two)?:? .*\(E[A-Z]+\)/.test(run.stderr), `${rule}\n${run.stderr}`);
    }
  }));

Deno.test("a destination that is full or read-only ends the job; any other refusal is one failed entry", () =>
  withPlay(async (play) => {
    for (const rule of [`create ${E.NOSPC} to/`, `write ${EDQUOT} to/`, `makeFolder ${E.ROFS} `]) {
      const { run } = await play(rule);
      assertEquals(run.code, 2, `${rule}\n${run.stderr}`);
    }
    for (
      const rule of [`create ${EUCLEAN} two`, `write ${E.IO} two`, `rename ${E.ACCES} two;link ${E.ACCES} two`, `makeFolder ${E.IO} /b`]
    ) {
      const { run, there } = await play(rule, { flags: ["--retries", "0"] });
      assertEquals([run.code, there], [1, ["a/one", "c", "extra"]], `${rule}\n${run.stderr}`);
    }
  }));

Deno.test("what a file system cannot do is worked around, or is a note", () =>
  withPlay(async (play) => {
    const all = ["a/one", "b/two", "c", "extra"];
    for (
      const rule of [
        `link ${E.NOSYS} `,
        `link ${E.IO} `,
        `link ${E.ISDIR} `,
        `lock ${E.NOTSUP} to`,
        `create 84 .probe-`,
        `sync ${E.INVAL} to`,
      ]
    ) {
      const { run, there } = await play(rule);
      assertEquals([run.code, there], [0, all], `${rule}\n${run.stderr}`);
    }
    const refused = await play(`setTime ${E.PERM} `);
    assertEquals([refused.run.code, refused.there], [0, all]);
    assert(/not carried: .*modification time: the file system refuses it/.test(refused.run.stderr), refused.run.stderr);
    const short = await play("", { nameBytesMax: 143 });
    assertEquals([short.run.code, short.names.filter((name) => name.length === 143).length], [0, 1], short.run.stderr);
  }));
