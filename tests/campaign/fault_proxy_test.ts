/** The fault proxy does to a request and its answer what each fault says, to the byte, and nothing to what it is not aimed at. */
import { assert, assertEquals } from "@std/assert";
import { FaultProxy } from "./fault_proxy.ts";
import type { Fault } from "./wire_fault.ts";
import { faultOf } from "./wire_seeds.ts";

const HEAD = "PUT /bucket/key HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
const REQUEST = HEAD + "r".repeat(1000);
const ANSWER_HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
const ANSWER = ANSWER_HEAD + "a".repeat(100);

/** What each end has seen when all is over. */
interface Seen {
  readonly client: string;
  readonly server: string;
  readonly fired: number;
}

/** How long anything may take; nothing waits for it but what fails. */
const PATIENCE_MS = 20_000;

/** Sends one request through a relay with this script and answers it once it is whole. Over when both ends have seen so many bytes. */
async function exchange(script: readonly Fault[], until: { client: number; server: number; fired: number }): Promise<Seen> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const seen = { client: "", server: "" };
  const serving = serveOnce(listener, (text) => seen.server += text);
  const proxy = await FaultProxy.start(`http://127.0.0.1:${listener.addr.port}`);
  proxy.play(script);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(proxy.endpoint).port) });
  await connection.write(new TextEncoder().encode(REQUEST));
  const reading = readAll(connection, (text) => seen.client += text);
  const enough = () => seen.client.length >= until.client && seen.server.length >= until.server && proxy.fired.length >= until.fired;
  for (const deadline = performance.now() + PATIENCE_MS; !enough() && performance.now() < deadline;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  closeQuietly(connection);
  await reading;
  await proxy.close();
  listener.close();
  await serving;
  return { ...seen, fired: proxy.fired.length };
}

async function serveOnce(listener: Deno.TcpListener, saw: (text: string) => void): Promise<void> {
  try {
    const connection = await listener.accept();
    let bytes = 0;
    await readAll(connection, (text) => {
      saw(text);
      bytes += text.length;
      if (bytes === REQUEST.length) connection.write(new TextEncoder().encode(ANSWER)).catch(() => {});
    });
    closeQuietly(connection);
  } catch {
    // Never asked.
  }
}

async function readAll(connection: Deno.TcpConn, saw: (text: string) => void): Promise<void> {
  const buffer = new Uint8Array(4096);
  try {
    for (let length = await connection.read(buffer); length !== null; length = await connection.read(buffer)) {
      saw(new TextDecoder("latin1").decode(buffer.subarray(0, length)));
    }
  } catch {
    // A reset ends it too.
  }
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}

const flippedAt = (text: string, index: number) =>
  text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ 1) + text.slice(index + 1);
const half = Math.floor(REQUEST.length / 2);
const halfAnswer = Math.floor(ANSWER.length / 2);

const CASES: readonly [string, Partial<Fault> & Pick<Fault, "kind">, { client?: string; server?: string }][] = [
  ["a cut request never arrives whole", { kind: "cut request" }, { client: "", server: REQUEST.slice(0, half) }],
  ["a cut answer follows a whole request", { kind: "cut answer" }, { client: ANSWER.slice(0, halfAnswer), server: REQUEST }],
  ["a stalled request stays where it is", { kind: "stall", way: "request" }, { client: "", server: REQUEST.slice(0, half) }],
  ["a stalled answer stays where it is", { kind: "stall" }, { client: ANSWER.slice(0, halfAnswer), server: REQUEST }],
  ["what is delayed comes unchanged", { kind: "delay" }, { client: ANSWER, server: REQUEST }],
  ["a reset request never arrives whole", { kind: "reset", way: "request" }, { client: "", server: REQUEST.slice(0, half) }],
  ["who is refused reaches nobody", { kind: "refuse", ms: 10 }, { client: "", server: "" }],
  ["one byte of a request's body is another", { kind: "flip request" }, { client: ANSWER, server: flippedAt(REQUEST, HEAD.length + 500) }],
  ["one byte of an answer's body is another", { kind: "flip answer" }, { client: flippedAt(ANSWER, ANSWER_HEAD.length + 50) }],
  ["one byte of an answer's head is another", { kind: "flip answer", place: "head", at: 0 }, { client: flippedAt(ANSWER, 0) }],
  ["an answer says it is shorter", { kind: "short length" }, { client: ANSWER.replace("100", "50"), server: REQUEST }],
  ["an answer says it is longer", { kind: "long length" }, { client: ANSWER.replace("100", "601"), server: REQUEST }],
  ["a request says it is longer", { kind: "long length", way: "request" }, { server: REQUEST.replace("1000", "1501") }],
  ["an answer is lost and the work is done", { kind: "lost answer" }, { client: "", server: REQUEST }],
];

for (const [says, fault, expected] of CASES) {
  Deno.test(`${fault.kind}: ${says}`, async () => {
    const until = { client: expected.client?.length ?? 0, server: expected.server?.length ?? 0, fired: 1 };
    const { client, server, fired } = await exchange([faultOf({ aim: ["put"], ...fault })], until);
    if (expected.client !== undefined) assertEquals(client, expected.client);
    if (expected.server !== undefined) assertEquals(server, expected.server);
    assertEquals(fired, 1);
  });
}

for (const keeps of [true, false]) {
  Deno.test(`early 503: the server hears nothing, the client hears it at once (connection ${keeps ? "kept" : "closed"})`, async () => {
    const { client, server } = await exchange([faultOf({ kind: "early 503", aim: ["put"], keeps })], {
      client: keeps ? 1 : 0,
      server: 0,
      fired: 1,
    });
    assert(keeps ? client.startsWith("HTTP/1.1 503 ") : client === "" || client.startsWith("HTTP/1.1 503 "), client);
    assertEquals(server, "");
  });
}

Deno.test("what a script is not aimed at passes, and so does what comes before its turn", async () => {
  for (const fault of [faultOf({ kind: "cut answer", aim: ["get"] }), faultOf({ kind: "cut answer", aim: ["put"], skip: 1 })]) {
    const until = { client: ANSWER.length, server: REQUEST.length, fired: 0 };
    assertEquals(await exchange([fault], until), { client: ANSWER, server: REQUEST, fired: 0 });
  }
});
