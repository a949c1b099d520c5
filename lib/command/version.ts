/** `sluice version`. */
import config from "../../deno.json" with { type: "json" };
import type { Command } from "./command.ts";
import { readFlags, usage } from "./flags.ts";

/** Version of sluice, as deno.json has it. */
export const VERSION: string = config.version;

/** See the file comment. */
export const VERSION_COMMAND: Command<{ readonly kind: "version" }> = {
  usage: "sluice version                     also sluice --version and sluice -V",
  examples: ["sluice version", "sluice --version", "sluice -V"],
  read(args) {
    if (readFlags(args, new Map(), { command: "version" }).words.length > 0) throw usage("version takes no words");
    return { kind: "version" };
  },
  run() {
    Deno.stdout.writeSync(new TextEncoder().encode(`sluice ${VERSION}\n`));
    return Promise.resolve(0);
  },
};
