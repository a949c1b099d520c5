/**
 * Who may import whom. A folder that is not named here may not exist.
 */

/** Which zone a file belongs to; undefined when the fence does not know its place. */
export function zoneOf(path: string): string | undefined {
  const shared = /^lib\/(types|job_types|errors|limits|protocol|heap|node)\.ts$/.exec(path);
  if (shared !== null) return shared[1];
  if (path === "main.ts") return "main";
  if (path === "deno.json") return "config";
  if (path === "lib/mod.ts") return "mod";
  if (path === "lib/store/store.ts" || path === "lib/wire/wire.ts") return "contract";
  const lib = /^lib\/(job|compat|plan|schedule|evidence|session|bytes|pace|disk|remote|store|wire|report|embedded|run|command)\//.exec(
    path,
  );
  if (lib !== null) return lib[1];
  return /^(workers|tests|tools|examples|bench|std)\//.exec(path)?.[1];
}

const NOUNS = ["types", "job_types", "errors", "limits", "node"];
const SHARED = [...NOUNS, "protocol", "heap", "config"];
const STAGES = [
  "job",
  "compat",
  "plan",
  "schedule",
  "evidence",
  "session",
  "bytes",
  "pace",
  "disk",
  "remote",
  "store",
  "wire",
  "report",
  "embedded",
  "contract",
];

/** What each zone may import besides itself. */
export const FENCE: Readonly<Record<string, readonly string[]>> = {
  limits: [],
  node: [],
  types: ["limits"],
  // Only types: what a job holds follows from the tables of settings.
  job_types: ["types", "limits", "job"],
  errors: NOUNS,
  protocol: NOUNS,
  heap: NOUNS,
  contract: SHARED,
  job: SHARED,
  compat: ["job", ...SHARED],
  plan: ["bytes", "evidence", "contract", ...SHARED],
  schedule: SHARED,
  bytes: NOUNS,
  evidence: ["bytes", ...NOUNS],
  pace: NOUNS,
  disk: ["bytes", "contract", ...SHARED],
  remote: ["bytes", "evidence", "contract", ...SHARED],
  store: ["bytes", "pace", "disk", "remote", "contract", ...SHARED],
  wire: ["bytes", "evidence", "disk", "remote", "contract", ...SHARED],
  session: ["bytes", "evidence", "pace", "store", "wire", "contract", ...SHARED],
  report: ["bytes", ...NOUNS],
  embedded: ["bytes", "types", "limits"],
  workers: ["session", "bytes", "pace", "store", "wire", "embedded", "contract", ...SHARED],
  run: [...STAGES, ...SHARED],
  mod: ["run", ...STAGES, ...SHARED],
  command: ["mod", "run", ...STAGES, ...SHARED],
  main: ["command", "mod", "run", ...STAGES, ...SHARED],
  examples: ["mod", ...NOUNS],
  bench: ["tests", "mod", "run", "main", ...STAGES, ...SHARED],
  tools: ["job", "config", ...NOUNS],
  tests: ["tools", "command", "mod", "run", "main", "workers", "bench", ...STAGES, ...SHARED],
  std: [],
};

/** Where `Deno.` may be written. */
export const DENO_PLACES =
  /^((main|lib\/(mod|heap|run\/system_context))\.ts$|lib\/(command|disk|remote|wire|embedded|report)\/|(worker|test|tool|example)s\/)/;

/** Where `console` may be written. */
export const CONSOLE_PLACES = /^(main\.ts|lib\/report\/|tests\/|tools\/|bench\/|examples\/)/;

/** Where a vendor's store may be named: its rooms, the nouns, digest algorithms by their names, and help for people. */
export const VENDOR_ROOMS = /^lib\/((remote|embedded|job|compat|bytes|command)\/|(types|job_types)\.ts$)/;

/** Names of one vendor's store and of what only it has. */
export const VENDOR_NAMES = /\boss\b|\bOss[A-Z]|[a-z]Oss[A-Z]?|\boss[A-Z_]|crc64ecma|aliyun|\bOSS\b/;
