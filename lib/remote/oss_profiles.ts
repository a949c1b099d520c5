/**
 * Profiles of Alibaba's own tools: `~/.aliyun/config.json` of the aliyun CLI and `~/.ossutilconfig` of ossutil 1 and 2, in one form. Must
 * never put a line of such a file into a message: it may hold a secret.
 */
import { join } from "node:path";
import { decodeText } from "../bytes/text.ts";
import { notAllowed, reasonOf, TransferError } from "../errors.ts";

/** The environment, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Values under the names of the aliyun CLI, whichever file they come from; empty ones are dropped. */
type Values = Readonly<Record<string, string>>;

/** One profile. */
export interface OssProfile {
  /** `profile NAME of FILE`, for messages. */
  readonly label: string;
  readonly values: Values;
  /** Another profile of the same file. Throws `config` when there is none of that name. */
  sibling(name: string): OssProfile;
}

/** Profiles of one file by their names in lower case, and the one that counts when nobody names one. */
interface ProfileFile {
  readonly path: string;
  readonly current: string;
  readonly profiles: ReadonlyMap<string, Values>;
}

/** What ossutil calls as the aliyun CLI does, but for capitals, `-` and `_`. */
const SAME_NAMES =
  "access_key_id access_key_secret sts_token endpoint mode ram_role_arn external_id sts_region oidc_provider_arn source_profile";

/** Other names of ossutil, in lower case without `-` and `_`. */
const OSSUTIL_NAMES: ReadonlyMap<string, string> = new Map([
  ...SAME_NAMES.split(" ").map((name) => [name.replaceAll("_", ""), name] as const),
  ["accessid", "access_key_id"],
  ["accesskey", "access_key_secret"],
  ["host", "endpoint"],
  ["region", "region_id"],
  ["rolearn", "ram_role_arn"],
  ["rolesessionname", "ram_session_name"],
  ["tokentimeout", "expired_seconds"],
  ["ecsrolename", "ram_role_name"],
  ["oidctokenfilepath", "oidc_token_file"],
  ["credentialprocess", "process_command"],
  ["credentialuri", "credentials_uri"],
]);

/** Inherited profiles in a row. */
const PARENTS_MAX = 10;

/**
 * The profile of this name, else the one that the files or the environment make the usual one; undefined when there is neither file nor
 * usual profile. Throws `config` for a name that no file has, and for a file that cannot be read; the message says which and where.
 */
export function findProfile(name: string | undefined, environment: Environment): OssProfile | undefined {
  const files = [readAliyun, readOssutil];
  const missing: string[] = [];
  for (const read of files) {
    const file = read(environment);
    if (file === undefined) continue;
    missing.push(namesOf(file));
    const found = profileOf(file, name ?? file.current);
    if (found !== undefined && (name !== undefined || namesKeys(found.values))) return found;
  }
  if (name === undefined) return undefined;
  const where = missing.length === 0 ? "there is neither ~/.aliyun/config.json nor ~/.ossutilconfig" : missing.join("; ");
  throw new TransferError("config", `Cannot find profile ${name}: ${where}; check profile`);
}

/** `aliyun configure` leaves profiles behind that say nothing of keys. */
function namesKeys(values: Values): boolean {
  const means = ["access_key_id", "ram_role_arn", "process_command", "credentials_uri", "source_profile"];
  return means.some((name) => name in values) || /ecsramrole|cloudsso|oauth/i.test(values.mode ?? "");
}

function namesOf({ path, profiles }: ProfileFile): string {
  return `${path} has ${profiles.size === 0 ? "no profile" : [...profiles.keys()].join(", ")}`;
}

function profileOf(file: ProfileFile, name: string): OssProfile | undefined {
  const values = file.profiles.get(name.toLowerCase());
  if (values === undefined) return undefined;
  const sibling = (other: string) => {
    const found = profileOf(file, other);
    if (found !== undefined) return found;
    throw new TransferError("config", `Cannot use profile ${name}: its source_profile ${other} is missing; ${namesOf(file)}`);
  };
  return { label: `profile ${name} of ${file.path}`, values, sibling };
}

