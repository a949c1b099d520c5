/** `sluice cp SOURCE DESTINATION`: one job from flags. */
import { systemContext } from "../run/system_context.ts";
import type { Command } from "./command.ts";
import { readFlags } from "./flags.ts";
import { LOCATIONS, placeFlagsText } from "./key_help.ts";
import { jobOfPlaces, PLACE_FLAGS_HELP, placeFlags, type PlacesRequest, readPlaces } from "./places_request.ts";
import { runAll } from "./run.ts";

/** See the file comment. */
export const CP: Command<PlacesRequest & { readonly kind: "cp" }> = {
  usage: `sluice cp SOURCE DESTINATION       copy one object or a tree
${PLACE_FLAGS_HELP}`,
  examples: [
    "sluice cp ./photos/ s3://bucket/photos/ --include '*.jpg' --dry-run",
    "sluice cp s3://bucket/photos/ ./photos/ --profile backup",
    "sluice cp s3://old/ s3://new/ --source-endpoint https://s3.example.com --delete",
  ],
  more: () => `${LOCATIONS}\n\n${placeFlagsText()}`,
  read: (args) => ({ kind: "cp", ...readPlaces(readFlags(args, placeFlags(), { command: "cp" })) }),
  run: async (request, terminal) => await runAll(await terminal(), [jobOfPlaces("cp", request, systemContext())], request.json),
};
