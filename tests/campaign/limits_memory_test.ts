/**
 * The memory limit that a run prints with its plan holds: for large objects and many small ones, in every direction, for long listings,
 * with little in flight and with much. `SLUICE_FILES=20000` moves as many small files (the everyday run fewer).
 */
import { assert, assertEquals } from "@std/assert";
import { startListingStore } from "../bench/listing_store.ts";
import { assertCode } from "../e2e/claims.ts";
import { type Scene, useServers, withScene } from "../e2e/scene.ts";
import { randomBytes, withFolder } from "../e2e/trees.ts";
import { peakOf, printedLimit, runWatched, withGroup } from "./limits_memory.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const SMALL = Number(Deno.env.get("SLUICE_FILES") ?? 2000);
const FLIGHTS = {
  "the least in flight": { workers: 1, parts_in_flight: 1, objects_in_flight: 1 },
  "two workers": { workers: 2, parts_in_flight: 8, objects_in_flight: 32 },
  "many parts in flight": { workers: 1, parts_in_flight: 32, objects_in_flight: 64 },
};
useServers(["embedded"]);

/** Runs a job held to the limit that it prints itself. */
async function assertHolds(what: string, job: string, limitBytes: number): Promise<void> {
  const { run, peakBytes } = await withGroup(limitBytes, (group) => runWatched([job], group));
  assertCode(run, 0);
  assertEquals(printedLimit(run), limitBytes, "The limit is another than that of the trial");
  console.log(
    `${what}: peak ${(peakBytes / MIB).toFixed(0)} of ${(limitBytes / MIB).toFixed(0)} MiB in ${(run.wallMs / 1000).toFixed(1)} s`,
  );
  assert(peakBytes > 0 && peakBytes <= limitBytes, `${what} took ${peakBytes} bytes, its limit was ${limitBytes}`);
}

/** The limit of jobs of this kind, told by one that has nothing to move. */
async function limitOf(scene: Scene, flight: Readonly<Record<string, number>>): Promise<number> {
  await Deno.mkdir(`${scene.folder}/empty`, { recursive: true });
  const trial = await scene.job({ ...flight, source: `${scene.folder}/empty/`, destination: scene.leftUrl("none/") }, "trial.ini");
  const { run } = await runWatched([trial]);
  assertCode(run, 0);
  return printedLimit(run);
}

async function makeFiles(folder: string, count: number, sizeBytes: number): Promise<void> {
  await Deno.mkdir(folder);
  for (let index = 0; index < count; index++) await Deno.writeFile(`${folder}/${index}`, randomBytes(sizeBytes, index));
}

/** Sizes between those of the tests below: files that are read whole, up to the multipart threshold. */
const MIDDLE_SIZES_BYTES = [4 * KIB, 64 * KIB, 255 * KIB, 256 * KIB, 512 * KIB, MIB, 2 * MIB, 4 * MIB, 7 * MIB, 9 * MIB, 15 * MIB];
/** Of each size as many as make this, but no more than 400. */
const MIDDLE_BYTES = 160 * MIB;

Deno.test("the printed memory limit holds up, across and down for every size below the multipart threshold", async () => {
  await withScene("embedded", async (scene) => {
    const limit = await limitOf(scene, {});
    for (const sizeBytes of MIDDLE_SIZES_BYTES) {
      const name = `m${sizeBytes}`;
      const count = Math.min(400, Math.ceil(MIDDLE_BYTES / sizeBytes));
      await makeFiles(`${scene.folder}/${name}`, count, sizeBytes);
      const jobs = {
        up: { source: `${scene.folder}/${name}/`, destination: scene.leftUrl(`${name}/`) },
        across: { source: scene.leftUrl(`${name}/`), destination: scene.rightUrl(`${name}/`) },
        down: { source: scene.rightUrl(`${name}/`), destination: `${scene.folder}/${name}-back/` },
      };
      for (const [way, keys] of Object.entries(jobs)) {
        await assertHolds(`${count} of ${sizeBytes} bytes ${way}`, await scene.job(keys, "held.ini"), limit);
      }
      for (const folder of [name, `${name}-back`]) await Deno.remove(`${scene.folder}/${folder}`, { recursive: true });
    }
  });
});

for (const [label, flight] of Object.entries(FLIGHTS)) {
  Deno.test(`the printed memory limit holds up, across and down with ${label}`, async () => {
    await withScene("embedded", async (scene) => {
      const limit = await limitOf(scene, flight);
      for (const [kind, count, sizeBytes] of [["small", SMALL, 500], ["large", 2, 100 * MIB]] as const) {
        await makeFiles(`${scene.folder}/${kind}`, count, sizeBytes);
        const rules = { ...flight, part_size: "5 MiB", multipart_threshold: "6 MiB" };
        const jobs = {
          up: { source: `${scene.folder}/${kind}/`, destination: scene.leftUrl(`${kind}/`) },
          across: { source: scene.leftUrl(`${kind}/`), destination: scene.rightUrl(`${kind}/`) },
          "across with checksums": { source: scene.leftUrl(`${kind}/`), destination: scene.rightUrl(`${kind}-2/`), verify: "checksum" },
          down: { source: scene.rightUrl(`${kind}/`), destination: `${scene.folder}/${kind}-back/` },
        };
        for (const [way, keys] of Object.entries(jobs)) {
          await assertHolds(`${count} ${kind} ${way}, ${label}`, await scene.job({ ...rules, ...keys }, "held.ini"), limit);
        }
      }
    });
  });
}

Deno.test("the printed memory limit holds for a listing of 200,000 keys on both sides with the least in flight", async () => {
  const store = await startListingStore(200_000);
  try {
    await withScene("embedded", async (scene) => {
      const flight = FLIGHTS["the least in flight"];
      const limit = await limitOf(scene, flight);
      const job = await scene.job({ ...flight, source: "keys://a/", destination: "keys://b/" });
      const section = `[store.keys]\ntype = s3\nendpoint = ${store.endpoint}\nregion = us-east-1\naddressing = path\n` +
        `access_key_id = nobody\nsecret_access_key = nothing-to-hide\n`;
      await Deno.writeTextFile(job, section, { append: true });
      await assertHolds("200,000 keys", job, limit);
      assertEquals(store.listedKeys(), 400_000);
    });
  } finally {
    await store.close();
  }
});

Deno.test("a process that wants more than its limit is noticed, by the system and by the watch", async () => {
  await withFolder(async (folder) => {
    const hog =
      "const held = new Uint8Array(300 << 20).fill(1); await new Promise((wake) => setTimeout(wake, 500)); console.log(held.at(-1));";
    await Deno.writeTextFile(`${folder}/hog.ts`, hog);
    await withGroup(200 * MIB, async (group) => {
      const join = group === undefined ? "" : `echo $$ > ${group}/cgroup.procs;`;
      const child = new Deno.Command("bash", {
        args: ["-c", `${join} exec "$@"`, "bash", Deno.execPath(), "run", `${folder}/hog.ts`],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      let peakBytes = 0;
      const watch = setInterval(() => peakBytes = Math.max(peakBytes, peakOf(child.pid)), 10);
      const { signal } = await child.status;
      clearInterval(watch);
      if (group !== undefined) assertEquals(signal, "SIGKILL");
      else assert(peakBytes > 300 * MIB, `${peakBytes} bytes`);
    });
  });
});