function readAliyun(environment: Environment): ProfileFile | undefined {
  if (environment.ALIBABA_CLOUD_CLI_PROFILE_DISABLED?.toLowerCase() === "true") return undefined;
  const path = inHome(environment, ".aliyun", "config.json");
  const text = path && readConfig(path);
  if (!path || text === undefined) return undefined;
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    // The parser's message repeats a piece of the text.
    const [, line] = /line (\d+)/.exec(reasonOf(error)) ?? [];
    const [, position = text.length] = /position (\d+)/.exec(reasonOf(error)) ?? [];
    throw broken(path, `line ${line ?? text.slice(0, Number(position)).split("\n").length} is not JSON`);
  }
  const { current, profiles } = isRecord(config) ? config : {};
  if (!Array.isArray(profiles) || !profiles.every(isRecord)) throw broken(path, "it holds no list of profiles");
  return {
    path,
    current: typeof current === "string" && current !== "" ? current : "default",
    profiles: new Map(profiles.map((profile) => [String(profile.name).toLowerCase(), textsOf(profile)])),
  };
}

function textsOf(profile: Record<string, unknown>): Values {
  const isText = (value: unknown) => ["string", "number", "boolean"].includes(typeof value) && value !== "" && value !== 0;
  const given = Object.entries(profile).filter(([, value]) => isText(value));
  return Object.fromEntries(given.map(([key, value]) => [key, String(value)]));
}

/** Sections `[Credentials]` of ossutil 1 and `[NAME]`, `[profile NAME]` of ossutil 2. */
function readOssutil(environment: Environment): ProfileFile | undefined {
  const { OSSUTIL_CONFIG_FILE: chosen, OSSUTIL_PROFILE: current } = environment;
  const path = chosen || inHome(environment, ".ossutilconfig");
  const text = path && readConfig(path);
  if (chosen && text === undefined) throw new TransferError("config", `Cannot find ${chosen}: check OSSUTIL_CONFIG_FILE`);
  if (!path || text === undefined) return undefined;
  const profiles = new Map<string, Record<string, string>>();
  let values: Record<string, string> | undefined;
  for (const [index, line] of text.split(/\r\n|\r|\n/).map((source) => source.trim()).entries()) {
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const section = /^\[(.*)\]$/.exec(line)?.[1]?.trim().toLowerCase();
    const [, key, value] = /^([^=]+?)\s*=\s*(.*)$/.exec(line) ?? [];
    if (section !== undefined) {
      const name = section === "credentials" ? "default" : section.replace(/^profile\s+/, "");
      profiles.set(name, values = profiles.get(name) ?? {});
    } else if (key === undefined || value === undefined || values === undefined) {
      throw broken(path, `line ${index + 1} is not [SECTION], key = value or # comment`);
    } else {
      const known = OSSUTIL_NAMES.get(key.toLowerCase().replaceAll(/[-_]/g, ""));
      const plain = value.replace(/^(["'])(.*)\1$/, "$2");
      if (known !== undefined && plain !== "") values[known] = plain;
    }
  }
  const inherited = new Map([...profiles].map(([name, own]) => [name, withParents(path, profiles, own)]));
  if (current && !inherited.has(current.toLowerCase())) throw broken(path, `it has no profile ${current}, which OSSUTIL_PROFILE names`);
  return { path, current: current || "default", profiles: inherited };
}

/** ossutil's `source_profile` names the profile whose values count where this one has none. */
function withParents(path: string, profiles: ReadonlyMap<string, Values>, own: Values): Values {
  let { source_profile: parent, ...values } = own;
  for (let depth = 0; parent !== undefined; depth++) {
    const more = profiles.get(parent.toLowerCase());
    if (more === undefined) throw broken(path, `the source_profile ${parent} is missing`);
    if (depth === PARENTS_MAX) throw broken(path, `source_profile leads from ${parent} in a circle`);
    const { source_profile: next, ...rest } = more;
    values = { ...rest, ...values };
    parent = next;
  }
  return values;
}

function inHome(environment: Environment, ...path: string[]): string | undefined {
  const home = environment.HOME || environment.USERPROFILE;
  return home ? join(home, ...path) : undefined;
}

/** The text of a file that people or tools wrote; undefined when there is none. Throws `config` when it cannot be read or is not text. */
export function readConfig(path: string): string | undefined {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    const what = `Cannot read ${path}`;
    throw notAllowed(error, what) ?? new TransferError("config", `${what}: ${reasonOf(error)}`, { cause: error });
  }
  return decodeText(bytes, path);
}

function broken(path: string, why: string): TransferError {
  return new TransferError("config", `Cannot read ${path}: ${why}; mend it, or set access_key_id and secret_access_key in the job file`);
}

/** An object of JSON. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
