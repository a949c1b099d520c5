/** `ask_to_clean` with an answer at hand, on the embedded store. */
import { assertEquals } from "@std/assert";
import { askToClean } from "../../lib/command/clean_uploads.ts";
import type { Terminal } from "../../lib/command/terminal.ts";
import { jobFromObject } from "../../lib/job/job_input.ts";
import { chooseColours } from "../../lib/report/colours.ts";
import { PeopleWriter } from "../../lib/report/people.ts";
import { Redactor } from "../../lib/report/redact.ts";
import { EmbeddedHost } from "../../lib/run/embedded_host.ts";
import { openSide } from "../../lib/run/open_sides.ts";
import type { Job } from "../../lib/job_types.ts";

const signal = new AbortController().signal;

/** What is left of uploads of `pre/a`, `pre/sub/b`, `pre2/c` and `other` after the answer, and what was said. */
async function asked(answer: string | undefined, keys: { prefixes?: string[] } = {}) {
  const folder = await Deno.makeTempDir();
  const host = new EmbeddedHost();
  const said: string[] = [];
  const redactor = new Redactor();
  const terminal: Terminal = {
    people: new PeopleWriter({ isTerminal: true, columns: () => 80, write: (text) => said.push(text.trim()) }, redactor),
    out: () => {},
    redactor,
    colours: chooseColours({ isTerminal: false }),
    signal,
    ...(answer !== undefined && { ask: () => Promise.resolve(answer) }),
  };
  try {
    const job: Job = jobFromObject(
      { source: `${folder}/in/`, destination: "e://bucket/", stores: { e: { type: "embedded", folder: `${folder}/store` } }, ...keys },
      { file: "test", env: () => undefined, cwd: "/", isFolder: () => true, cores: 1 },
    );
    await Deno.mkdir(`${folder}/in`);
    const { store } = await openSide(job.destination, "destination", { host, mayWrite: true, timeoutMs: 10_000, signal });
    const layout = { sizeBytes: 1, partSizeBytes: 1, partCount: 1 };
    for (const key of ["other", "pre/a", "pre/sub/b", "pre2/c"]) await store.createUpload(key, { headers: {}, layout, token: "" });
    await askToClean(terminal, job, host);
    const left: string[] = [];
    for await (const page of store.listUploads({ prefix: "" })) left.push(...page.map(({ key }) => key));
    store.close();
    return { left, said };
  } finally {
    await host.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("only the exact word aborts, and it aborts everything below the prefix text", async () => {
  const all = ["other", "pre/a", "pre/sub/b", "pre2/c"];
  for (const answer of ["", "clean", "CLEAN ", "yes"]) assertEquals((await asked(answer)).left, all, answer);
  assertEquals((await asked("CLEAN")).left, []);
  const some = await asked("CLEAN", { prefixes: ["pre/"] });
  assertEquals(some.left, ["other", "pre2/c"]);
  assertEquals(some.said, ["There are 2 unfinished uploads below e://bucket/", "Aborted 2 unfinished uploads"]);
  assertEquals((await asked("CLEAN", { prefixes: ["pre"] })).left, ["other"]);
});

Deno.test("where nobody can answer nothing is asked and nothing aborted", async () => {
  const { left, said } = await asked(undefined);
  assertEquals([left.length, said], [4, []]);
});

Deno.test("nothing is asked where there is nothing to abort", async () => {
  assertEquals((await asked("CLEAN", { prefixes: ["nowhere"] })).said, []);
});
