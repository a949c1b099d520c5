/**
 * Runs the real program with its memory watched and, where the machine has a memory cgroup that may be used, held: a process that wants
 * more than its cgroup allows is killed by the system. Leaves no group behind.
 */
import { type SluiceRun, startSluice } from "../e2e/run_sluice.ts";

const ROOT = "/sys/fs/cgroup/memory";
const WATCH_MS = 10;

/** A run with the most memory that it ever had, as the system counted it (VmHWM: private, shared and mapped pages alike). */
export interface WatchedRun {
  readonly run: SluiceRun;
  readonly peakBytes: number;
}

/** Runs the program to its end. `group` as {@link withGroup} gave it. */
export async function runWatched(args: readonly string[], group?: string): Promise<WatchedRun> {
  const started = startSluice(args, group === undefined ? {} : { shell: `echo $$ > ${group}/cgroup.procs;` });
  let peakBytes = 0;
  let over = false;
  const ended = started.finished.then((run) => {
    over = true;
    return run;
  });
  while (!over) {
    peakBytes = Math.max(peakBytes, peakOf(started.child.pid));
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  }
  return { run: await ended, peakBytes };
}

/** The high-water mark of a process; 0 when it has ended or the system keeps none. */
export function peakOf(pid: number): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
    return Number(kib ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** The limit that a run has printed with its plan. */
export function printedLimit(run: SluiceRun): number {
  const [, amount, unit] = /memory limit ([\d.]+) (MiB|GiB)/.exec(run.stderr) ?? [];
  if (amount === undefined) throw new Error(`No limit was printed: ${run.stderr}`);
  return Number(amount) * (unit === "GiB" ? 1024 : 1) * 1024 * 1024;
}

/** Runs `body` with a group that may use so much, its path; without one, and says so, where none may be made. */
export async function withGroup<Answer>(limitBytes: number, body: (group?: string) => Promise<Answer>): Promise<Answer> {
  const group = `${ROOT}/sluice-test-${crypto.randomUUID()}`;
  try {
    await Deno.mkdir(group);
    await Deno.writeTextFile(`${group}/memory.limit_in_bytes`, String(limitBytes));
  } catch {
    await Deno.remove(group).catch(() => {});
    console.warn("NOT RUN under a memory cgroup: none may be made here; the high-water mark is what counts");
    return await body();
  }
  try {
    return await body(group);
  } finally {
    await Deno.remove(group);
  }
}
