/**
 * Where a redirect leads: followed only to the same host, or from http to https there, because a signed request is for nobody else. Pure.
 */
import { encodeKey } from "./encode.ts";
import type { HeaderView } from "./http/head.ts";
import type { RemoteRequest } from "./protocol.ts";

const LOCATION = /^(?:(https?):\/\/([^/?#@\\\s]+))?(\/[^?#\\\s]*)(?:\?([^#\s]*))?(?:#.*)?$/i;

/**
 * The base URL and the query under which a request goes on; undefined where it must not: another host, from https to http, a path that
 * does not name the same key, a method that changes something.
 */
export function redirected(
  request: RemoteRequest,
  status: number,
  headers: HeaderView,
  baseUrl: string,
): { readonly baseUrl: string; readonly query: Record<string, string> } | undefined {
  if ((status !== 301 && status !== 307 && status !== 308) || (request.method !== "GET" && request.method !== "HEAD")) return undefined;
  const [, scheme, host, path = "", query] = LOCATION.exec(headers.get("location") ?? "") ?? [];
  // `//host/path` names a host, too.
  if (scheme === undefined && path.startsWith("//")) return undefined;
  const from = new URL(baseUrl);
  const origin = scheme === undefined || host === undefined ? from.origin : `${scheme.toLowerCase()}://${host}`;
  if (!URL.canParse(origin)) return undefined;
  const to = new URL(origin);
  if (to.hostname !== from.hostname || (from.protocol === "https:" && to.protocol === "http:")) return undefined;
  const end = `/${encodeKey(request.key ?? "")}`;
  if (!path.endsWith(end)) return undefined;
  return { baseUrl: to.origin + path.slice(0, -end.length), query: Object.fromEntries(new URLSearchParams(query?.replaceAll("+", "%2B"))) };
}
