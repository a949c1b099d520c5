/**
 * A proxy on loopback as companies have them: plain HTTP is forwarded, everything else gets a tunnel. Changes nothing and remembers nothing
 * but how much it was asked for.
 */
import http from "node:http";
import net, { type AddressInfo } from "node:net";

/** A running proxy. */
export interface ForwardProxy {
  readonly url: string;
  /** Requests and tunnels so far. */
  readonly asked: number;
  close(): Promise<void>;
}

/** Starts one on a free port. */
export async function startForwardProxy(): Promise<ForwardProxy> {
  let asked = 0;
  const server = http.createServer((request, response) => {
    asked++;
    const { method, headers, url = "" } = request;
    const onward = http.request(url, { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  server.on("connect", (request: http.IncomingMessage, socket: net.Socket) => {
    asked++;
    const [host, port] = (request.url ?? "").split(":");
    const target = net.connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      target.pipe(socket);
      socket.pipe(target);
    });
    target.on("error", () => socket.destroy());
    socket.on("error", () => target.destroy());
    socket.on("close", () => target.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
