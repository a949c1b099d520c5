/**
 * One flipped byte on the wire beside Alibaba OSS: it is noticed, the bytes travel again, and what comes out is right; where every attempt
 * is spoilt, the object fails and nothing wrong is there. On both legs, in parts and in one request, both ways.
 */
import { assert, assertEquals } from "@std/assert";
import { assertCode, readManifest } from "./claims.ts";
import { type FlipRule, startFlippingProxy } from "./flipping_proxy.ts";
import { type OssScene, useOssServers, withOssScene } from "./oss_scene.ts";
import { runSluice } from "./run_sluice.ts";
import { randomBytes, sha256 } from "./trees.ts";

const MIB = 1024 * 1024;
const BIG_BYTES = 12 * MIB + 345;
const RULES = { multipart_threshold: "6 MiB", part_size: "5 MiB" };

useOssServers();

interface Flip {
  readonly says: string;
  readonly from: "oss" | "s3" | "local";
  readonly to: "oss" | "s3" | "local";
  /** On which side of sluice the relay stands. */
  readonly leg: "source" | "destination";
  readonly sizeBytes: number;
  /** How OSS holds the source. */
  readonly parts?: true;
}

const FLIPS: readonly Flip[] = [
  { says: "OSS to S3, a part as it is read", from: "oss", to: "s3", leg: "source", sizeBytes: BIG_BYTES, parts: true },
  { says: "OSS to S3, a part as it is sent", from: "oss", to: "s3", leg: "destination", sizeBytes: BIG_BYTES, parts: true },
  { says: "OSS to S3, a small object as it is read", from: "oss", to: "s3", leg: "source", sizeBytes: 3000 },
  { says: "OSS to S3, a small object as it is sent", from: "oss", to: "s3", leg: "destination", sizeBytes: 3000 },
  { says: "OSS to S3, a small object of parts as it is read", from: "oss", to: "s3", leg: "source", sizeBytes: 300_000, parts: true },
  { says: "OSS to S3, a small object of parts as it is sent", from: "oss", to: "s3", leg: "destination", sizeBytes: 300_000, parts: true },
  { says: "S3 to OSS, a part as it is sent", from: "s3", to: "oss", leg: "destination", sizeBytes: BIG_BYTES },
  {
    says: "S3 to OSS, a part of an object of parts as it is read",
    from: "s3",
    to: "oss",
    leg: "source",
    sizeBytes: BIG_BYTES,
    parts: true,
  },
  { says: "S3 to OSS, a small object as it is read", from: "s3", to: "oss", leg: "source", sizeBytes: 3000 },
  { says: "S3 to OSS, a small object as it is sent", from: "s3", to: "oss", leg: "destination", sizeBytes: 3000 },
  { says: "local to OSS, a part as it is sent", from: "local", to: "oss", leg: "destination", sizeBytes: BIG_BYTES },
  { says: "local to OSS, a small object as it is sent", from: "local", to: "oss", leg: "destination", sizeBytes: 3000 },
  { says: "OSS to local, a part as it is read", from: "oss", to: "local", leg: "source", sizeBytes: BIG_BYTES, parts: true },
  { says: "OSS to local, a small object as it is read", from: "oss", to: "local", leg: "source", sizeBytes: 3000 },
];

/** Puts the source in its place and answers its location. */
async function putSource(scene: OssScene, { from, parts }: Flip, body: Uint8Array<ArrayBuffer>): Promise<string> {
  if (from === "local") {
    await Deno.writeFile(`${scene.folder}/object.bin`, body);
    return `${scene.folder}/object.bin`;
  }
  const partBytes = Math.max(102_400, Math.ceil(body.length / 3));
  if (from === "oss") {
    if (parts) await scene.putOssParts("object.bin", body, partBytes);
    else await scene.putOss("object.bin", body);
    return scene.ossUrl("object.bin");
  }
  if (parts) await scene.s3.admin.putParts("object.bin", body, 5 * MIB);
  else await scene.s3.admin.put("object.bin", body);
  return scene.s3Url("object.bin");
}

function destinationOf(scene: OssScene, { to }: Flip): string {
  return to === "local" ? `${scene.folder}/out/object.bin` : to === "oss" ? scene.ossUrl("arrived.bin") : scene.s3Url("arrived.bin");
}

/** The bytes at the destination; undefined when nothing is there. */
async function arrived(scene: OssScene, { to }: Flip): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    if (to === "local") return await Deno.readFile(`${scene.folder}/out/object.bin`);
    if (to === "oss") return await scene.readOss("arrived.bin");
    return new Uint8Array(await scene.s3.admin.read("arrived.bin"));
  } catch {
    return undefined;
  }
}

function ruleOf(flip: Flip, times: number): FlipRule {
  const offset = Math.floor(flip.sizeBytes / 4);
  return flip.leg === "source"
    ? { direction: "answer", method: "GET", pathIncludes: "object.bin", offset, times }
    : { direction: "request", method: "PUT", pathIncludes: "arrived.bin", offset, times };
}

/** Runs the job with the relay in between, and answers how it ended. */
async function run(scene: OssScene, flip: Flip, times: number, source: string) {
  const type = flip.leg === "source" ? flip.from : flip.to;
  const side = type === "s3" ? scene.s3 : scene.oss;
  await using proxy = await startFlippingProxy(side.server.endpoint, ruleOf(flip, times));
  const manifest = `${scene.folder}/${times}.ndjson`;
  const keys = { ...RULES, source, destination: destinationOf(scene, flip), retries: 2, retry_delay: "10 ms", manifest };
  const run = await runSluice([await scene.job(keys, { [type]: { endpoint: proxy.endpoint } })]);
  return { run, flipped: proxy.flipped, lines: await readManifest(manifest) };
}

for (const flip of FLIPS) {
  Deno.test(`one flipped byte, ${flip.says}: noticed, sent again, right in the end`, async () => {
    await withOssScene(async (scene) => {
      const body = randomBytes(flip.sizeBytes, 7);
      const source = await putSource(scene, flip, body);
      const { run: once, flipped, lines } = await run(scene, flip, 1, source);
      assertCode(once, 0);
      assertEquals(flipped, 1);
      assertEquals(await sha256(await arrived(scene, flip) ?? new Uint8Array()), await sha256(body));
      assertEquals(lines.map(({ outcome, evidence, digest }) => [outcome, evidence, digest]), [["done", "hashed", "crc64ecma"]]);
    });
  });

  Deno.test(`a byte that flips each time, ${flip.says}: the object fails, and nothing wrong is there`, async () => {
    await withOssScene(async (scene) => {
      const source = await putSource(scene, flip, randomBytes(flip.sizeBytes, 8));
      const { run: always, flipped, lines } = await run(scene, flip, Infinity, source);
      assertCode(always, 1);
      assert(flipped > 1, "it was not tried again");
      assertEquals(lines.map(({ outcome }) => outcome), ["failed"]);
      assertEquals((await arrived(scene, flip))?.length, undefined, "bytes that are there");
    });
  });
}
