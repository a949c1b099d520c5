/**
 * One contest: several tools do the same work, in turns (A B C A B C …), so that whatever the machine does beside hits all of them. Holds
 * the nouns of a contest, its rounds and its goals; knows no tool.
 */
import { type Cost, type Invocation, measure, median } from "./measure.ts";

/** One way to do the work. */
export interface Contestant {
  /** `sluice`, `sluice 512 MiB parts`, `mc`, … */
  readonly tool: string;
  readonly invocation: Invocation;
  /** Makes the destination as it was before; not measured. */
  reset(): Promise<void>;
  /** Throws unless the work was done; not measured. */
  check(): Promise<void>;
}

/** Which of the three costs a goal speaks of. */
export type Metric = keyof Cost;

/** What must hold of medians: a ratio to a peer, or a bound of its own. */
export interface Goal {
  readonly tool: string;
  readonly metric: Metric;
  readonly peer?: string;
  /** With `peer`: at most so many times the peer's. Without: at most so much, in the metric's unit. */
  readonly most: number;
}

/** A contest, ready to run. */
export interface Contest {
  readonly title: string;
  readonly contestants: readonly Contestant[];
  readonly goals: readonly Goal[];
  /** What the cost is divided by, where its growth is of interest: `2000` `key`. */
  readonly units?: Units;
}

/** An amount of work. */
export interface Units {
  readonly name: string;
  readonly count: number;
}

/** Medians of one contestant. */
export interface Standing {
  readonly tool: string;
  readonly cost: Cost;
}

/** How a contest ended. */
export interface ContestResult {
  readonly title: string;
  readonly rounds: number;
  readonly standings: readonly Standing[];
  readonly verdicts: readonly Verdict[];
  readonly units?: Units;
}

/** A goal with what was measured; `met` is undefined when the peer was not found. */
export interface Verdict {
  readonly goal: Goal;
  readonly value: number | undefined;
  readonly met: boolean | undefined;
}

/** The contestants that were found. */
export function present(
  entries: readonly (readonly [string, Invocation | undefined])[],
  steps: Pick<Contestant, "reset" | "check">,
): Contestant[] {
  return entries.flatMap(([tool, invocation]) => invocation === undefined ? [] : [{ tool, invocation, ...steps }]);
}

/** Runs all rounds. A tool that fails ends the whole benchmark: a number beside a failed run would mean nothing. */
export async function runContest(contest: Contest, rounds: number, python: string, say: (line: string) => void): Promise<ContestResult> {
  const costs = new Map<string, Cost[]>(contest.contestants.map(({ tool }) => [tool, []]));
  // Whoever is first to touch fresh memory pays for its pages, in the machine below as well: one run that does not count.
  const [first] = contest.contestants;
  await first?.reset();
  if (first) await measure(python, first.invocation);
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of contest.contestants) {
      await contestant.reset();
      const cost = await measure(python, contestant.invocation);
      await contestant.check();
      costs.get(contestant.tool)?.push(cost);
      say(`  ${contest.title}, round ${round}: ${contestant.tool} ${describeCost(cost)}`);
    }
  }
  const standings = contest.contestants.map(({ tool }) => ({ tool, cost: medians(costs.get(tool) ?? []) }));
  const { title, goals, units } = contest;
  return { title, rounds, standings, verdicts: goals.map((goal) => judge(goal, standings)), ...(units !== undefined && { units }) };
}

/** Judges one goal over the medians. */
export function judge(goal: Goal, standings: readonly Standing[]): Verdict {
  const own = standings.find(({ tool }) => tool === goal.tool)?.cost[goal.metric];
  const peer = goal.peer === undefined ? 1 : standings.find(({ tool }) => tool === goal.peer)?.cost[goal.metric];
  if (own === undefined || peer === undefined) return { goal, value: undefined, met: undefined };
  const value = own / peer;
  return { goal, value, met: value <= goal.most };
}

/** One cost in words: `1.23 s wall, 0.80 s CPU, 62 MB`. */
export function describeCost(cost: Cost): string {
  return `${cost.wallSeconds.toFixed(2)} s wall, ${cost.cpuSeconds.toFixed(2)} s CPU, ${(cost.peakBytes / 1e6).toFixed(0)} MB`;
}

function medians(costs: readonly Cost[]): Cost {
  return {
    wallSeconds: median(costs.map((cost) => cost.wallSeconds)),
    cpuSeconds: median(costs.map((cost) => cost.cpuSeconds)),
    peakBytes: median(costs.map((cost) => cost.peakBytes)),
  };
}
