/**
 * Alibaba OSS to S3: sluice reads each byte once, takes its CRC64 and holds both ends to it. No peer speaks OSS here, so rclone does the
 * same between two S3 stores, where it verifies an MD5 that it takes itself.
 */
import { sendOss } from "../embedded/oss_client.ts";
import { startEmbedded } from "../e2e/scene.ts";
import { right } from "../remote/oss_under_test.ts";
import { type Arena, storeSection } from "./arena.ts";
import { type Contest, present } from "./contest.ts";
import { measure } from "./measure.ts";
import { describeTree, inBucket, namesOf, onDisk } from "./trees.ts";

const BUCKET = "/oss-bench";

/** Makes the contest; the embedded store stands for OSS. */
export async function ossToS3(arena: Arena, python: string): Promise<Contest & { close(): Promise<void> }> {
  const server = await startEmbedded();
  const tree = arena.trees.big;
  const [object = ""] = namesOf(tree);
  const stores = storeSection("oss", server, { type: "oss", region: "cn-hangzhou" }) + storeSection("right", arena.right);
  const folder = await onDisk(arena.folder, tree);
  await inBucket(arena.folder, tree, arena.source);
  right(await sendOss(server, "PUT", `${BUCKET}/`));
  const [filling] = await arena.sluice({ source: `${folder}/${object}`, destination: `oss:/${BUCKET}/big` }, stores);
  if (filling) await measure(python, filling[1]);
  const keys = { source: `oss:/${BUCKET}/big`, destination: "right://destination/big" };
  const [unverified] = await arena.sluice({ ...keys, verify: "size" }, stores);
  const contestants = present([
    ...await arena.sluice(keys, stores),
    ["sluice, not verified", unverified?.[1]],
    ["rclone, S3 to S3", arena.peer("rclone", ["copyto", `left:source/big/${object}`, "right:destination/big"], "left")],
  ], {
    reset: () => arena.destination.removeAll(),
    check: async () => {
      const [sizeBytes] = await arena.destination.sizes();
      if (sizeBytes !== tree.sizeBytes) throw new Error(`${sizeBytes} bytes at the destination, expected ${tree.sizeBytes}`);
    },
  });
  return {
    title: `${describeTree(tree)} Alibaba OSS to S3`,
    contestants,
    goals: [
      { tool: "sluice", metric: "cpuSeconds", peer: "rclone, S3 to S3", most: 0.6 },
      { tool: "sluice", metric: "peakBytes", most: 100e6 },
    ],
    close: () => server.stop(),
  };
}
