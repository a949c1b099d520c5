/**
 * A server that responds by a grammar: framings of every kind, honest or wounded, in pieces, early, late, with bytes before and behind.
 * What comes out is exactly the bytes of the request's own response or one clear error; never a hang, never a byte of another response,
 * and no request is sent twice.
 */
import { assert, assertEquals } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { Watch } from "../../lib/bytes/watch.ts";
import { Exchange } from "../../lib/remote/exchange.ts";
import { openIncoming } from "../../lib/remote/incoming.ts";
import { putBytes } from "../../lib/remote/put.ts";
import { startRaw, type Talk } from "../remote/http/raw_server.ts";
import { readyAt } from "./hostile_scene.ts";
import type { Chance } from "./chance.ts";
import { fuzz } from "./rounds.ts";
import { assertOwnError } from "./verdict.ts";

const REQUESTS = 8;
const TIMEOUT_MS = 150;
/** Far above the time limit of a request: what takes as long hangs. */
const HANG_MS = 5000;
const SIZES = [1, 2, 100, 4096, 16_384, 16_385, 70_000, 300_000];

/** The bytes of one request are all the same, and no head or framing holds such. */
function byteOf(number: number): number {
  return 0x80 + number % 100;
}

function bytesOf(number: number, sizeBytes: number): string {
  return String.fromCharCode(byteOf(number)).repeat(sizeBytes);
}

/** What a play knows of its server. */
interface Scene {
  readonly chance: Chance;
  readonly isHonest: boolean;
  /** Requests by number, how often each came. */
  readonly came: Map<number, number>;
  /** Uploads that came whole and unchanged. */
  readonly kept: Set<number>;
}

/** A body in one of the framings of HTTP, with its head. */
function framed(chance: Chance, body: string, headers: string): { head: string; text: string; ends: boolean } {
  const status = headers.includes("content-range") ? "206 Partial Content" : "200 OK";
  const start = `HTTP/1.1 ${status}\r\netag: "e"\r\n${headers}`;
  switch (chance.below(4)) {
    case 0: {
      let text = "";
      for (let at = 0; at < body.length;) {
        const piece = body.slice(at, at + 1 + chance.below(body.length));
        text += `${piece.length.toString(16)}${chance.below(4) === 0 ? ";x=y" : ""}\r\n${piece}\r\n`;
        at += piece.length;
      }
      return {
        head: `${start}transfer-encoding: chunked\r\n\r\n`,
        text: `${text}0\r\n${chance.below(4) === 0 ? "x: y\r\n" : ""}\r\n`,
        ends: false,
      };
    }
    case 1:
      return { head: `${start}\r\n`, text: body, ends: true };
    default:
      return { head: `${start}content-length: ${body.length}\r\n\r\n`, text: body, ends: false };
  }
}

/** Wounds that keep the end of the head where it is: what stands behind it is then still the body. */
function wounded(chance: Chance, head: string): string {
  const inner = chance.mutate(head.slice(0, -4));
  return inner.includes("\r\n\r\n") ? head : `${inner}\r\n\r\n`;
}

