/**
 * What the odd campaign asks of a run besides the oracle: a failure is named and counted, words are for people, and a job that must end
 * well does. Judges only; must never touch a store.
 */
import { type Broken, judgeCleanRun, judgeRun, type Told, type Trial } from "./oracle.ts";

/** A run with the records of its manifest that are no objects. */
export interface OddTold extends Told {
  /** The last record, when the run came so far. */
  readonly summary: { readonly done?: { readonly objects?: number }; readonly failed?: number } | undefined;
  /** Deletes that the manifest reports as failed. */
  readonly failedDeletes: number;
}

/** Exit codes that a run may have: all well, objects failed, the job could not run. */
const CODES: readonly (number | undefined)[] = [0, 1, 2];
/** What only a program says that did not understand what it saw. */
const PRIVATE_WORDS = /\bUnknownError\b|\[object |\bundefined\b|\bNaN\b|TypeError|a bug of ours/;

/** Everything that one run has broken. */
export function judgeOdd(trial: Trial & { readonly run: OddTold }, mustEndWell: boolean): Broken[] {
  const { run } = trial;
  const broken = [...judgeRun(trial), ...judgeKept(trial), ...judgeNames(trial)];
  if (run.code === undefined) broken.push({ promise: "not well", saw: `a run hung: ${run.words.slice(-1000)}` });
  else if (!CODES.includes(run.code)) broken.push({ promise: "bug", saw: `the run ended with ${run.code}: ${run.words.slice(-1000)}` });
  const words = PRIVATE_WORDS.exec(run.words)?.[0];
  if (words !== undefined) broken.push({ promise: "bug", saw: `the run says "${words}": ${linesWith(run.words, words)}` });
  if (mustEndWell) broken.push(...judgeCleanRun(trial));
  return broken;
}

/** What was right before this run is right after it. */
function judgeKept({ source, before, after }: Trial): Broken[] {
  return [...source].filter(([key, mark]) => before.get(key) === mark && after.get(key) !== mark)
    .map(([key]) => ({ promise: "wrong object", saw: `${key} was right before the run and is ${after.get(key)}` }));
}

/** Nobody has to guess what failed: exit code 1 and the counts of manifest and summary agree, and exit code 2 says why. */
function judgeNames({ source, after, run }: Trial & { readonly run: OddTold }): Broken[] {
  const broken: Broken[] = [];
  const failed = run.objects.filter(({ outcome }) => outcome === "failed").length + run.failedDeletes;
  const done = run.objects.filter(({ outcome }) => outcome === "done").length;
  const { summary } = run;
  if (summary !== undefined && (summary.failed !== failed || summary.done?.objects !== done)) {
    broken.push({
      promise: "untrue result",
      saw: `the manifest has ${done} done and ${failed} failed, its summary ${JSON.stringify(summary)}`,
    });
  }
  const said = /error|fail|cannot|refus|not /i.test(run.words);
  if (run.code !== 0 && run.code !== undefined && !said) {
    broken.push({ promise: "untrue result", saw: `exit code ${run.code} and not a word why: ${run.words.slice(-500)}` });
  }
  if (run.code !== 1 || /listing|cannot be read|cannot list|out of order/i.test(run.words)) return broken;
  // A run that goes through its whole plan has a line for everything that is not right.
  const named = new Set(run.objects.map(({ key }) => key));
  for (const [key, mark] of source) {
    if (after.get(key) !== mark && !named.has(key)) {
      broken.push({ promise: "untrue result", saw: `${key} is not right, and nothing is said of it` });
    }
  }
  return broken;
}

function linesWith(text: string, part: string): string {
  return text.split("\n").filter((line) => line.includes(part)).slice(0, 3).join(" | ");
}
