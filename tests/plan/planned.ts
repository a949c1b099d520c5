/** Plans of small cases, as lines that a test can compare. */
import { planJob } from "../../lib/plan/plan_job.ts";
import type { PlanInput } from "../../lib/plan/plan_input.ts";
import type { Job } from "../../lib/job_types.ts";
import type { PlanItem } from "../../lib/types.ts";
import { makeJob, type Script, type ScriptedObject, scriptedStore } from "./scripted_store.ts";

/** Milliseconds of an earlier and a later time; objects that are given as a key only have the earlier one. */
export const OLD = 1_000_000;
/** See {@link OLD}. */
export const NEW = 2_000_000;

/** A plan that a test asks for: both sides by their objects, whatever else as in the job. */
export interface Case extends Partial<Omit<PlanInput, "job" | "source" | "destination">> {
  from?: string;
  to?: string;
  job?: Partial<Job>;
  source: readonly (string | ScriptedObject)[] | Script;
  destination?: readonly (string | ScriptedObject)[] | Script;
}

function script(side: Case["source"]): Script {
  if (!(Array.isArray(side))) return side as Script;
  return { objects: (side as (string | ScriptedObject)[]).map((one) => typeof one === "string" ? { key: one, lastModifiedMs: OLD } : one) };
}

/** The input of the plan and its two stores. */
export function begin(options: Case) {
  const { from = "s3://in/", to = "s3://out/", job = {}, source, destination = [], ...rest } = options;
  const stores = { source: scriptedStore("source", script(source)), destination: scriptedStore("destination", script(destination)) };
  const input: PlanInput = {
    job: makeJob(from, to, job),
    ...stores,
    signal: new AbortController().signal,
    ...rest,
  };
  return { input, ...stores };
}

/** All items of the plan. */
export async function items(options: Case): Promise<PlanItem[]> {
  const all: PlanItem[] = [];
  for await (const item of planJob(begin(options).input)) all.push(item);
  return all;
}

/** All items of the plan as lines. */
export async function lines(options: Case): Promise<string[]> {
  return (await items(options)).map(asLine);
}

/** An item as one line. */
export function asLine(item: PlanItem): string {
  switch (item.kind) {
    case "transfer":
      return `transfer ${item.transfer.source.key} -> ${item.transfer.destinationKey}: ${item.transfer.reason}`;
    case "skip":
      return `skip ${item.key}: ${item.reason}`;
    case "delete":
      return `delete ${item.destinationKey}`;
    case "problem":
      return `problem ${item.key}: ${item.error.kind}: ${item.error.message}`;
  }
}
