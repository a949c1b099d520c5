/** Nobody gets into the embedded store without its secret, nothing leads out of its folder, and nobody but this machine reaches it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { EmbeddedStore } from "../../lib/embedded/embedded.ts";
import { runSluice, startSluice } from "../e2e/run_sluice.ts";
import { withFolder } from "../e2e/trees.ts";
import { send, textOf, withStore } from "../embedded/raw_client.ts";
import { type Deed, DEEDS, type Outgoing, type Signature, signed, wrongWays } from "./unsigned_deeds.ts";

/** What lies beside the buckets and must never come out. */
const TREASURE = "what lies beside the buckets";
const LIB = new URL("../../lib/", import.meta.url);

async function sendOut(store: EmbeddedStore, { method, path, headers, body }: Outgoing): Promise<number> {
  const { status } = await send(store, method, path, { headers: { ...headers }, unsigned: true, ...(body !== undefined && { body }) });
  return status;
}

/** Every file below a folder with its text. */
async function snapshot(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) Object.assign(files, await snapshot(path));
    else files[path] = await Deno.readTextFile(path);
  }
  return files;
}

/** A store with an object, an open upload, an empty bucket; the clock can be put forward. */
async function withTarget(body: (store: EmbeddedStore, folder: string, uploadId: string, clock: { aheadMs: number }) => Promise<void>) {
  await withFolder(async (folder) => {
    const clock = { aheadMs: 0 };
    const now = () => Date.now() + clock.aheadMs;
    await withStore({ folder, buckets: ["bkt", "empty"], now }, async (store) => {
      await send(store, "PUT", "/bkt/k", { body: "bytes" });
      await body(store, folder, textOf(await send(store, "POST", "/bkt/k?uploads"), "UploadId") ?? "", clock);
    });
  });
}

const CASES: readonly [Signature, readonly Deed[]][] = [["s3", DEEDS.s3], ["v1", DEEDS.oss], ["v4", DEEDS.oss]];

for (const [signature, deeds] of CASES) {
  Deno.test(`every operation signed as ${signature} is refused with 403 in every wrong way, and nothing changes`, async () => {
    await withTarget(async (store, folder, uploadId, clock) => {
      const before = await snapshot(folder);
      for (const [operation, method, path, more] of deeds) {
        const deed: Deed = [operation, method, path.replace("$ID", uploadId), more];
        for (const [way, outgoing] of wrongWays(store, signature, deed)) {
          assertEquals(await sendOut(store, outgoing), 403, `${operation} ${way}`);
        }
        const replayed = signed(store, signature, deed);
        clock.aheadMs = 16 * 60_000;
        assertEquals(await sendOut(store, replayed), 403, `${operation} replayed 16 minutes later`);
        clock.aheadMs = 0;
      }
      assertEquals(await snapshot(folder), before);
    });
  });
}

Deno.test("the same requests, rightly signed, are understood: the refusals above are the signature's doing", async () => {
  for (const [signature, deeds] of CASES) {
    const seen: string[] = [];
    await withFolder(async (folder) => {
      await withStore({ folder, buckets: ["bkt", "empty"], onRequest: ({ operation }) => seen.push(operation) }, async (store) => {
        for (const deed of deeds) {
          await send(store, "PUT", "/bkt/k", { body: "bytes" });
          const uploadId = textOf(await send(store, "POST", "/bkt/k?uploads"), "UploadId") ?? "";
          const outgoing = signed(store, signature, [deed[0], deed[1], deed[2].replace("$ID", uploadId), deed[3]]);
          const status = await sendOut(store, outgoing);
          assert(status !== 403, `${deed[0]} was answered ${status} ${JSON.stringify(outgoing)}`);
          assertEquals(seen.at(-1), deed[0]);
        }
      });
    });
  }
});

Deno.test("no operation of the store is missing in that table", async () => {
  for (const [dialect, deeds] of Object.entries(DEEDS)) {
    const code = await Deno.readTextFile(new URL(`embedded/${dialect}/words.ts`, LIB)) +
      await Deno.readTextFile(new URL("embedded/request.ts", LIB));
    const table = code.slice(code.indexOf("const OPERATIONS"));
    const known = [
      ...table.matchAll(/"?(?:GET|PUT|POST|DELETE|HEAD)[ \w-]*"?: "(\w+)"/g),
      ...table.matchAll(/"((?:List|Upload|Copy)\w+)"/g),
    ];
    const names = new Set(known.map(([, name]) => name ?? ""));
    assert(names.size > 20, `Only ${names.size} operations were read from the source`);
    assertEquals([...names].filter((name) => !deeds.some(([operation]) => operation === name)), []);
  }
});

Deno.test("a body that is not the one whose hash was signed changes nothing", async () => {
  await withTarget(async (store, folder) => {
    const before = await snapshot(folder);
    const answer = await send(store, "PUT", "/bkt/k", { body: "forged", headers: { "x-amz-content-sha256": "ab".repeat(32) } });
    assertEquals(answer.status, 400);
    assertEquals(await snapshot(folder), before);
  });
});

