/** What a store refuses and a job can do without is said to people, once, however many workers find it out. */
import { assert, assertEquals } from "@std/assert";
import http, { type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { BucketAdmin } from "../bucket_admin.ts";
import { errorXml } from "../remote/scripted_server.ts";
import { assertCode } from "./claims.ts";
import { runSluice } from "./run_sluice.ts";
import { startEmbedded } from "./scene.ts";
import { randomBytes, withFolder } from "./trees.ts";

/** A store behind something that refuses some of its requests. */
async function startRefusing(endpoint: string, refuses: (request: IncomingMessage) => boolean) {
  let refused = 0;
  const server = http.createServer((request, response) => {
    if (refuses(request)) {
      refused++;
      request.resume();
      return void response.writeHead(403).end(request.method === "HEAD" ? undefined : errorXml("AccessDenied"));
    }
    const { method, headers } = request;
    request.pipe(http.request(endpoint + request.url, { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused: () => refused,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

Deno.test("what a store refuses is said once for a job of several workers, and what is lost by it", async () => {
  const store = await startEmbedded();
  const admin = new BucketAdmin(store, "bucket");
  try {
    await admin.create();
    await using door = await startRefusing(store.endpoint, ({ method, url = "" }) => method === "GET" && /[?&]uploads\b/.test(url));
    await withFolder(async (folder) => {
      await Deno.mkdir(`${folder}/data`);
      for (const name of ["a", "b", "c", "d"]) await Deno.writeFile(`${folder}/data/${name}`, randomBytes(6 << 20));
      await Deno.writeTextFile(
        `${folder}/job.ini`,
        `[store.s]\nendpoint = ${door.endpoint}\nregion = ${store.region}\naccess_key_id = ${store.accessKeyId}\n` +
          `secret_access_key = ${store.secretAccessKey}\n[job.up]\nsource = data/\ndestination = s://bucket/\nworkers = 2\n` +
          "objects_in_flight = 1\nmultipart_threshold = 5MiB\npart_size = 5MiB\nprogress = none\n",
      );
      const run = await runSluice(["job.ini"], { cwd: folder });
      assertCode(run, 0);
      const line = "s://bucket refuses to list unfinished uploads (AccessDenied): those that earlier runs left are not resumed";
      assertEquals(run.stderr.split(line).length - 1, 1, run.stderr);
      assert(door.refused() >= 2, "one worker did it all");
      assertEquals(await admin.keys(), ["a", "b", "c", "d"]);
    });
  } finally {
    admin.close();
    await store.stop();
  }
});