async function sendInPieces({ chance }: Scene, talk: Talk, text: string): Promise<void> {
  for (let at = 0; at < text.length;) {
    const step = chance.below(3) === 0 ? 1 + chance.below(40) : 1 + chance.below(text.length);
    await talk.send(text.slice(at, at + step));
    at += step;
    if (chance.below(8) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    // Few small pieces are enough.
    if (at > 400) return await talk.send(text.slice(at));
  }
}

/** Responds to one request; false when the connection is over. */
async function respond(scene: Scene, talk: Talk, number: number, sizeBytes: number, isPut: boolean): Promise<boolean> {
  const { chance, isHonest } = scene;
  const body = isPut ? "" : bytesOf(number, sizeBytes);
  const range = isPut ? "" : `content-range: bytes 0-${sizeBytes - 1}/${sizeBytes}\r\n`;
  const { head, text, ends } = framed(chance, body, range);
  const whole = head + text;
  const other = bytesOf(number + 1, sizeBytes);
  switch (isHonest ? -1 : chance.below(12)) {
    case 0:
      await sendInPieces(scene, talk, whole.slice(0, chance.below(whole.length)));
      return false;
    case 1:
      await sendInPieces(scene, talk, wounded(chance, head) + text);
      return chance.below(2) === 0;
    case 2:
      await sendInPieces(scene, talk, whole + `HTTP/1.1 206 X\r\ncontent-length: ${sizeBytes}\r\n${range}\r\n${other}`);
      return true;
    case 3:
      await sendInPieces(scene, talk, whole + other);
      return true;
    case 4:
      return false;
    case 5:
      await new Promise((resolve) => setTimeout(resolve, 2 * TIMEOUT_MS));
      return false;
    case 6:
      await sendInPieces(scene, talk, "HTTP/1.1 100 Continue\r\n\r\n".repeat(chance.below(30)) + whole);
      return !ends;
    case 7:
      await sendInPieces(scene, talk, `HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n`);
      return true;
    case 8:
      await sendInPieces(
        scene,
        talk,
        `HTTP/1.1 206 OK\r\n${range}content-length: ${sizeBytes}\r\ntransfer-encoding: chunked\r\n\r\n${text}`,
      );
      return true;
    case 9:
      await sendInPieces(scene, talk, whole);
      return false;
    default:
      await sendInPieces(scene, talk, whole);
      return !ends;
  }
}

async function serve(scene: Scene, talk: Talk): Promise<void> {
  const { chance, isHonest, came, kept } = scene;
  for (;;) {
    // Early: before the body has come.
    if (!isHonest && chance.below(10) === 0) {
      if (!await talk.readMore()) return;
      await talk.send(chance.pick([`HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n`, `HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n`]));
      const early = Number(/\/k(\d+)[ ?]/.exec(talk.reads.at(-1) ?? "")?.[1] ?? NaN);
      came.set(early, (came.get(early) ?? 0) + 1);
      // A lie that shows only while bytes are still to be handed over (tests/remote/http/upload_test.ts).
      kept.add(early);
      return;
    }
    const request = await talk.request();
    const [, method, digits = "", size = ""] = /^(GET|PUT) \/bucket\/k(\d+)\?versionId=(\d+) /.exec(request ?? "") ?? [];
    if (request === undefined || method === undefined) return;
    const number = Number(digits);
    came.set(number, (came.get(number) ?? 0) + 1);
    if (method === "PUT" && request.slice(request.indexOf("\r\n\r\n") + 4) === bytesOf(number, Number(size))) kept.add(number);
    if (!await respond(scene, talk, number, Number(size), method === "PUT")) return;
  }
}

async function readOne(exchange: Exchange, scene: Scene, number: number, sizeBytes: number, watch: Watch): Promise<void> {
  const request = { key: `k${number}`, pin: { versionId: String(sizeBytes) }, range: { first: 0, last: sizeBytes - 1 }, sizeBytes };
  const incoming = await openIncoming(exchange, request, watch);
  await incoming.pump((chunk) => {
    const foreign = chunk.findIndex((byte) => byte >= 0x80 && byte !== byteOf(number));
    assert(foreign < 0, `request ${number} got a byte of request ${(chunk[foreign] ?? 0) - 0x80}`);
    assert(!scene.isHonest || chunk.every((byte) => byte === byteOf(number)), `request ${number} got framing for bytes`);
  }, watch);
}

async function writeOne(exchange: Exchange, scene: Scene, number: number, sizeBytes: number, watch: Watch): Promise<void> {
  const bytes = new Uint8Array(sizeBytes).fill(byteOf(number));
  await putBytes(exchange, { key: `k${number}`, query: { versionId: String(sizeBytes) }, headers: {}, sizeBytes }, watch, async (sink) => {
    for (let at = 0; at < sizeBytes; at += 65_536) await sink(bytes.subarray(at, at + 65_536));
  });
  assert(scene.kept.has(number), `upload ${number} is called done, and the server does not have it`);
}

async function oneRequest(exchange: Exchange, scene: Scene, number: number): Promise<void> {
  const sizeBytes = scene.chance.pick(SIZES);
  const isPut = scene.chance.below(3) === 0;
  using watch = new Watch(new AbortController().signal, TIMEOUT_MS * (scene.isHonest ? 40 : 1), "Cannot copy it");
  try {
    if (isPut) await writeOne(exchange, scene, number, sizeBytes, watch);
    else await readOne(exchange, scene, number, sizeBytes, watch);
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    assertOwnError(error);
    assert(!scene.isHonest, `an honest server is refused: ${error.message}`);
  }
}

fuzz("whatever a server sends, each request gets its own bytes or a clear error, once", { usual: 60, most: 120 }, async (chance) => {
  const scene: Scene = { chance, isHonest: chance.below(4) === 0, came: new Map(), kept: new Set() };
  await using server = startRaw((talk) => serve(scene, talk));
  const exchange = new Exchange(readyAt("s3", server.url.origin), { timeoutMs: TIMEOUT_MS });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hang = new Promise<never>((_, reject) => timer = setTimeout(() => reject(new Error("a request hangs")), HANG_MS * REQUESTS));
  try {
    for (let number = 0; number < REQUESTS; number += 2) {
      await Promise.race([hang, Promise.all([oneRequest(exchange, scene, number), oneRequest(exchange, scene, number + 1)])]);
    }
  } finally {
    clearTimeout(timer);
    exchange.close();
  }
  for (const [number, times] of scene.came) assertEquals(times, 1, `request ${number} came ${times} times`);
});
