/**
 * `sluice cp SOURCE DESTINATION`: one job from flags.
 */
import type { Command } from "./command.ts";
import { readFlags } from "./flags.ts";
import { LOCATIONS, placeFlagsText } from "./key_help.ts";
import { PLACE_FLAGS_HELP, placeFlags, type PlacesRequest, readPlaces } from "./place_flags.ts";

/** See the file comment. */
export interface CpRequest extends PlacesRequest {
  readonly kind: "cp";
}

/** See the file comment. */
export const CP: Command<CpRequest> = {
  usage: `sluice cp SOURCE DESTINATION       copy one object or a tree
${PLACE_FLAGS_HELP}`,
  examples: [
    "sluice cp ./photos/ s3://bucket/photos/ --include '*.jpg' --dry-run",
    "sluice cp s3://bucket/photos/ ./photos/ --profile backup",
    "sluice cp s3://old/ s3://new/ --source-endpoint https://s3.example.com --delete",
  ],
  more: () => `${LOCATIONS}\n\n${placeFlagsText()}`,
  read(args) {
    return { kind: "cp", ...readPlaces(readFlags(args, placeFlags(), { command: "cp" })) };
  },
  async run(request, terminal) {
    const [{ cpToJob }, { runAll }, { systemContext }] = await Promise.all([
      import("./flag_job.ts"),
      import("./run_jobs.ts"),
      import("../run/system_context.ts"),
    ]);
    return await runAll(await terminal(), [cpToJob("cp", request, systemContext())], request.json);
  },
};
