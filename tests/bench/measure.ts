/**
 * Runs one program to its end and says what it cost: wall time, CPU seconds of the program and all of its children, and the largest
 * resident set that one of these processes had. The kernel's own count (wait4), not a poll, so that short runs are counted too.
 */

/** What one run cost. */
export interface Cost {
  readonly wallSeconds: number;
  /** User and system time, of children too. */
  readonly cpuSeconds: number;
  /** In bytes; of the largest process of the tree, not their sum. */
  readonly peakBytes: number;
}

/** What to run. */
export interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Deno has no wait4; this is all that Python is used for. Its own small memory is the least that can be reported. */
const WRAPPER = `
import json, os, subprocess, sys, time
begun = time.monotonic()
child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
wall = time.monotonic() - begun
scale = 1 if sys.platform == "darwin" else 1024
with open(sys.argv[1], "w") as out:
    json.dump({"code": os.waitstatus_to_exitcode(status), "wallSeconds": wall,
               "cpuSeconds": usage.ru_utime + usage.ru_stime, "peakBytes": usage.ru_maxrss * scale}, out)
`;

/** Measures one run. `python` is any Python 3.9 or newer. Throws with the end of its output when the program fails. */
export async function measure(python: string, invocation: Invocation): Promise<Cost> {
  const report = await Deno.makeTempFile({ prefix: "sluice-cost-" });
  try {
    const output = await new Deno.Command(python, {
      args: ["-c", WRAPPER, report, invocation.command, ...invocation.args],
      env: { ...invocation.env },
      clearEnv: true,
      cwd: invocation.cwd,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    const said = `${decoder.decode(output.stdout)}\n${decoder.decode(output.stderr)}`.slice(-2000);
    if (!output.success) throw new Error(`Cannot measure ${invocation.command}: ${said}`);
    const { code, ...cost } = JSON.parse(await Deno.readTextFile(report));
    if (code !== 0) throw new Error(`${invocation.command} ${invocation.args.join(" ")} ended with ${code}: ${said}`);
    return cost;
  } finally {
    await Deno.remove(report);
  }
}

/** The middle value; the mean of the two middle ones for an even count. Throws for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError("The median of nothing");
  return (upper + lower) / 2;
}
