/**
 * The wire campaign is not blind: what no program can notice, or was done behind its back, is planted, and each play that holds it must
 * break its promise aloud.
 */
import { assert, assertEquals } from "@std/assert";
import { startEmbedded } from "../e2e/scene.ts";
import { randomBytes } from "../e2e/trees.ts";
import type { TestServer } from "../servers.ts";
import { type PlayReport, playWire } from "./wire_play.ts";
import { faultOf, playOf } from "./wire_seeds.ts";
import { THRESHOLD_BYTES } from "./wire_script.ts";

let server: TestServer | undefined;
Deno.test.beforeAll(async () => void (server = await startEmbedded()));
Deno.test.afterAll(async () => await server?.stop());

function servers() {
  assert(server !== undefined);
  return new Map([["embedded", server], ["oss", server]] as const);
}

function promises(report: PlayReport): string[] {
  return [...new Set(report.broken.map(({ promise }) => promise))].sort();
}

Deno.test("planted: a flipped byte under verify = size is seen by the referee, though not by the program", async () => {
  const flip = faultOf({ kind: "flip answer", aim: ["get"] });
  const play = playOf({ pair: ["embedded", "folder"], job: { verify: "size" }, faulty: [{ source: [flip], destination: [] }] }, [{}]);
  const report = await playWire(play, servers());
  assertEquals(report.fired.map(({ kind }) => kind), ["flip answer"]);
  assertEquals(report.codes, [0, 0], report.log);
  assertEquals(promises(report), ["not well", "untrue result", "wrong object"]);
});

Deno.test("planted: a stranger's upload that no run looks for is seen by the referee", async () => {
  const object = { sizeBytes: THRESHOLD_BYTES, stranger: true };
  const play = playOf({ pair: ["embedded", "embedded"], oneAddress: true, faulty: [] }, [object]);
  const report = await playWire(play, servers());
  assertEquals(report.codes, [0], report.log);
  assertEquals(promises(report), ["unreported upload"]);
});

Deno.test("planted: an object that somebody damages at the destination, as long as before, is seen by the referee", async () => {
  const play = playOf({ pair: ["embedded", "folder"], faulty: [{ source: [], destination: [] }] }, [{}, {}]);
  const report = await playWire(play, servers(), (destination) => destination.put("k/1", randomBytes(3000, 99)));
  assertEquals(report.codes, [0, 0], report.log);
  assertEquals(promises(report), ["not well", "wrong object"]);
  assertEquals(promises(await playWire(play, servers())), []);
});

Deno.test("planted: an object that somebody removes is brought back, and one that nobody's source has is missed", async () => {
  const play = playOf({ pair: ["embedded", "folder"], faulty: [{ source: [], destination: [] }] }, [{}]);
  const report = await playWire(play, servers(), async (destination) => {
    await destination.remove("k/0");
    await destination.remove("of others");
  });
  assertEquals(report.codes, [0, 0], report.log);
  assertEquals(promises(report), ["lost object"]);
});
