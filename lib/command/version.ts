/**
 * `sluice version`. Loads nothing else.
 */
import config from "../../deno.json" with { type: "json" };
import type { Command } from "./command.ts";

/** Version of sluice, as deno.json has it. */
export const VERSION: string = config.version;

/** See the file comment. */
export const VERSION_COMMAND: Command<{ readonly kind: "version" }> = {
  usage: "sluice version                     also sluice --version and sluice -V",
  examples: ["sluice version", "sluice --version", "sluice -V"],
  read: () => ({ kind: "version" }),
  run() {
    Deno.stdout.writeSync(new TextEncoder().encode(`sluice ${VERSION}\n`));
    return Promise.resolve(0);
  },
};
