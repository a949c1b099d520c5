/**
 * The settings of paras3: environment first, then the first of its files that exists. Names are the same in both; keys of a file are read
 * wherever they stand, before any section or in any.
 */
import type { CompatContext } from "./compat_run.ts";

/** Every setting that paras3 and s3sync know. */
const PARAS3_SETTINGS = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "THREADS",
  "HTTP_PROXY_HOST",
  "HTTP_PROXY_PORT",
  "HTTP_PROXY_USER",
  "HTTP_PROXY_PASSWORD",
  "SSL_CERT_DIR",
  "SSL_CERT_FILE",
  "S3SYNC_RETRIES",
  "S3SYNC_WAITONERROR",
  "S3SYNC_MIME_TYPES_FILE",
  "S3SYNC_NATIVE_CHARSET",
  "AWS_S3_HOST",
  "AWS_CALLING_FORMAT",
] as const;

/** The name of a setting. */
export type Paras3Setting = typeof PARAS3_SETTINGS[number];

/** A value and where it stands. */
export interface Paras3Value {
  readonly text: string;
  /** `environment`, or the file. */
  readonly from: string;
  /** In the file only. */
  readonly line?: number;
}

/** The settings that have a value. Empty ones count as not given. */
export function readParas3Settings(context: CompatContext): ReadonlyMap<Paras3Setting, Paras3Value> {
  const settings = new Map<Paras3Setting, Paras3Value>(firstFile(context));
  for (const name of PARAS3_SETTINGS) {
    const text = context.env(name);
    if (text !== undefined && text !== "") settings.set(name, { text, from: "environment" });
  }
  return settings;
}

function firstFile(context: CompatContext): ReadonlyMap<Paras3Setting, Paras3Value> {
  const home = context.env("HOME");
  const own = context.env("PARAS3_DIR");
  const paths = [home === undefined ? [] : `${home}/.paras3.ini`, "/etc/paras3.ini", own === undefined ? [] : `${own}/paras3.ini`].flat();
  for (const path of paths) {
    const text = context.readText?.(path);
    if (text !== undefined) return readSettings(text, path);
  }
  return new Map();
}

/** `NAME = value` or `NAME: value` lines, names in any case; lines that begin with # or ; are comments, quotes around a value go. */
function readSettings(text: string, path: string): ReadonlyMap<Paras3Setting, Paras3Value> {
  const settings = new Map<Paras3Setting, Paras3Value>();
  text.replace(/^\ufeff/, "").split(/\r?\n/).forEach((line, index) => {
    const match = /^\s*([A-Za-z0-9_]+)\s*[=:]\s*(.*?)\s*$/.exec(line);
    const name = PARAS3_SETTINGS.find((setting) => setting === match?.[1]?.toUpperCase());
    const value = match?.[2]?.replace(/^(["'])(.*)\1$/, "$2") ?? "";
    if (name !== undefined && value !== "") settings.set(name, { text: value, from: path, line: index + 1 });
  });
  return settings;
}
