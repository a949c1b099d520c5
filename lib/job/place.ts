/** Locations to places, and the rules by which an object keeps its name. Keys are opaque: nothing is decoded, folded or cleaned. */
import { KEY_BYTES_MAX } from "../limits.ts";
import type { Place } from "../job_types.ts";
import { absolutePath, endsAsFolder, isWithin, pathsOf } from "./local_path.ts";
import { nearestName, Problem } from "./mistake.ts";
import type { JobContext } from "./raw_job.ts";
import type { NamedStore } from "./store_spec.ts";

/** Stores by name; undefined for one that is named but has mistakes of its own. */
export type NamedStores = ReadonlyMap<string, NamedStore | undefined>;

/** What a location says by itself. It is a tree when it ends in a slash, is a bare bucket, or is a folder. */
export interface Location {
  readonly place: Place;
  /** Absolute path; only of local places. */
  readonly path?: string;
}

const SCHEME = /^([\p{L}\p{N}][\p{L}\p{N}._+-]*):\/\/(.*)$/su;
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,254}$/;
/** The ARN of an access point stands for a bucket, its slash included. */
const ACCESS_POINT = /^arn:[a-z0-9-]+:s3[a-z0-9-]*:[a-z0-9-]*:\d*:accesspoint[/:][A-Za-z0-9.-]{1,63}(?=\/|$)/;

/** Reads a location. Undefined: it names a store that has mistakes of its own. Throws {@link Problem}. */
export function readLocation(text: string, stores: NamedStores, context: JobContext): Location | undefined {
  const match = SCHEME.exec(text);
  if (match === null) {
    if (text.includes("\0")) throw new Problem("a path cannot hold a NUL character");
    return localLocation(absolutePath(text, context), text, { name: "local", ends: endsAsFolder(text, context.cwd) }, context);
  }
  const [, name = "", rest = ""] = match;
  if (!stores.has(name)) throw unknownStore(name, [...stores.keys()]);
  const store = stores.get(name);
  if (store === undefined) return undefined;
  if (store.spec.type === "local" && store.spec.archive) return archiveLocation(rest, { text, store }, context);
  if (store.folder === undefined) return bucketLocation(rest, { text, store });
  const path = pathsOf(context.cwd).join(store.folder, rest === "" ? "." : rest);
  if (!isWithin(path, store.folder, context.cwd)) throw new Problem(`the path leaves the folder of [store.${name}]`);
  return localLocation(absolutePath(path, context), text, { name, ends: rest === "" || endsAsFolder(rest, context.cwd) }, context);
}

/** The place that receives what `source` gives: below it for a tree, under its own base name for an object that goes into a folder. */
export function destinationPlace(source: Place, { place, path }: Location): Place {
  if (source.tree) {
    if (path !== undefined) return { ...place, bucket: path, key: "", tree: true };
    return { ...place, key: place.tree ? place.key : `${place.key}/`, tree: true };
  }
  if (!place.tree) return place;
  const name = source.key.slice(source.key.lastIndexOf("/") + 1);
  return { ...place, key: `${place.key}${name}`, tree: false };
}

function localLocation(path: string, text: string, store: { name: string; ends: boolean }, context: JobContext): Location {
  const spec = { type: "local", name: store.name } as const;
  const { basename, dirname } = pathsOf(context.cwd);
  const name = basename(path);
  if (store.ends || name === "" || context.isFolder(path) === true) {
    return { place: { store: spec, bucket: path, key: "", tree: true, text }, path };
  }
  return { place: { store: spec, bucket: dirname(path), key: context.fileKey?.(name) ?? name, tree: false, text }, path };
}

function archiveLocation(rest: string, { text, store }: { text: string; store: NamedStore }, context: JobContext): Location {
  if (rest === "" || endsAsFolder(rest, context.cwd)) throw new Problem("the archive is missing; write tar://FOLDER/FILE.tar");
  const path = absolutePath(rest, context);
  return { place: { store: store.spec, bucket: path, key: "", tree: true, text }, path };
}

function bucketLocation(rest: string, { text, store }: { text: string; store: NamedStore }): Location {
  const [accessPoint] = ACCESS_POINT.exec(rest) ?? [];
  const slash = rest.indexOf("/", accessPoint?.length ?? 0);
  const bucket = slash < 0 ? rest : rest.slice(0, slash);
  const key = slash < 0 ? "" : rest.slice(slash + 1);
  if (bucket === "") throw new Problem(`the bucket is missing; write ${store.spec.name}://bucket/key`);
  const problem = bucketProblem(bucket);
  if (problem !== undefined) throw new Problem(problem);
  const bytes = new TextEncoder().encode(key).length;
  if (bytes > KEY_BYTES_MAX) throw new Problem(`the key has ${bytes} bytes; ${KEY_BYTES_MAX} are allowed`);
  const folder = key === "" || key.endsWith("/");
  return { place: { store: store.spec, bucket, key, tree: folder, text } };
}

/** What is wrong with the name of a bucket. */
export function bucketProblem(bucket: string): string | undefined {
  const known = BUCKET.test(bucket) || ACCESS_POINT.exec(bucket)?.[0] === bucket;
  return known ? undefined : "the bucket's name may have letters, digits, dots, dashes, underscores and colons only";
}

function unknownStore(name: string, known: readonly string[]): Problem {
  const scheme = name.toLowerCase();
  if (scheme === "file") return new Problem("write a plain path, without file://");
  if (scheme === "http" || scheme === "https") {
    return new Problem("an address is not a location; write it as endpoint of a [store.NAME] and use NAME://bucket/key");
  }
  const near = nearestName(name, known);
  return new Problem(`there is no [store.${name}]`, near && `${near}://`);
}
