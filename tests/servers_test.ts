/** The test servers themselves: each found one starts, is used by the SDK and by every found peer, and leaves nothing behind. */
import { assert, assertEquals } from "@std/assert";
import { BucketAdmin } from "./bucket_admin.ts";
import { runPeer } from "./peers.ts";
import { startMinio, startVersitygw } from "./servers.ts";

for (const [name, start] of [["minio", startMinio], ["versitygw", startVersitygw]] as const) {
  Deno.test(`start of ${name}: takes an object, gives it back, and leaves no folder`, async () => {
    const server = await start();
    if (server === undefined) return console.warn(`NOT RUN: ${name} was not found`);
    const admin = new BucketAdmin(server, "photos");
    try {
      await admin.create();
      const body = crypto.getRandomValues(new Uint8Array(1000));
      await admin.put("a/b c/中", body);
      assertEquals(await admin.read("a/b c/中"), body);
      assertEquals(await admin.keys(), ["a/b c/中"]);
      assertEquals(await admin.head("none"), undefined);
      for (const [tool, args] of PEER_LISTINGS) {
        const run = await runPeer(tool, args, server);
        if (run === undefined) console.warn(`NOT RUN: ${tool} was not found`);
        else assert(run.code === 0 && run.stdout.includes("中"), `${tool} ended with ${run.code}: ${run.stdout} ${run.stderr}`);
      }
    } finally {
      admin.close();
      await server.stop();
    }
    await server.stop();
    let gone = false;
    await Deno.stat(server.folder).catch(() => gone = true);
    assert(gone, "The server's folder is still there");
  });
}

const PEER_LISTINGS = [
  ["mc", ["ls", "-r", "store/photos"]],
  ["rclone", ["lsf", "-R", "store:photos"]],
  ["s5cmd", ["ls", "s3://photos/*"]],
  ["aws", ["s3", "ls", "--recursive", "s3://photos"]],
] as const;
