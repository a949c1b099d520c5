/**
 * TLS by node's library, over any connection: inside the TLS of a proxy, and for a server that shows the certificate of an authority as its
 * own (what `openssl req -x509` makes), which the runtime's library refuses. Must be loaded only where one of the two is needed, and never
 * trust a certificate that is not of a known authority and for this host.
 */
import { Duplex } from "node:stream";
import { connect, rootCertificates, type TLSSocket } from "node:tls";
import type { Socket } from "./connection.ts";

/** Bytes of one read. */
const READ_BYTES = 64 * 1024;

/** Speaks TLS with `hostname` over `socket`, which belongs to the new socket from then on. Throws what node throws. */
export async function tlsOver(
  socket: Socket,
  { hostname, caCerts }: { readonly hostname: string; readonly caCerts: readonly string[] },
): Promise<Socket> {
  const secure = connect({
    socket: duplexOver(socket),
    host: hostname,
    ALPNProtocols: ["http/1.1"],
    ...(caCerts.length > 0 && { ca: [...caCerts, ...rootCertificates] }),
  });
  await new Promise<void>((resolve, reject) => {
    secure.once("secureConnect", resolve).once("close", () => reject(new Error("connection closed in the TLS handshake")));
    // Stays: whoever reads or writes gets the error as well.
    secure.on("error", reject);
  });
  return new SecureSocket(secure);
}

function duplexOver(socket: Socket): Duplex {
  const buffer = new Uint8Array(READ_BYTES);
  return new Duplex({
    read() {
      socket.read(buffer).then((count) => this.push(count === null ? null : buffer.slice(0, count)), (error) => this.destroy(error));
    },
    write(chunk: Uint8Array, _encoding, done) {
      const all = async () => {
        for (let sent = 0; sent < chunk.length;) sent += await socket.write(chunk.subarray(sent));
      };
      all().then(() => done(), done);
    },
    destroy(error, done) {
      try {
        socket.close();
      } catch {
        // It is closed already.
      }
      done(error);
    },
  });
}

class SecureSocket implements Socket {
  readonly #socket: TLSSocket;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #left = new Uint8Array(0);

  constructor(socket: TLSSocket) {
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  async read(bytes: Uint8Array): Promise<number | null> {
    if (this.#left.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return null;
      this.#left = next.value as Uint8Array<ArrayBuffer>;
    }
    const count = Math.min(bytes.length, this.#left.length);
    bytes.set(this.#left.subarray(0, count));
    this.#left = this.#left.subarray(count);
    return count;
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => this.#socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length)));
  }

  close(): void {
    this.#socket.destroy();
  }
}
