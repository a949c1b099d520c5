/**
 * What is asked of everything that comes from outside, as pure functions over the import map, the lock and the packages' own files; each
 * answers its complaints in words. It must never reach for the network: what needs it is in advisories.ts.
 */
import type { Exception } from "./exceptions.ts";

/** Licences under which code may come in; `OR` and `AND` of them as well. */
const LICENCES = new Set(["MIT", "ISC", "Apache-2.0", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0"]);
/** Names that old packages have for those. */
const OLD_NAMES: Readonly<Record<string, string>> = { Apache2: "Apache-2.0" };

/** The part of deno.json that is looked at. */
export interface Config {
  readonly imports: Readonly<Record<string, string>>;
  readonly workspace?: readonly string[];
}

/** The part of deno.lock that is looked at. */
export interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, { readonly integrity?: string; readonly scripts?: boolean; readonly deprecated?: boolean }>>;
}

/** A package's own file. */
export interface PackageFile {
  readonly license?: unknown;
  readonly licenses?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
}

/** Every dependency names one version, and the lock holds just that one; what has a stand-in here is a member of the workspace. */
export function checkPins({ imports, workspace = [] }: Config, lock: Lock): string[] {
  return Object.entries(imports).flatMap(([name, target]) => {
    const [, kind = "", specifier = ""] = /^(npm|jsr):((?:@[^/@]+\/)?[^/@]+@\d+\.\d+\.\d+(?:-[\w.]+)?)(?:\/.*)?$/.exec(target) ?? [];
    if (specifier === "") return [`${name}: ${target} names no exact version`];
    if (kind === "jsr") {
      return workspace.includes(`./${name.replace("@", "")}`) ? [] : [`${name}: ${target} has no stand-in in the workspace`];
    }
    const version = specifier.slice(specifier.lastIndexOf("@") + 1);
    return lock.specifiers[`npm:${specifier}`]?.split("_")[0] === version ? [] : [`${name}: ${target} is not in deno.lock`];
  });
}

/** Every package in the lock has a strong integrity, wants no script to run when it is installed, and is not deprecated. */
export function checkLock({ npm }: Lock): string[] {
  return Object.entries(npm).flatMap(([name, { integrity = "", scripts, deprecated }]) => [
    ...(/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity) ? [] : [`${name}: no SHA-512 in deno.lock`]),
    ...(scripts === true ? [`${name}: wants a script to run when it is installed`] : []),
    ...(deprecated === true ? [`${name}: this version is deprecated`] : []),
  ]);
}

/** A package's licence is on the list, and its own file names no script of installing. */
export function checkPackage(name: string, file: PackageFile): string[] {
  const licence = licenceOf(file);
  const hooks = ["preinstall", "install", "postinstall"].filter((hook) => file.scripts?.[hook] !== undefined);
  return [
    ...(isAllowed(licence) ? [] : [`${name}: licence ${licence || "unknown"}`]),
    ...hooks.map((hook) => `${name}: has the script ${hook}`),
  ];
}

function licenceOf({ license, licenses }: PackageFile): string {
  const told = [license ?? licenses].flat();
  return told.map((item) => typeof item === "object" && item !== null && "type" in item ? String(item.type) : String(item ?? "")).join(
    " OR ",
  );
}

/** Of alternatives one is enough. */
function isAllowed(licence: string): boolean {
  const plain = licence.replace(/[()]/g, "").trim();
  return plain.split(" OR ").some((way) => way.split(" AND ").every((one) => LICENCES.has(OLD_NAMES[one] ?? one)));
}

/** What the import map declares and nobody imports; the form of the code already forbids the opposite. */
export function checkUsed({ imports }: Config, sources: readonly string[]): string[] {
  const text = sources.join("\n");
  return Object.keys(imports).filter((name) => !text.includes(`"${name}"`) && !text.includes(`"${name}/`)).map((name) =>
    `${name}: nobody imports it`
  );
}

/** Serious advisories that nobody has accepted, and acceptances without a reason or without their advisory. */
export function checkAdvisories(reported: readonly string[], exceptions: readonly Exception[]): string[] {
  return [
    ...reported.filter((id) => !exceptions.some(({ advisory }) => advisory === id)).map((id) => `${id}: update or replace the package`),
    ...exceptions.filter(({ advisory }) => !reported.includes(advisory)).map(({ advisory }) =>
      `${advisory}: accepted, but reported no more`
    ),
    ...exceptions.filter(({ reason }) => reason.trim().length < 20).map(({ advisory }) => `${advisory}: accepted without a reason`),
  ];
}
