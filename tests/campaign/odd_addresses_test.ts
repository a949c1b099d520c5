/**
 * TLS and proxies are decided once per store: whatever certificate a store shows and whatever the environment says of proxies, listings,
 * looks, uploads and downloads of the real program have one outcome.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runSluice, type SluiceRun } from "../e2e/run_sluice.ts";
import { withFolder } from "../e2e/trees.ts";
import type { OddTls } from "./odd_http.ts";
import { bytesOfStream, ODD_PART_BYTES, ODD_THRESHOLD_BYTES } from "./odd_script.ts";
import { type Bend, OddStore } from "./odd_store.ts";
import { section } from "./sides.ts";

/** Which side is the store under test. */
const WAYS = ["upload", "download", "relay from", "relay to"] as const;

interface Scene {
  readonly folder: string;
  readonly store: OddStore;
  readonly other: OddStore;
}

async function withStores<T>(bend: Bend, work: (scene: Scene) => Promise<T>): Promise<T> {
  return await withFolder(async (folder) => {
    const [store, other] = [new OddStore([bend]), new OddStore()];
    for (const one of [store, other]) {
      one.place("small", bytesOfStream(3000, 1));
      one.place("big", bytesOfStream(ODD_THRESHOLD_BYTES, 2));
    }
    await Deno.mkdir(`${folder}/up`);
    await Deno.writeFile(`${folder}/up/new`, bytesOfStream(5000, 3));
    other.place("new", bytesOfStream(5000, 3));
    try {
      return await work({ folder, store, other });
    } finally {
      await store.stop();
      await other.stop();
    }
  });
}

