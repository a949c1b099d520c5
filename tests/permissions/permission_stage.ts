/**
 * Where the rows of the table of docs/permissions.md are played: two embedded stores that are servers of their own, a tunnelling proxy, a
 * source, a home folder. Fills in what the kinds leave open, and looks whether a job did its work.
 */
import { assert, assertEquals } from "@std/assert";
import { BucketAdmin } from "../bucket_admin.ts";
import type { SluiceRun } from "../e2e/run_sluice.ts";
import { startEmbedded } from "../e2e/scene.ts";
import { digestTree } from "../e2e/trees.ts";
import type { TestServer } from "../servers.ts";
import { type ForwardProxy, startForwardProxy } from "./forward_proxy.ts";
import type { Kind } from "./kinds.ts";

const CLONE = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");
const FILES: Readonly<Record<string, string>> = { "a.txt": "one", "sub/b.txt": "two" };

/** One kind of job, ready to be run as often as needed: what is refused changes nothing. */
export interface Play {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** What the variables of the table stand for. */
  readonly variables: Readonly<Record<string, string>>;
  /** Fails unless the run did its work. */
  prove(run: SluiceRun): Promise<void>;
}

/** See the file comment. */
export class PermissionStage {
  readonly #one: TestServer;
  readonly #two: TestServer;
  readonly #proxy: ForwardProxy;
  #buckets = 0;

  private constructor(one: TestServer, two: TestServer, proxy: ForwardProxy) {
    this.#one = one;
    this.#two = two;
    this.#proxy = proxy;
  }

  /** Starts both servers, each with a bucket `full` that holds the files. */
  static async open(): Promise<PermissionStage> {
    const servers = [await startEmbedded(), await startEmbedded()] as const;
    for (const server of servers) {
      await withAdmin(server, "full", async (admin) => {
        await admin.create();
        for (const [key, text] of Object.entries(FILES)) await admin.put(key, new TextEncoder().encode(text));
      });
    }
    return new PermissionStage(...servers, await startForwardProxy());
  }

  /** Ends the servers. */
  async close(): Promise<void> {
    await this.#one.stop();
    await this.#two.stop();
    await this.#proxy.close();
  }

  /** Lays out a kind of job in an empty folder. */
  async play(kind: Kind, folder: string): Promise<Play> {
    const bucket = `fresh-${++this.#buckets}`;
    const server = kind.bucketOn === "two" ? this.#two : this.#one;
    if (kind.bucketOn !== undefined) await withAdmin(server, bucket, (admin) => admin.create());
    await this.#layOut(folder);
    const variables = this.#variables(folder, bucket);
    const proxy = this.#proxy;
    const askedBefore = proxy.asked;
    const fill = (text: string) => text.replace(/(?<!\\)\$([A-Z_0-9]+)/g, (_, name: string) => variables[name] ?? "");
    if (kind.job !== undefined) await Deno.writeTextFile(`${folder}/job.ini`, fill(kind.job));
    return {
      args: kind.args.map(fill),
      env: Object.fromEntries(Object.entries(kind.env ?? {}).map(([name, value]) => [name, fill(value)])),
      folder,
      variables,
      async prove(run) {
        if (kind.job?.includes("$PROXY_URL")) assert(proxy.asked > askedBefore, "The proxy was passed by");
        const { proof } = kind;
        if (proof instanceof RegExp) assert(proof.test(run.stdout) || proof.test(run.stderr), run.stdout + run.stderr);
        else if (proof === "folder") await holdsFiles(`${folder}/destination`);
        else if (proof === "demo") await holdsFiles(`${folder}/sluice-demo/downloaded`);
        else assertEquals(await withAdmin(server, bucket, (admin) => admin.keys()), Object.keys(FILES));
      },
    };
  }

  async #layOut(folder: string): Promise<void> {
    for (const place of ["source", "examples/demo"]) {
      for (const [name, text] of Object.entries(FILES)) {
        const path = `${folder}/${place}/${name}`;
        await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
        await Deno.writeTextFile(path, text);
      }
    }
    const { accessKeyId, secretAccessKey } = this.#one;
    await Deno.mkdir(`${folder}/.aws`);
    const keys = `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
    await Deno.writeTextFile(`${folder}/.aws/credentials`, keys);
    const oss = `[default]\naccessKeyID = ${this.#two.accessKeyId}\naccessKeySecret = ${this.#two.secretAccessKey}\n`;
    await Deno.writeTextFile(`${folder}/.ossutilconfig`, `${oss}region = cn-hangzhou\nendpoint = ${this.#two.endpoint}\n`);
    await Deno.writeTextFile(`${folder}/.s3cfg`, `[default]\naccess_key = ${accessKeyId}\nsecret_key = ${secretAccessKey}\n`);
  }

  #variables(folder: string, bucket: string): Record<string, string> {
    const one = this.#one;
    const two = this.#two;
    return {
      CLONE,
      CODE: `${CLONE}/lib,${CLONE}/workers`,
      FILE: `${folder}/job.ini`,
      SOURCE: `${folder}/source`,
      DESTINATION: `${folder}/destination`,
      MANIFEST: `${folder}/run.ndjson`,
      LOG: `${folder}/run.log`,
      STORE: `${folder}/store`,
      HOME: folder,
      HOST: new URL(one.endpoint).host,
      HOST_TWO: new URL(two.endpoint).host,
      BUCKET: bucket,
      PROXY_URL: this.#proxy.url,
      PROXY: new URL(this.#proxy.url).host,
      ENDPOINT: one.endpoint,
      KEY_ID: one.accessKeyId,
      SECRET: one.secretAccessKey,
      S3_ONE: storeText("one", "s3", one),
      S3_TWO: storeText("two", "s3", two),
      OSS_TWO: storeText("two", "oss", two),
    };
  }
}

function storeText(name: string, type: "s3" | "oss", server: TestServer): string {
  const keys = {
    type,
    endpoint: server.endpoint,
    region: type === "s3" ? server.region : "cn-hangzhou",
    addressing: "path",
    access_key_id: server.accessKeyId,
    secret_access_key: server.secretAccessKey,
  };
  return `[store.${name}]\n${Object.entries(keys).map(([key, value]) => `${key} = ${value}\n`).join("")}`;
}

async function holdsFiles(folder: string): Promise<void> {
  assertEquals(Object.keys(await digestTree(folder)), Object.keys(FILES));
}

async function withAdmin<T>(server: TestServer, bucket: string, work: (admin: BucketAdmin) => Promise<T>): Promise<T> {
  const admin = new BucketAdmin(server, bucket);
  try {
    return await work(admin);
  } finally {
    admin.close();
  }
}
