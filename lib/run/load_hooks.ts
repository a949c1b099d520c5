/** Loads the module that a job's `hooks` key names: functions that shape a run, in a file of the user's own. */
import { reasonOf, TransferError } from "../errors.ts";
import { nodeUrl } from "../node.ts";
import type { Hooks } from "./run_job.ts";

const NAMES = ["select", "rename", "headers", "onResult"] as const;

/** The hooks that the module exports. Throws TransferError `config` when it cannot be loaded, exports none or exports something else. */
export async function loadHooks(path: string): Promise<Hooks> {
  let exported: Record<string, unknown>;
  try {
    exported = await import(nodeUrl().pathToFileURL(path).href);
  } catch (error) {
    throw new TransferError("config", `Cannot load the hooks of ${path}: ${reasonOf(error)}`, { cause: error });
  }
  const hooks: Record<string, unknown> = {};
  for (const name of NAMES) {
    const value = exported[name];
    if (value === undefined) continue;
    if (typeof value !== "function") throw new TransferError("config", `The hook ${name} of ${path} is not a function`);
    hooks[name] = value;
  }
  if (Object.keys(hooks).length === 0) {
    throw new TransferError("config", `The module ${path} exports no hook: export any of ${NAMES.join(", ")}`);
  }
  return hooks as Hooks;
}
