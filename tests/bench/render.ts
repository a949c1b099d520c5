/** Tables of contests, as text for a terminal and as Markdown for docs/benchmarks.md. Pure. */
import type { ContestResult, Goal, Metric, Standing, Verdict } from "./contest.ts";

const UNITS: Readonly<Record<Metric, string>> = { wallSeconds: "wall", cpuSeconds: "CPU", peakBytes: "peak memory" };
const HEADINGS = ["tool", "wall s", "CPU s", "peak MB", "sluice/it: wall", "CPU", "memory"];

/** One contest as an aligned table with its goals. */
export function renderText(result: ContestResult): string {
  const rows = [HEADINGS, ...tableRows(result)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const table = rows.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)).join("  ")
  );
  return [`\n${heading(result)}`, ...table, ...perUnit(result), ...result.verdicts.map(describeVerdict), ""].join("\n");
}

/** All contests as a page. */
export function renderMarkdown(facts: string, results: readonly ContestResult[]): string {
  const intro = [
    "# Benchmarks",
    "",
    "All tools did the same work in one run, in turns, against two MinIO servers on the same machine, with all data in memory. The",
    "numbers are medians. CPU seconds (user and system) and peak memory are those of the client alone. The servers share the",
    "machine with the client, so compare wall times only within a table.",
    "",
    "To repeat this, put the peers and MinIO on `PATH` and run `deno task bench --markdown`, which writes this page. Its other flags",
    "are described in `tests/bench/bench.ts`: `--only` for one table, `--against REV` for two builds of this program, `--growth` for",
    "the cost per object and per GiB as they grow.",
    "",
    `Machine: ${facts}.`,
  ];
  const sections = results.map((result) =>
    [
      `## ${heading(result)}`,
      "",
      `| ${HEADINGS.join(" | ")} |`,
      `|${HEADINGS.map((_, column) => column === 0 ? " --- " : " ---: ").join("|")}|`,
      ...tableRows(result).map((row) => `| ${row.join(" | ")} |`),
      "",
      ...perUnit(result).map((line) => `${line}.`),
    ].join("\n").trimEnd()
  );
  return `${[intro.join("\n"), ...sections].join("\n\n")}\n`;
}

/** `PASS: sluice CPU 0.42 × mc (goal ≤ 0.60)` */
export function describeVerdict(verdict: Verdict): string {
  const { goal, value, met } = verdict;
  const word = met === undefined ? "NOT RUN" : met ? "PASS" : "MISS";
  const told = value === undefined ? "was not measured" : amount(goal, value);
  return `${word}: ${goal.tool} ${UNITS[goal.metric]} ${told} (goal ≤ ${amount(goal, goal.most)})`;
}

/** `sluice: 12.5 µs CPU per key` */
function perUnit({ units, standings }: ContestResult): string[] {
  if (units === undefined) return [];
  return standings.map(({ tool, cost }) => `${tool}: ${(cost.cpuSeconds / units.count * 1e6).toPrecision(3)} µs CPU per ${units.name}`);
}

function heading(result: ContestResult): string {
  return `${result.title} (${result.rounds} round${result.rounds === 1 ? "" : "s"})`;
}

function amount(goal: Goal, value: number): string {
  if (goal.peer !== undefined) return `${value.toFixed(2)} × ${goal.peer}`;
  return goal.metric === "peakBytes" ? `${(value / 1e6).toFixed(0)} MB` : `${value.toFixed(2)} s`;
}

function tableRows(result: ContestResult): string[][] {
  const own = result.standings.find(({ tool }) => tool === "sluice");
  return result.standings.map((standing) => [
    standing.tool,
    standing.cost.wallSeconds.toFixed(2),
    standing.cost.cpuSeconds.toFixed(2),
    (standing.cost.peakBytes / 1e6).toFixed(0),
    ...(["wallSeconds", "cpuSeconds", "peakBytes"] as const).map((metric) => ratio(own, standing, metric)),
  ]);
}

function ratio(own: Standing | undefined, other: Standing, metric: Metric): string {
  return own === undefined || own === other ? "" : (own.cost[metric] / other.cost[metric]).toFixed(2);
}
