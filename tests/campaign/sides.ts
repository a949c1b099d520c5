/**
 * The two sides of a campaign's play: fresh buckets on real servers, or folders, each store behind a relay of the campaign's own.
 */
import { BucketAdmin } from "../bucket_admin.ts";
import { startEmbedded } from "../e2e/scene.ts";
import { withFolder } from "../e2e/trees.ts";
import { sendOss } from "../embedded/oss_client.ts";
import { startMinio, startVersitygw, type TestServer } from "../servers.ts";
import { right } from "../remote/oss_under_test.ts";
import { folderPlace, ossPlace, type Place, s3Place } from "./place.ts";
import type { PlaceKind } from "./wire_script.ts";

/** The servers of a campaign, by kind of place; a kind that cannot be had here is missing. */
export type Servers = ReadonlyMap<PlaceKind, TestServer>;

/** What stands between the program and a server. */
export interface Relay {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** One side of a play. */
export interface Side<Proxy extends Relay> {
  readonly place: Place;
  /** Absent for a folder. */
  readonly proxy: Proxy | undefined;
  /** As the job names it. */
  readonly location: string;
  /** Its section of the job file. */
  readonly store: string;
}

/** What is to be opened. */
export interface SidesWanted<Proxy extends Relay> {
  readonly pair: readonly [PlaceKind, PlaceKind];
  /** Both sides are seen at one address, so that the server can copy. */
  readonly oneAddress: boolean;
  readonly startProxy: (endpoint: string) => Proxy | Promise<Proxy>;
}

/** The sides, and a folder for whatever else a play writes. */
export interface OpenedSides<Proxy extends Relay> {
  readonly folder: string;
  readonly source: Side<Proxy>;
  readonly destination: Side<Proxy>;
}

let bucketCount = 0;

/** Starts all servers that are found; says aloud which are not. */
export async function startServers(): Promise<Servers> {
  const servers = new Map<PlaceKind, TestServer>([["embedded", await startEmbedded()], ["oss", await startEmbedded()]]);
  for (const [kind, start] of [["minio", startMinio], ["versitygw", startVersitygw]] as const) {
    const server = await start();
    if (server !== undefined) servers.set(kind, server);
    else console.warn(`NOT RUN with ${kind}: it was not found; put it on PATH or set SLUICE_${kind.toUpperCase()}`);
  }
  return servers;
}

/** Opens both sides for `body`, and clears away what was opened. */
export async function withSides<Proxy extends Relay, Answer>(
  wanted: SidesWanted<Proxy>,
  servers: Servers,
  body: (sides: OpenedSides<Proxy>) => Promise<Answer>,
): Promise<Answer> {
  const { pair, oneAddress, startProxy } = wanted;
  return await withFolder(async (folder) => {
    const source = await openSide({ name: "source", kind: pair[0], folder: `${folder}/source`, startProxy }, servers);
    const shared = oneAddress ? source.proxy : undefined;
    const second = { name: "destination", kind: pair[1], folder: `${folder}/destination` };
    const destination = await openSide({ ...second, startProxy: shared === undefined ? startProxy : () => shared }, servers);
    try {
      return await body({ folder, source, destination });
    } finally {
      for (const side of [source, destination]) side.place.close();
      for (const proxy of new Set([source.proxy, destination.proxy])) await proxy?.close();
    }
  });
}

async function openSide<Proxy extends Relay>(
  { name, kind, folder, startProxy }: {
    readonly name: string;
    readonly kind: PlaceKind;
    readonly folder: string;
    readonly startProxy: SidesWanted<Proxy>["startProxy"];
  },
  servers: Servers,
): Promise<Side<Proxy>> {
  if (kind === "folder") {
    await Deno.mkdir(folder);
    return { place: folderPlace(folder), proxy: undefined, location: `${folder}/`, store: "" };
  }
  const server = servers.get(kind);
  if (server === undefined) throw new Error(`${kind} was not started`);
  const bucket = `play-${++bucketCount}`;
  const proxy = await startProxy(server.endpoint);
  if (kind === "oss") {
    right(await sendOss(server, "PUT", `/${bucket}/`));
  } else {
    const admin = new BucketAdmin(server, bucket);
    await admin.create();
    admin.close();
  }
  const keys = {
    endpoint: proxy.endpoint,
    access_key_id: server.accessKeyId,
    secret_access_key: server.secretAccessKey,
    ...(kind === "oss" ? { type: "oss" } : { type: "s3", region: server.region, addressing: "path" }),
  };
  const place = kind === "oss" ? ossPlace(server, bucket) : s3Place(server, bucket);
  return { place, proxy, location: `${name}://${bucket}/`, store: section(`store.${name}`, keys) };
}

/** A section of a job file. */
export function section(title: string, keys: Readonly<Record<string, string | number>>): string {
  return `[${title}]\n${Object.entries(keys).map(([key, value]) => `${key} = ${value}\n`).join("")}\n`;
}
