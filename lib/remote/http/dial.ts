/**
 * Opens sockets to one server, directly or through a proxy, with TLS where its URL says so. Must never trust a certificate that does not
 * lead to a known authority, and never speak anything but HTTP/1.1.
 */
import { TransferError } from "../../errors.ts";
import { ConnectFailure } from "../../bytes/network_failure.ts";
import type { Watch } from "../../bytes/watch.ts";
import { Connection, type Socket } from "./connection.ts";
import { writeText } from "./head.ts";

/** What lies between here and the server. */
export interface Passage {
  /** Further authorities, as PEM texts. */
  readonly caCerts: readonly string[];
  /** URL of an HTTP proxy, with name and password where it wants them. */
  readonly proxy: string | undefined;
}

const PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/** The name of a host for sockets: without the brackets of IPv6 addresses. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

function portOf(url: URL): number {
  return url.port === "" ? PORTS[url.protocol] ?? 0 : Number(url.port);
}

/** `Basic …` for the login in a proxy's URL; undefined where it has none. */
export function proxyLogin(proxy: URL): string | undefined {
  if (proxy.username === "" && proxy.password === "") return undefined;
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return `Basic ${new TextEncoder().encode(login).toBase64()}`;
}

/** See the file comment. */
export class Dialer {
  readonly #server: URL;
  readonly #proxy: URL | undefined;
  readonly #tls: { caCerts: string[]; alpnProtocols: string[] };
  /** A certificate of `ca_file` is an authority's and the server's own at once: node's library takes it. */
  #byNode = false;

  /** Throws `config` where the proxy cannot be used for this server. */
  constructor(server: URL, passage: Passage) {
    this.#server = server;
    this.#proxy = passage.proxy === undefined ? undefined : new URL(passage.proxy);
    this.#tls = { caCerts: [...passage.caCerts], alpnProtocols: ["http/1.1"] };
    if (this.#proxy !== undefined && PORTS[this.#proxy.protocol] === undefined) {
      throw new TransferError("config", `A proxy of the kind ${this.#proxy.protocol} cannot be used: its URL must begin with http://`);
    }
  }

  /** The proxy that takes requests with the whole URL in their first line: that of a server without TLS. */
  get forwardingProxy(): URL | undefined {
    return this.#server.protocol === "http:" ? this.#proxy : undefined;
  }

  /** Opens one connection; `watch` ends the attempt. Throws what the runtime throws, and {@link ConnectFailure}s. */
  async dial(watch: Watch): Promise<Connection> {
    const next = this.#proxy ?? this.#server;
    const byNode = this.#byNode;
    const plain = await Deno.connect({ hostname: hostOf(next), port: portOf(next), signal: watch.signal });
    let socket: Socket = plain;
    // Whatever the socket has become by then.
    const ending = { close: () => closeQuietly(socket) };
    watch.guard(ending);
    const startTls = async (peer: URL) => {
      if (byNode || socket !== plain) {
        const { tlsOver } = await import("./tls_over.ts");
        socket = await tlsOver(socket, { hostname: hostOf(peer), caCerts: this.#tls.caCerts });
        return watch.check();
      }
      const secure = await Deno.startTls(plain, { hostname: hostOf(peer), ...this.#tls });
      socket = secure;
      watch.check();
      await this.#handshake(secure);
    };
    try {
      plain.setNoDelay(true);
      if (next.protocol === "https:") await startTls(next);
      if (this.#proxy !== undefined && this.#server.protocol === "https:") {
        await this.#askForTunnel(socket, this.#proxy);
        await startTls(this.#server);
      }
      return new Connection(socket);
    } catch (error) {
      closeQuietly(socket);
      if (byNode || this.#tls.caCerts.length === 0 || !String(error).includes("CaUsedAsEndEntity")) throw error;
      this.#byNode = true;
      return await this.dial(watch);
    } finally {
      watch.release(ending);
    }
  }

  async #handshake(socket: Deno.TlsConn): Promise<void> {
    try {
      await socket.handshake();
    } catch (error) {
      if (this.#tls.caCerts.length > 0 && String(error).includes("UnknownIssuer")) {
        throw new ConnectFailure("config", "the TLS certificate is not signed by any authority that ca_file holds", { cause: error });
      }
      throw error;
    }
  }

  async #askForTunnel(socket: Socket, proxy: URL): Promise<void> {
    const server = `${this.#server.hostname}:${portOf(this.#server)}`;
    const login = proxyLogin(proxy);
    const text = `CONNECT ${server} HTTP/1.1\r\nhost: ${server}\r\n${login === undefined ? "" : `proxy-authorization: ${login}\r\n`}\r\n`;
    const bytes = new Uint8Array(text.length);
    writeText(text, bytes);
    const connection = new Connection(socket);
    await connection.write(bytes);
    const { status } = await connection.readHead();
    if (status === 407) throw proxyRefused();
    if (status >= 300) throw new ConnectFailure("network", `the proxy ${proxy.host} does not connect to ${server} (HTTP ${status})`);
    if (!connection.isClean) throw new ConnectFailure("network", `the proxy ${proxy.host} sent bytes of its own into the tunnel`);
  }
}

/** What a 407 means, from whatever request it comes. */
export function proxyRefused(): ConnectFailure {
  return new ConnectFailure("config", "the proxy wants a name and a password: write proxy = http://NAME:PASSWORD@HOST:PORT");
}

function closeQuietly(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // It is closed already, or belongs to the TLS connection made of it.
  }
}