Deno.test("no bucket, key, upload id or copy source leads out of the store's folder", async () => {
  await withTarget(async (store, folder, uploadId) => {
    await Deno.writeTextFile(`${folder}/secret`, TREASURE);
    const before = await snapshot(folder);
    const ways = ["..", "../..", "../../secret", "%2e%2e", "..%2f..%2fsecret", "%2e%2e%2f%2e%2e%2fsecret", "%00"];
    for (const way of ways) {
      for (
        const [method, path, headers] of [
          ["GET", `/${way}`, {}],
          ["PUT", `/${way}`, {}],
          ["DELETE", `/${way}`, {}],
          ["GET", `/bkt/${way}`, {}],
          ["GET", `/bkt/k?uploadId=${encodeURIComponent(way)}`, {}],
          ["DELETE", `/bkt/k?uploadId=${encodeURIComponent(way)}`, {}],
          ["PUT", `/bkt/k?partNumber=1&uploadId=${encodeURIComponent(`${uploadId}/../${way}`)}`, {}],
          ["PUT", "/bkt/copied", { "x-amz-copy-source": `/bkt/${way}` }],
          ["PUT", "/bkt/copied", { "x-amz-copy-source": `/${way}/secret` }],
        ] as const
      ) {
        const { status, text } = await send(store, method, path, { headers: { ...headers } });
        // A path that names no bucket at all is the list of buckets, after decoding.
        assert(status >= 400 || method === "GET" && text.includes("ListAllMyBucketsResult"), `${method} ${path} was answered ${status}`);
        assert(!text.includes(TREASURE), text);
      }
    }
    assertEquals(await snapshot(folder), before);
  });
});

Deno.test("a request head and an XML body have their bounds", async () => {
  await withTarget(async (store) => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(store.endpoint).port) });
    const head = new TextEncoder().encode(`GET /bkt HTTP/1.1\r\nhost: x\r\nx-amz-meta-long: ${"x".repeat(64 * 1024)}`);
    // The head never ends, and the store does not wait for its end.
    connection.write(head).catch(() => {});
    const answer = new Uint8Array(64);
    const count = await connection.read(answer).catch(() => null);
    if (count !== null) assertMatch(new TextDecoder().decode(answer.subarray(0, count)), /^HTTP\/1\.1 4\d\d/);
    const body = `<Delete>${" ".repeat(17 * 1024 * 1024)}<Object><Key>k</Key></Object></Delete>`;
    const sent = await send(store, "POST", "/bkt?delete", { body }).then(({ status }) => status, () => 400);
    assert(sent >= 400 && sent < 500, String(sent));
    assertEquals((await send(store, "GET", "/bkt/k")).text, "bytes");
  });
});

/** Addresses on which a process listens, as the kernel tells them. */
async function listening(pid: number): Promise<string[]> {
  const inodes = new Set<string>();
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => ""))?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  const addresses: string[] = [];
  for (const table of ["tcp", "tcp6"]) {
    for (const line of (await Deno.readTextFile(`/proc/${pid}/net/${table}`)).split("\n").slice(1)) {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      if (state === "0A" && inodes.has(inode)) addresses.push(local.split(":")[0] ?? "");
    }
  }
  return addresses;
}

/** 127.0.0.1 as /proc writes it on a little-endian machine. */
const LOOPBACK = "0100007F";

Deno.test("serve, and the store inside a job, listen on 127.0.0.1 and nowhere else", async () => {
  if (Deno.build.os !== "linux") return console.warn("NOT RUN: what a process listens on is read from /proc");
  await withFolder(async (folder) => {
    const served = startSluice(["serve", `${folder}/served`]);
    await served.firstLine;
    assertEquals(await listening(served.child.pid), [LOOPBACK]);
    served.child.kill("SIGINT");
    assertEquals((await served.finished).code, 0);

    // A store that takes the connection and says nothing: the job stands still with its embedded store open.
    const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const text =
      `[store.inner]\ntype = embedded\nfolder = ${folder}/inner\n[store.outer]\nendpoint = http://127.0.0.1:${silent.addr.port}\n` +
      "region = us-east-1\naccess_key_id = id\nsecret_access_key = secret\n[job.move]\nsource = inner://bkt/\ndestination = outer://bkt/\n";
    await Deno.writeTextFile(`${folder}/job.ini`, text);
    const job = startSluice([`${folder}/job.ini`]);
    const connection = await silent.accept();
    assertEquals(await listening(job.child.pid), [LOOPBACK]);
    job.child.kill("SIGKILL");
    await job.finished;
    connection.close();
    silent.close();
  });
});

Deno.test("serve takes no address to listen on", async () => {
  await withFolder(async (folder) => {
    for (const flag of ["--host=0.0.0.0", "--hostname=0.0.0.0", "--address=0.0.0.0", "--bind=0.0.0.0", "--port=0.0.0.0:80"]) {
      const run = await runSluice(["serve", folder, flag]);
      assertEquals(run.code, 2, flag);
      assertMatch(run.stderr, /error: /);
    }
  });
});