async function runWay(
  { folder, store, other }: Scene,
  way: typeof WAYS[number],
  storeKeys: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<SluiceRun> {
  const keys = { region: "us-east-1", access_key_id: "odd", secret_access_key: "odd-secret", addressing: "path" };
  const [source, destination] = {
    upload: [`${folder}/up/`, "one://bucket/"],
    download: ["one://bucket/", `${folder}/down/`],
    "relay from": ["one://bucket/", "two://bucket/copy/"],
    "relay to": ["two://bucket/", "one://bucket/copy/"],
  }[way];
  const job = {
    source: source ?? "",
    destination: destination ?? "",
    progress: "none",
    workers: 1,
    retries: 1,
    retry_delay: "5ms",
    timeout: "5s",
    multipart_threshold: ODD_THRESHOLD_BYTES,
    part_size: ODD_PART_BYTES,
  };
  const text = section("store.one", { endpoint: store.endpoint, ...keys, ...storeKeys }) +
    section("store.two", { endpoint: other.endpoint, ...keys }) + section("job.way", job);
  await Deno.writeTextFile(`${folder}/job.ini`, text);
  return await runSluice([`${folder}/job.ini`], { env });
}

function openssl(folder: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command("openssl", { args, cwd: folder, stdout: "null", stderr: "piped" }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** A certificate that signs itself. */
function certificate(folder: string, name: string, ...extensions: string[]): OddTls {
  const more = ["subjectAltName=IP:127.0.0.1", ...extensions].flatMap((extension) => ["-addext", extension]);
  const files = ["-keyout", `${name}.key`, "-out", `${name}.crt`];
  openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`, ...files, ...more);
  return { cert: Deno.readTextFileSync(`${folder}/${name}.crt`), key: Deno.readTextFileSync(`${folder}/${name}.key`) };
}

/** What the store shows, whether it is given as ca_file, and the words of the refusal; undefined: everything is copied. */
const TRUST: readonly (readonly [string, string[], boolean, string | undefined])[] = [
  ["a certificate that signs itself", ["basicConstraints=critical,CA:FALSE"], true, undefined],
  ["a certificate that nobody knows", ["basicConstraints=critical,CA:FALSE"], false, "ca_file"],
  ["an authority's own certificate", [], true, undefined],
];

for (const [name, extensions, given, said] of TRUST) {
  Deno.test(`TLS: ${name}, ${given ? "given" : "not given"} as ca_file, has one outcome`, async () => {
    await withFolder(async (certificates) => {
      const tls = certificate(certificates, "own", ...extensions);
      await withStores({ tls }, async (scene) => {
        for (const way of WAYS) {
          const run = await runWay(scene, way, given ? { ca_file: `${certificates}/own.crt` } : {});
          const text = `${way}\n${run.stdout}${run.stderr}`;
          assertEquals(run.code, said === undefined ? 0 : 2, text);
          if (said !== undefined) assertStringIncludes(text, said);
        }
      });
    });
  });
}

/** A proxy that opens tunnels, or passes requests on that name a whole URL, and keeps the first line of each connection. */
function serveProxy(): { readonly url: string; readonly tunnels: string[]; stop(): Promise<void> } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const tunnels: string[] = [];
  const open = new Set<Deno.Conn>();
  const running: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const connection of listener) running.push(tunnel(connection, tunnels, open).catch(() => {}));
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    tunnels,
    async stop() {
      listener.close();
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // Closed already.
        }
      }
      await Promise.all([accepting, ...running]);
    },
  };
}

async function tunnel(connection: Deno.Conn, tunnels: string[], open: Set<Deno.Conn>): Promise<void> {
  open.add(connection);
  let head = "";
  const room = new Uint8Array(4096);
  while (!head.includes("\r\n\r\n")) {
    const count = await connection.read(room);
    if (count === null) return connection.close();
    head += new TextDecoder("latin1").decode(room.subarray(0, count));
  }
  tunnels.push(head.split("\r\n")[0] ?? "");
  const target = /^(CONNECT |\w+ http:\/\/)([^:\s]+):(\d+)/.exec(head);
  if (target === null) return connection.close();
  const onward = await Deno.connect({ hostname: target[2] ?? "", port: Number(target[3]) });
  open.add(onward);
  const connects = head.startsWith("CONNECT ");
  // A request of which the proxy is asked by its whole URL goes on as it is: every server takes that form, too.
  await (connects ? connection : onward).write(bytesOf(connects ? "HTTP/1.1 200 Connected\r\n\r\n" : head));
  await Promise.all([connection.readable.pipeTo(onward.writable), onward.readable.pipeTo(connection.writable)]);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** What NO_PROXY says, PORT for the store's, and whether the store is reached through the proxy. */
const NO_PROXY: readonly (readonly [string, boolean])[] = [
  ["", true],
  ["*", false],
  ["127.0.0.1", false],
  ["example.com, 127.0.0.1:PORT", false],
  ["127.0.0.1:1", true],
  ["127.0.0.0/8", false],
  ["10.0.0.0/8", true],
  [".example.com", true],
];

for (const [list, through] of NO_PROXY) {
  Deno.test(`proxies: with NO_PROXY = "${list}" every request goes ${through ? "through the proxy" : "direct"}`, async () => {
    const proxy = serveProxy();
    try {
      await withStores({}, async (scene) => {
        const port = new URL(scene.store.endpoint).port;
        const env = {
          HTTP_PROXY: proxy.url,
          http_proxy: proxy.url,
          NO_PROXY: list.replace("PORT", port),
          no_proxy: list.replace("PORT", port),
        };
        for (const way of ["upload", "download"] as const) {
          const run = await runWay(scene, way, {}, env);
          assertEquals(run.code, 0, `${way}\n${run.stdout}${run.stderr}\n${proxy.tunnels.join("\n")}`);
        }
        // With the proxy gone, whatever goes on working went direct, and nothing else may.
        await proxy.stop();
        const { code } = await runWay(scene, "download", {}, env);
        assertEquals(code === 0, !through);
        assertEquals(proxy.tunnels.length > 0, through, proxy.tunnels.join("\n"));
      });
    } finally {
      await proxy.stop().catch(() => {});
    }
  });
}

Deno.test("a proxy that the job file names is used by every request of that store, and by no other's", async () => {
  const proxy = serveProxy();
  try {
    await withStores({}, async (scene) => {
      const run = await runWay(scene, "relay from", { proxy: proxy.url });
      assertEquals(run.code, 0, `${run.stdout}${run.stderr}`);
      const target = new URL(scene.store.endpoint).host;
      assert(proxy.tunnels.length > 0);
      assertEquals(proxy.tunnels.filter((line) => !line.includes(target)), []);
    });
  } finally {
    await proxy.stop();
  }
});
