/** The data of the contests: folders of random files, each made once, on disk and in the source bucket. */
import type { BucketAdmin } from "../bucket_admin.ts";

const KIB = 1024;
/** Requests of the benchmark itself that are in progress at a time. */
const LANES = 32;

/** `count` files of `sizeBytes`, called `file-000000` and so on, in a folder `name`. */
export interface Tree {
  readonly name: string;
  readonly count: number;
  readonly sizeBytes: number;
}

/** How large the trees are. */
export interface TreeSizes {
  readonly objectBytes: number;
  readonly smallCount: number;
}

/** The trees by name. `medium` is the workload of awslabs/aws-crt-s3-benchmarks. */
export type Trees = Readonly<Record<"tiny" | "small" | "medium" | "big", Tree>>;

/** The trees of these sizes. */
export function treesOf(sizes: TreeSizes): Trees {
  return {
    tiny: { name: "tiny", count: 1, sizeBytes: 4 * KIB },
    small: { name: "small", count: sizes.smallCount, sizeBytes: 4 * KIB },
    medium: { name: "medium", count: Math.ceil(sizes.smallCount / 5), sizeBytes: 256 * KIB },
    big: { name: "big", count: 1, sizeBytes: sizes.objectBytes },
  };
}

/** `1 GiB`, or `10000 × 4 KiB`. */
export function describeTree({ count, sizeBytes }: Tree): string {
  const units = [[KIB ** 3, "GiB"], [KIB ** 2, "MiB"], [KIB, "KiB"]] as const;
  const [unitBytes, unit] = units.find(([bytes]) => sizeBytes >= bytes && sizeBytes % bytes === 0) ?? [1, "B"];
  return `${count === 1 ? "" : `${count} × `}${sizeBytes / unitBytes} ${unit}`;
}

/** The names of a tree's files. */
export function namesOf({ count }: Tree): string[] {
  return Array.from({ length: count }, (_, index) => `file-${String(index).padStart(6, "0")}`);
}

/** Makes the folder with the tree's files unless it is there; returns its path. */
export async function onDisk(parent: string, tree: Tree): Promise<string> {
  const folder = `${parent}/${tree.name}`;
  if (await exists(folder)) return folder;
  await Deno.mkdir(folder);
  for (const name of namesOf(tree)) await randomFile(`${folder}/${name}`, tree.sizeBytes);
  return folder;
}

/** Puts the tree's files under `NAME/` unless they are there. Each is one PUT: a multipart object would keep its own part layout. */
export async function inBucket(parent: string, tree: Tree, bucket: BucketAdmin): Promise<void> {
  const folder = await onDisk(parent, tree);
  if ((await bucket.keys(`${tree.name}/`)).length === tree.count) return;
  const names = namesOf(tree);
  await Promise.all(Array.from({ length: LANES }, async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      await bucket.put(`${tree.name}/${name}`, await Deno.readFile(`${folder}/${name}`));
    }
  }));
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

async function randomFile(path: string, sizeBytes: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const block = new Uint8Array(64 * KIB);
  for (let left = sizeBytes; left > 0;) {
    crypto.getRandomValues(block);
    left -= await file.write(block.subarray(0, Math.min(left, block.length)));
  }
}
