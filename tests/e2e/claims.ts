/**
 * What the end-to-end tests read out of a run: its exit code, its words, its manifest. The only place that knows how sluice words its
 * summary.
 */
import { assert, assertEquals } from "@std/assert";
import type { SluiceRun } from "./run_sluice.ts";

/** One object's line of the manifest, as far as the tests look at it. */
export interface ManifestLine {
  readonly type?: string;
  readonly key?: string;
  readonly outcome?: string;
  readonly foundBytes?: number;
  readonly movedBytes?: number;
  readonly evidence?: string;
  readonly digest?: string;
  readonly way?: string;
}

/** Fails with everything the run said unless it ended with `code`. */
export function assertCode(run: SluiceRun, code: number): void {
  assertEquals(
    run.code,
    code,
    `Ended with ${run.code} (${run.signal}), expected ${code}\n--- stdout\n${run.stdout}\n--- stderr\n${run.stderr}`,
  );
}

/** Every object's line of a manifest. */
export async function readManifest(path: string): Promise<ManifestLine[]> {
  const text = await Deno.readTextFile(path);
  const lines: ManifestLine[] = text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  return lines.filter((line) => line.type === "object");
}

/** Sum of the bytes that the manifest says were found at the destination. */
export async function foundBytes(manifest: string): Promise<number> {
  return (await readManifest(manifest)).reduce((sum, line) => sum + (line.foundBytes ?? 0), 0);
}

/** Fails unless the run says in words for people that it found something of an earlier run. */
export function assertSaysFound(run: SluiceRun): void {
  assert(
    /found there|earlier run|re-?used/i.test(run.stdout + run.stderr),
    `Nothing is said of an earlier run:\n${run.stdout}\n${run.stderr}`,
  );
}

/** Fails when a secret stands anywhere in what the run said. */
export function assertNoSecret(run: SluiceRun, ...secrets: readonly string[]): void {
  for (const secret of secrets) {
    assert(!run.stdout.includes(secret) && !run.stderr.includes(secret), "A secret stands in the output");
  }
}

/** Fails unless stderr is a few short lines: no stack, no dump. */
export function assertClear(run: SluiceRun, pattern: RegExp): void {
  assert(pattern.test(run.stderr), `stderr does not say ${pattern}:\n${run.stderr}`);
  assert(!/^\s+at .*:\d+:\d+\)?$/m.test(run.stderr), `A stack trace for people:\n${run.stderr}`);
}
