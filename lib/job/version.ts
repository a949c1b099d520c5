/**
 * The version, from the one place that has it.
 */
import config from "../../deno.json" with { type: "json" };

/** Version of sluice, as deno.json tells it. */
export const VERSION: string = config.version;
