import { assertEquals } from "@std/assert";
import { ChunkedBody, chunkedHeaders, chunkedLength } from "../../lib/remote/chunked_body.ts";
import { sampleBytes } from "../wire/scripted_store.ts";

const MIB = 1024 * 1024;

async function bodyOf(bytes: Uint8Array, step: number): Promise<Uint8Array<ArrayBuffer>> {
  const written: Uint8Array[] = [];
  const body = new ChunkedBody(bytes.length, (chunk) => void written.push(chunk.slice()));
  for (let at = 0; at < bytes.length; at += step) await body.write(bytes.subarray(at, at + step));
  await body.end("AAAAAA==");
  return new Uint8Array(await new Blob(written as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

/** Frames by the book: size in hex, line, bytes, line. Answers the bytes and the trailer. */
function unframe(body: Uint8Array): { bytes: number[][]; trailer: string } {
  const bytes: number[][] = [];
  for (let at = 0;;) {
    const end = body.indexOf(13, at);
    const size = Number.parseInt(new TextDecoder().decode(body.subarray(at, end)), 16);
    if (size === 0) return { bytes, trailer: new TextDecoder().decode(body.subarray(end + 2)) };
    bytes.push([end + 2, size]);
    assertEquals([...body.subarray(end + 2 + size, end + 4 + size)], [13, 10], "the line after a frame");
    at = end + 4 + size;
  }
}

for (const [sizeBytes, step] of [[1, 1], [5000, 1000], [4 * MIB, 65_536], [4 * MIB + 1, 262_144], [9 * MIB, 5 * MIB]] as const) {
  Deno.test(`ChunkedBody frames ${sizeBytes} bytes in chunks of ${step}, as long as announced`, async () => {
    const bytes = sampleBytes(sizeBytes);
    const body = await bodyOf(bytes, step);
    assertEquals(body.length, chunkedLength(sizeBytes));
    const { bytes: frames, trailer } = unframe(body);
    assertEquals(trailer, "x-amz-checksum-crc32:AAAAAA==\r\n\r\n");
    assertEquals(frames.reduce((sum, [, size = 0]) => sum + size, 0), sizeBytes);
    let position = 0;
    for (const [at = 0, size = 0] of frames) {
      for (let index = 0; index < size; index += 997) assertEquals(body[at + index], bytes[position + index]);
      position += size;
    }
  });
}

Deno.test("chunkedHeaders() announce the length of the bytes, and the checksum behind them", () => {
  const headers = chunkedHeaders(7);
  assertEquals([headers["x-amz-decoded-content-length"], headers["x-amz-trailer"]], ["7", "x-amz-checksum-crc32"]);
});
