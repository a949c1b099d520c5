/** The sides of a play of the odd campaign: odd stores in this process, folders, buckets of the embedded store. */
import { BucketAdmin } from "../bucket_admin.ts";
import type { TestServer } from "../servers.ts";
import type { OddSide } from "./odd_bend.ts";
import { ODDITIES, type OddPlace } from "./odd_script.ts";
import { type OddObject, OddStore } from "./odd_store.ts";
import { folderPlace, markOf, s3Place, type Snapshot } from "./place.ts";
import { section } from "./sides.ts";

/** One opened side. */
export interface OpenedSide {
  /** Present when it is an odd one. */
  readonly store: OddStore | undefined;
  /** As the job names it. */
  readonly location: string;
  /** Its section of the job file. */
  readonly section: string;
  /** What oddities add to the job. */
  readonly jobKeys: Readonly<Record<string, string>>;
  put(key: string, bytes: Uint8Array<ArrayBuffer>, rest?: Partial<Pick<OddObject, "partSizes" | "tags">>): Promise<void>;
  remove(key: string): Promise<void>;
  snapshot(): Promise<Snapshot>;
  close(): Promise<void>;
}

let buckets = 0;

/** Opens one side. The embedded server outlives it. */
export async function openOddSide(
  { side, kind, oddities, folder }: {
    readonly side: OddSide;
    readonly kind: OddPlace;
    readonly oddities: readonly string[];
    readonly folder: string;
  },
  embedded: TestServer,
): Promise<OpenedSide> {
  if (kind === "odd") return openOdd(side, oddities);
  if (kind === "folder") {
    await Deno.mkdir(`${folder}/${side}`);
    const place = folderPlace(`${folder}/${side}`);
    const location = `${folder}/${side}/`;
    return { ...bare(location, ""), put: (key, bytes) => place.put(key, bytes), remove: place.remove, snapshot: place.snapshot };
  }
  const bucket = `odd-${++buckets}`;
  const admin = new BucketAdmin(embedded, bucket);
  await admin.create();
  admin.close();
  const place = s3Place(embedded, bucket);
  const keys = { ...accountOf(embedded), region: embedded.region };
  return {
    ...bare(`${side}://${bucket}/`, section(`store.${side}`, keys)),
    put: (key, bytes) => place.put(key, bytes),
    remove: place.remove,
    snapshot: place.snapshot,
    close: () => Promise.resolve(place.close()),
  };
}

function openOdd(side: OddSide, oddities: readonly string[]): OpenedSide {
  const bends = oddities.map((name) => {
    const oddity = ODDITIES.get(name);
    if (oddity === undefined) throw new Error(`There is no oddity ${name}`);
    return oddity.make();
  });
  const store = new OddStore(bends);
  const account = accountOf({ endpoint: store.endpoint, accessKeyId: "odd", secretAccessKey: "odd-secret" });
  const keys = { ...account, region: "us-east-1", ...Object.assign({}, ...bends.map(({ storeKeys }) => storeKeys)) };
  return {
    store,
    location: `${side}://${store.bucket}/`,
    section: section(`store.${side}`, keys),
    jobKeys: Object.assign({}, ...bends.map(({ jobKeys }) => jobKeys)),
    put: (key, bytes, rest) => Promise.resolve(store.place(key, bytes, rest)),
    remove: (key) => Promise.resolve(void store.objects.delete(key)),
    async snapshot() {
      const found = new Map<string, string>();
      for (const [key, { bytes }] of store.objects) found.set(key, await markOf(bytes));
      return found;
    },
    close: () => store.stop(),
  };
}

function bare(location: string, text: string): Pick<OpenedSide, "store" | "location" | "section" | "jobKeys" | "close"> {
  return { store: undefined, location, section: text, jobKeys: {}, close: () => Promise.resolve() };
}

function accountOf({ endpoint, accessKeyId, secretAccessKey }: Pick<TestServer, "endpoint" | "accessKeyId" | "secretAccessKey">) {
  return { type: "s3", endpoint, access_key_id: accessKeyId, secret_access_key: secretAccessKey, addressing: "path" };
}
