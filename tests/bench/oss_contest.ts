/**
 * Alibaba OSS to S3: sluice reads each byte once, takes its CRC64 and holds both ends to it. No peer speaks OSS here, so rclone does the
 * same between two S3 stores, where it verifies an MD5 that it takes itself.
 */
import { sendOss } from "../embedded/oss_client.ts";
import { startEmbedded } from "../e2e/scene.ts";
import { right } from "../remote/oss_under_test.ts";
import { type Arena, present, storeSection } from "./arena.ts";
import type { Contest } from "./contest.ts";

const BUCKET = "/oss-bench";

/** Makes the contest; the embedded store stands for OSS. */
export async function ossToS3(arena: Arena): Promise<Contest & { close(): Promise<void> }> {
  const server = await startEmbedded();
  const { objectBytes } = arena.options;
  const oss = storeSection("oss", server).replace("type = s3", "type = oss").replace("region = us-east-1", "region = cn-hangzhou");
  const stores = oss + storeSection("right", arena.right);
  const path = `${arena.folder}/oss-big`;
  await fill(path, objectBytes);
  await arena.source.put("big", await Deno.readFile(path));
  right(await sendOss(server, "PUT", `${BUCKET}/`));
  const { command, args, env, cwd } = await arena.sluiceWith(oss, { source: path, destination: `oss:/${BUCKET}/big` });
  const filled = await new Deno.Command(command, { args: [...args], env: { ...env }, clearEnv: true, cwd }).output();
  if (!filled.success) throw new Error(`Cannot fill the OSS bucket: ${new TextDecoder().decode(filled.stderr)}`);
  await Deno.remove(path);
  const keys = { source: `oss:/${BUCKET}/big`, destination: "right://destination/big" };
  const contestants = present([
    ["sluice", await arena.sluiceWith(stores, keys)],
    ["sluice, nothing verified", await arena.sluiceWith(stores, { ...keys, verify: "size" })],
    ["rclone, S3 to S3", arena.peer("rclone", ["copyto", "left:source/big", "right:destination/big"], "left")],
  ], {
    reset: () => arena.destination.remove("big"),
    check: async () => {
      const there = (await arena.destination.head("big"))?.ContentLength;
      if (there !== objectBytes) throw new Error(`${there} bytes at the destination, expected ${objectBytes}`);
    },
  });
  return {
    title: `${objectBytes / 1024 ** 2} MiB Alibaba OSS to S3`,
    contestants,
    goals: [
      { tool: "sluice", metric: "cpuSeconds", peer: "rclone, S3 to S3", most: 0.6 },
      { tool: "sluice", metric: "peakBytes", most: 160e6 },
    ],
    close: () => server.stop(),
  };
}

async function fill(path: string, sizeBytes: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const block = new Uint8Array(64 * 1024);
  for (let left = sizeBytes; left > 0;) {
    crypto.getRandomValues(block);
    left -= await file.write(block.subarray(0, Math.min(left, block.length)));
  }
}
