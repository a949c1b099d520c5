/**
 * The odd campaign is not blind: between stores without oddities everything is well, and a lost object, a wrong byte, a wrong delete and a
 * program that fails everything are seen.
 */
import { assert, assertEquals } from "@std/assert";
import { startEmbedded } from "../e2e/scene.ts";
import type { TestServer } from "../servers.ts";
import { type OddReport, playOdd } from "./odd_play.ts";
import { bytesOfStream, drawOdd, mustEndWell, ODD_PAIRS, ODDITIES, type OddPlay } from "./odd_script.ts";

let server: TestServer | undefined;
Deno.test.beforeAll(async () => void (server = await startEmbedded()));
Deno.test.afterAll(async () => await server?.stop());

function embedded(): TestServer {
  assert(server !== undefined);
  return server;
}

/** Objects that such places can hold. */
function drawnFor(pair: OddPlay["pair"]): OddPlay["objects"] {
  for (let seed = 1;; seed++) {
    const drawn = drawOdd(seed);
    if (drawn.pair.join() === pair.join()) return drawn.objects;
  }
}

/** A play between odd stores without oddities. */
function plainPlay(play: Partial<OddPlay> = {}): OddPlay {
  const drawn = drawOdd(1);
  return {
    ...drawn,
    pair: ["odd", "odd"],
    objects: drawnFor(["odd", "odd"]).map(({ partSizes: _unequal, ...object }) => object),
    source: [],
    destination: [],
    deletes: true,
    runs: 1,
    job: { ...drawn.job, verify: "auto" },
    ...play,
  };
}

function promises({ broken }: OddReport): string[] {
  return [...new Set(broken.map(({ promise }) => promise))].sort();
}

for (const pair of ODD_PAIRS) {
  Deno.test(`without oddities all is well, ${pair.join(" to ")}`, async () => {
    const report = await playOdd(plainPlay({ pair, objects: drawnFor(pair), runs: 2 }), embedded());
    assertEquals([report.codes, report.broken], [[0, 0], []], report.log);
  });
}

Deno.test("planted: a lost object is seen", async () => {
  const play = plainPlay();
  const report = await playOdd(play, embedded(), (destination) => destination.remove("alpha"));
  assertEquals(promises(report).includes("lost object"), true, report.log);
});

Deno.test("planted: a wrong byte is seen", async () => {
  const play = plainPlay();
  const report = await playOdd(
    play,
    embedded(),
    (destination) => destination.put("big/0", bytesOfStream(play.objects.at(-1)?.sizeBytes ?? 1, 99)),
  );
  assertEquals(promises(report).includes("wrong object"), true, report.log);
});

Deno.test("planted: a delete of what the source has is seen, whatever the exit code", async () => {
  const drawn = plainPlay({ source: ["listings backwards"] });
  const objects = drawn.objects.map((object) => object.key === "foo/1" ? { ...object, before: "other" as const } : object);
  const report = await playOdd({ ...drawn, objects }, embedded(), (destination) => destination.remove("foo/1"));
  assertEquals(promises(report).includes("lost object"), true, report.log);
});

Deno.test("planted: a delete of what the job may not delete is seen", async () => {
  const report = await playOdd(plainPlay({ deletes: false }), embedded(), (destination) => destination.remove("extra/1"));
  assertEquals(promises(report), ["lost object"], report.log);
});

Deno.test("planted: a program that fails where it could go on is seen", async () => {
  const play = plainPlay({ job: { ...plainPlay().job, retries: 0 }, source: ["get is answered 503 twice"] });
  const report = await playOdd(play, embedded());
  assertEquals([report.codes, promises(report).includes("not well")], [[1], true], report.log);
});

Deno.test("many plays must end well, and every oddity leads some play", () => {
  const plays = Array.from({ length: 20 * ODDITIES.size }, (_, seed) => drawOdd(seed + 1));
  const well = plays.filter(mustEndWell).length / plays.length;
  assert(well > 0.3, `${well}`);
  const seen = new Set(plays.flatMap(({ source, destination }) => [...source, ...destination]));
  assertEquals([...ODDITIES.keys()].filter((name) => !seen.has(name)), []);
});
