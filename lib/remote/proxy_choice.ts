/**
 * Which proxy a store is reached through, by the environment as curl and Go's net/http read it: `HTTPS_PROXY` and its kin, `NO_PROXY`.
 * Decided once for a store. Pure.
 */

/** A variable of the environment; undefined when it is not set. */
export type Environment = (name: string) => string | undefined;

/** Ports of the schemes that a store can have. */
const PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/** The URL of the proxy for requests to `url`; undefined: they go direct. */
export function proxyFor(url: URL, environment: Environment): string | undefined {
  const read = (name: string) => environment(name) || environment(name.toUpperCase()) || "";
  const scheme = url.protocol.slice(0, -1);
  const proxy = read(`${scheme}_proxy`) || read("all_proxy");
  if (proxy === "" || read("no_proxy").split(/[\s,]+/).some((entry) => isMeant(entry.toLowerCase(), url))) return undefined;
  return proxy.includes("://") ? proxy : `${scheme}://${proxy}`;
}

/** Whether an entry of `NO_PROXY` means the host of `url`: `*`, a host and all below it, an address, a network; with a port or without. */
function isMeant(entry: string, url: URL): boolean {
  if (entry === "*") return true;
  const [, named = entry, port] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  if (named === "" || (port !== undefined && port !== (url.port || PORTS[url.protocol]))) return false;
  const host = bare(url.hostname);
  const [network = "", bits] = bare(named).split("/");
  if (bits !== undefined) return isInNetwork(host, network, Number(bits));
  const domain = network.replace(/^\*?\./, "");
  return host === domain || (addressBits(host) === undefined && host.endsWith(`.${domain}`));
}

/** An address without the brackets of IPv6. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]/, "$1");
}

function isInNetwork(host: string, network: string, length: number): boolean {
  const [address, start] = [addressBits(host), addressBits(network)];
  if (address === undefined || start === undefined || address.length !== start.length || !(length >= 0)) return false;
  return address.slice(0, length) === start.slice(0, length);
}

/** The 32 or 128 bits of an IP address as digits; undefined for a name. */
function addressBits(host: string): string | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return host.split(".").map((byte) => Number(byte).toString(2).padStart(8, "0")).join("");
  if (!host.includes(":")) return undefined;
  // The form that URL writes has at most one gap, and no dots.
  const [left = "", right] = (URL.parse(`http://[${host}]/`)?.hostname.slice(1, -1) ?? "").split("::");
  const [front, back] = [left, right ?? ""].map((text) => text === "" ? [] : text.split(":"));
  const groups = [...front ?? [], ...Array(8 - (front?.length ?? 0) - (back?.length ?? 0)).fill("0"), ...back ?? []];
  return groups.map((group) => parseInt(group, 16).toString(2).padStart(16, "0")).join("");
}
