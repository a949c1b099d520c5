/**
 * `deno task bench`: sluice against the peers that are found, on the same work, in one run, in turns. Prints a table per contest and a
 * verdict per goal; `--markdown` writes them to docs/benchmarks.md. Ends with 1 when a goal is missed.
 *
 * `--rounds N` (5), `--only NAME` (part of a contest's name), `--object-mib N` (1024), `--small-count N` (10000), `--listed-keys N`
 * (1000000), `--against REV` (the same work by the build of another commit), `--growth` (how cost grows with the number of objects and of
 * bytes, instead of the contests), `--short` (one round of little work that compares the two builds only).
 */
import { parseArgs } from "node:util";
import { findTool } from "../tools.ts";
import { Arena } from "./arena.ts";
import { checkOut, WORKING_TREE } from "./builds.ts";
import { type ContestResult, runContest } from "./contest.ts";
import { type ContestMaker, CONTESTS } from "./contests.ts";
import { GROWTH } from "./growth.ts";
import { machineFacts } from "./machine.ts";
import { renderMarkdown, renderText } from "./render.ts";

const REPORT = new URL("../../docs/benchmarks.md", import.meta.url);
/** Short runs are noisy: only a cost that is worse by half is a finding. */
const SHORT_RATIO_MAX = 1.5;
const SHORT_CONTESTS = ["bucket-to-bucket", "upload", "download", "small-bucket-to-bucket", "tiny"];

async function main(): Promise<number> {
  const { values: flags } = parseArgs({
    args: Deno.args,
    options: {
      rounds: { type: "string" },
      only: { type: "string", default: "" },
      "object-mib": { type: "string" },
      "small-count": { type: "string" },
      "listed-keys": { type: "string", default: "1000000" },
      against: { type: "string" },
      growth: { type: "boolean", default: false },
      short: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
    },
  });
  const python = findTool("python3");
  if (python === undefined) {
    return refuse("python3 was not found: it counts the CPU seconds of the tools; put it on PATH or set SLUICE_PYTHON3");
  }
  const { short } = flags;
  if (short && flags.against === undefined) return refuse("--short compares two builds: name a commit with --against REV");
  const other = flags.against === undefined ? undefined : await checkOut(flags.against);
  const arena = await Arena.open({
    objectBytes: Number(flags["object-mib"] ?? (short ? 128 : 1024)) * 1024 ** 2,
    smallCount: Number(flags["small-count"] ?? (short ? 500 : 10_000)),
    listedKeys: Number(flags["listed-keys"]),
    builds: [WORKING_TREE, ...(other === undefined ? [] : [other])],
  });
  const close = async () => {
    await arena?.close();
    await other?.remove();
  };
  if (arena === undefined) {
    await close();
    return refuse("MinIO was not found: put it on PATH or set SLUICE_MINIO");
  }
  const results: ContestResult[] = [];
  // An interrupt would leave gigabytes in memory: the servers and the folder go first.
  const interrupt = () => void close().finally(() => Deno.exit(130));
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    const facts = await machineFacts(python);
    console.log(facts);
    const makers = flags.growth ? GROWTH : short ? CONTESTS.filter(({ name }) => SHORT_CONTESTS.includes(name)) : CONTESTS;
    for (const maker of makers.filter(({ name }) => name.includes(flags.only))) {
      const result = await hold(maker, arena, {
        rounds: Number(flags.rounds ?? (short ? 1 : 5)),
        python,
        rival: short ? other?.name : undefined,
      });
      results.push(result);
      console.log(renderText(result));
    }
    if (flags.markdown) await Deno.writeTextFile(REPORT, renderMarkdown(facts, results));
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
    await close();
  }
  return results.some(({ verdicts }) => verdicts.some(({ met }) => met === false)) ? 1 : 0;
}

/** Prepares, runs and clears away one contest. With `rival` only the two builds take part, and only their ratio is judged. */
async function hold(
  maker: ContestMaker,
  arena: Arena,
  { rounds, python, rival }: { rounds: number; python: string; rival: string | undefined },
): Promise<ContestResult> {
  const contest = await maker.make(arena, python);
  try {
    if (rival === undefined) return await runContest(contest, rounds, python, console.log);
    const contestants = contest.contestants.filter(({ tool }) => tool === "sluice" || tool === rival);
    const goals = (["cpuSeconds", "peakBytes"] as const).map((metric) => ({ tool: "sluice", metric, peer: rival, most: SHORT_RATIO_MAX }));
    const compare = () => runContest({ ...contest, contestants, goals }, rounds, python, console.log);
    const result = await compare();
    // One round can be unlucky; the same ratio twice is a finding.
    return result.verdicts.some(({ met }) => met === false) ? await compare() : result;
  } finally {
    await contest.close?.();
  }
}

function refuse(reason: string): number {
  console.error(`NOT RUN: ${reason}`);
  return 2;
}

Deno.exit(await main());
