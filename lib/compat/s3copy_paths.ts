/**
 * Where s3copy's arguments point: its path rules as data, in the words of sluice's own keys. Pure.
 *
 * | argument | what is copied | what its name loses |
 * | --- | --- | --- |
 * | nothing, `*` | everything | nothing |
 * | `a/b`, `a/b/` | the object `a/b` and what is in the folder | `a/` |
 * | `a/b/*` | what is in the folder | `a/b/` |
 * | `a/b*` | what begins with `a/b` | `a/` |
 */

/** A bucket and the text behind it. */
export interface S3Uri {
  readonly bucket: string;
  readonly path: string;
}

/** `s3://bucket[/path]`; undefined for anything else. */
export function readUri(text: string): S3Uri | undefined {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(text);
  return match === null ? undefined : { bucket: match[1] ?? "", path: match[2] ?? "" };
}

/** A piece of the source. */
export interface S3copyPiece {
  /** The folder that is cut off at the destination: empty, or ending in a slash. */
  readonly head: string;
  /** `name`: an object or folder of this name in `head`; `prefix`: what begins with this text there. */
  readonly kind: "name" | "prefix";
  readonly text: string;
}

/** The piece that a source path means. */
export function pieceOf(path: string): S3copyPiece {
  if (path === "" || path === "*") return { head: "", kind: "prefix", text: "" };
  const star = path.endsWith("*");
  const whole = star ? path.slice(0, -1) : path.replace(/\/$/, "");
  const cut = whole.lastIndexOf("/") + 1;
  const head = whole.slice(0, cut);
  const text = whole.slice(cut);
  // A name of nothing at all: the folder is called "" as in a//b.
  if (!star && (text === "" || text.endsWith("/"))) return { head, kind: "prefix", text: `${text}/` };
  return { head, kind: star ? "prefix" : "name", text };
}

/** The prefix that names get at the destination. */
export function destinationText(
  source: string,
  destination: string | undefined,
  options: { readonly destPrefix: string | undefined; readonly s3Prefixes: boolean },
): string {
  const path = readUri(destination ?? "")?.path ?? "";
  // Source and destination written alike, without a path: s3copy's own way out.
  const same = destination !== undefined && source === destination && path === "";
  const text = options.destPrefix !== undefined ? path + options.destPrefix : same ? "temp/dest/" : path;
  return text === "" || text.endsWith("/") || options.s3Prefixes ? text : `${text}/`;
}
