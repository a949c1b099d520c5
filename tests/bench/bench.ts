/**
 * `deno task bench`: sluice against the peers that are found, on the same work, in one run, in turns. Prints a table per contest and a
 * verdict per goal; `--markdown` writes them to docs/benchmarks.md too. Ends with 1 when a goal is missed.
 *
 * `--rounds N` (3), `--only NAME` (part of a contest's name), `--object-mib N` (1024), `--small-count N` (10000),
 * `--listed-keys N` (1000000)
 */
import { parseArgs } from "node:util";
import { findTool } from "../tools.ts";
import { Arena } from "./arena.ts";
import { type ContestResult, runContest } from "./contest.ts";
import { CONTESTS } from "./contests.ts";
import { machineFacts } from "./machine.ts";
import { renderMarkdown, renderText } from "./render.ts";

const REPORT = new URL("../../docs/benchmarks.md", import.meta.url);

async function main(): Promise<number> {
  const { values: flags } = parseArgs({
    args: Deno.args,
    options: {
      rounds: { type: "string", default: "3" },
      only: { type: "string", default: "" },
      "object-mib": { type: "string", default: "1024" },
      "small-count": { type: "string", default: "10000" },
      "listed-keys": { type: "string", default: "1000000" },
      markdown: { type: "boolean", default: false },
    },
  });
  const python = findTool("python3");
  if (python === undefined) {
    return refuse("python3 was not found: it counts the CPU seconds of the tools; put it on PATH or set SLUICE_PYTHON3");
  }
  const arena = await Arena.open({
    objectBytes: Number(flags["object-mib"]) * 1024 ** 2,
    smallCount: Number(flags["small-count"]),
    listedKeys: Number(flags["listed-keys"]),
  });
  if (arena === undefined) return refuse("MinIO was not found: put it on PATH or set SLUICE_MINIO");
  const results: ContestResult[] = [];
  // An interrupt would leave gigabytes in memory: the servers and the folder go first.
  const interrupt = () => void arena.close().finally(() => Deno.exit(130));
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    const facts = await machineFacts(python);
    console.log(facts);
    for (const maker of CONTESTS.filter(({ name }) => name.includes(flags.only))) {
      const contest = await maker.make(arena);
      try {
        const result = await runContest(contest, Number(flags.rounds), python, console.log);
        results.push(result);
        console.log(renderText(result));
      } finally {
        await contest.close?.();
      }
    }
    if (flags.markdown) await Deno.writeTextFile(REPORT, renderMarkdown(facts, results) + await wordsOf(REPORT));
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
    await arena.close();
  }
  return results.some(({ verdicts }) => verdicts.some(({ met }) => met === false)) ? 1 : 0;
}

/** What people have written below the tables. */
async function wordsOf(report: URL): Promise<string> {
  const text = await Deno.readTextFile(report);
  const begin = text.indexOf("\n## Where the missed goals go");
  return begin < 0 ? "" : text.slice(begin);
}

function refuse(reason: string): number {
  console.error(`NOT RUN: ${reason}`);
  return 2;
}

Deno.exit(await main());
