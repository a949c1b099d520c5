/** How a server is reached: TLS with authorities of one's own, and proxies. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { TransferError } from "../../../lib/errors.ts";
import { HttpClient } from "../../../lib/remote/http/client.ts";
import { bodyOf, GET, type RawServer, responses, startRaw, withClient } from "./raw_server.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

interface Made {
  readonly cert: string;
  readonly key: string;
}

const folder = await Deno.makeTempDir({ prefix: "sluice-tls-" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

function openssl(...args: string[]): void {
  const { success, stderr } = new Deno.Command("openssl", { args, cwd: folder, stdout: "null", stderr: "piped" }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function read(name: string): Made {
  return { cert: Deno.readTextFileSync(`${folder}/${name}.crt`), key: Deno.readTextFileSync(`${folder}/${name}.key`) };
}

/** A certificate that signs itself. */
function selfSigned(name: string, ...extensions: string[]): Made {
  const more = extensions.flatMap((extension) => ["-addext", extension]);
  const files = ["-keyout", `${name}.key`, "-out", `${name}.crt`];
  openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`, ...files, ...more);
  return read(name);
}

/** A certificate of a server, signed by the authority `ca`. */
function signed(name: string, subject: string): Made {
  openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
  Deno.writeTextFileSync(`${folder}/${name}.ext`, `subjectAltName=${subject}\nbasicConstraints=CA:FALSE\n`);
  const files = ["-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-out", `${name}.crt`, "-extfile", `${name}.ext`];
  openssl("x509", "-req", "-days", "2", "-CAcreateserial", ...files);
  return read(name);
}

/** An authority's certificate that ended yesterday. */
function expired(name: string, subject: string): Made {
  openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
  Deno.writeTextFileSync(`${folder}/${name}.ext`, `subjectAltName=${subject}\nbasicConstraints=CA:TRUE\n`);
  const files = ["-in", `${name}.csr`, "-signkey", `${name}.key`, "-out", `${name}.crt`, "-extfile", `${name}.ext`];
  openssl("x509", "-req", "-days", "-1", ...files);
  return read(name);
}

const CA = selfSigned("ca");
const LOCAL = signed("local", "IP:127.0.0.1");
const OTHER_NAME = signed("other", "DNS:s3.example.com");
const OWN = selfSigned("own", "subjectAltName=IP:127.0.0.1", "basicConstraints=critical,CA:FALSE");
const OWN_AUTHORITY = selfSigned("authority", "subjectAltName=IP:127.0.0.1");
const OTHER_AUTHORITY = selfSigned("elsewhere", "subjectAltName=DNS:s3.example.com");
const PAST_AUTHORITY = expired("past", "IP:127.0.0.1");

/** What a server shows, which authorities are given, and what is said; undefined: it is trusted. */
const TRUST: readonly (readonly [string, Made, readonly Made[], string | undefined])[] = [
  ["a certificate of a given authority", LOCAL, [CA], undefined],
  ["a certificate of one of several authorities", LOCAL, [OWN, CA], undefined],
  ["a certificate that signs itself and is given", OWN, [OWN], undefined],
  ["a certificate that signs itself and is not given", OWN, [], "is not trusted: set ca_file"],
  ["a certificate of an authority that is not given", LOCAL, [OWN], "is not signed by any authority that ca_file holds"],
  ["an authority's own certificate that is given", OWN_AUTHORITY, [OWN_AUTHORITY], undefined],
  ["an authority's own certificate that is not given", OWN_AUTHORITY, [], "is not trusted: set ca_file"],
  ["an authority's own certificate where another is given", OWN_AUTHORITY, [CA, OWN], "is not trusted: set ca_file"],
  ["an authority's own certificate for another name", OTHER_AUTHORITY, [OTHER_AUTHORITY], "is for another host name"],
  ["an authority's own certificate that has expired", PAST_AUTHORITY, [PAST_AUTHORITY], "has expired"],
  ["a certificate for another name", OTHER_NAME, [CA], "is for another host name"],
];

for (const [name, shown, given, said] of TRUST) {
  Deno.test(`TLS: ${name} ${said === undefined ? "is trusted" : "is refused, as a mistake that no repetition mends"}`, async () => {
    await using server = startRaw(responses(OK), shown);
    await withClient(server.url, async (client, watch) => {
      if (said === undefined) {
        const both = [client.request(GET, watch), client.request(GET, watch)].map(async (response) => await bodyOf(await response));
        assertEquals(await Promise.all(both), ["ok", "ok"]);
      } else {
        const error = await assertRejects(() => client.request(GET, watch), TransferError);
        assertEquals(error.kind, "config");
        assertStringIncludes(error.message, "Cannot read s3://b/k: ");
        assertStringIncludes(error.message, said);
      }
    }, { caCerts: given.map(({ cert }) => cert) });
  });
}

Deno.test("TLS: a handshake that never ends is over when its time is", async () => {
  await using server = startRaw(responses(OK));
  await withClient(new URL(server.url.href.replace("http:", "https:")), async (client, watch) => {
    const error = await assertRejects(() => client.request(GET, watch), TransferError);
    assertEquals([error.kind, error.message], ["network", "Cannot go on: nothing moved for 0.2 s"]);
  }, { timeoutMs: 200 });
});

Deno.test("TLS: a server that does not speak it is a mistake of the endpoint", async () => {
  await using server = startRaw(async (talk) => {
    await talk.readMore();
    await talk.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  await withClient(new URL(server.url.href.replace("http:", "https:")), async (client, watch) => {
    const error = await assertRejects(() => client.request(GET, watch), TransferError);
    assertEquals([error.kind, error.message], ["config", "Cannot read s3://b/k: this is not a TLS endpoint: check http or https"]);
  });
});

/** A proxy that opens tunnels, or refuses them. */
function tunnels(refusal?: string, tls?: Made): RawServer {
  return startRaw(async (talk) => {
    const target = /^CONNECT ([^:]+):(\d+) /.exec(await talk.request() ?? "");
    if (refusal !== undefined || target === null) return await talk.send(refusal ?? "HTTP/1.1 400 Bad\r\n\r\n");
    const onward = await Deno.connect({ hostname: target[1] ?? "", port: Number(target[2]) });
    await talk.send("HTTP/1.1 200 Connection established\r\n\r\n");
    await talk.join(onward);
  }, tls);
}

function at(server: RawServer, login = ""): string {
  return `${server.url.protocol}//${login}${server.url.host}`;
}

Deno.test("a proxy is asked for a tunnel to an https server, with its login, and sees nothing else", async () => {
  await using server = startRaw(responses(OK, OK), LOCAL);
  await using proxy = tunnels();
  await withClient(server.url, async (client, watch) => {
    for (let times = 0; times < 2; times++) assertEquals(await bodyOf(await client.request(GET, watch)), "ok");
  }, { caCerts: [CA.cert], proxy: at(proxy, "na%3Ame:pass%20word@") });
  const { host } = server.url;
  const login = btoa("na:me:pass word");
  assertEquals(proxy.talks.map(({ reads }) => reads.join("").split("\r\n\r\n")[0]), [
    `CONNECT ${host} HTTP/1.1\r\nhost: ${host}\r\nproxy-authorization: Basic ${login}`,
  ]);
  assertEquals(server.talks.map(({ reads }) => reads.join("").includes("proxy-authorization")), [false]);
});

for (const [name, shown, given] of [["of an authority", LOCAL, [CA]], ["of its own", OWN_AUTHORITY, [OWN_AUTHORITY]]] as const) {
  Deno.test(`a proxy with TLS carries the TLS of a server inside its own, both with certificates ${name}`, async () => {
    const large = "x".repeat(300_000);
    await using server = startRaw(responses(OK, `HTTP/1.1 200 OK\r\ncontent-length: ${large.length}\r\n\r\n${large}`), shown);
    await using proxy = tunnels(undefined, shown);
    await withClient(server.url, async (client, watch) => {
      assertEquals(await bodyOf(await client.request(GET, watch)), "ok");
      const body = {
        sizeBytes: large.length,
        write: (sink: (chunk: Uint8Array) => unknown) => Promise.resolve(sink(encode(large))).then(() => {}),
      };
      const response = await client.upload({ ...GET, method: "PUT" }, body, watch);
      assertEquals(await bodyOf(response), large);
    }, { caCerts: given.map(({ cert }) => cert), proxy: at(proxy) });
    assertEquals((server.talks[0]?.bytes ?? 0) > large.length, true);
    // A first connection may have been for learning what certificate is shown.
    assertEquals(proxy.talks.at(-1)?.reads.join("").startsWith(`CONNECT ${server.url.host} `), true);
  });
}

Deno.test("a proxy with TLS does not make a server trusted that shows another certificate", async () => {
  await using server = startRaw(responses(OK), OWN);
  await using proxy = tunnels(undefined, LOCAL);
  await withClient(server.url, async (client, watch) => {
    const error = await assertRejects(() => client.request(GET, watch), TransferError);
    assertEquals(error.kind, "config");
    assertStringIncludes(error.message, "is not trusted");
  }, { caCerts: [CA.cert], proxy: at(proxy) });
});

Deno.test("a proxy gets the whole URL for an http server, the path as it is, and its login", async () => {
  await using proxy = startRaw(responses(OK, OK));
  const target = "/b/a/../%2e//x?versionId=1";
  await withClient(new URL("http://store.example.com:9000"), async (client, watch) => {
    for (let times = 0; times < 2; times++) assertEquals(await bodyOf(await client.request({ ...GET, target }, watch)), "ok");
  }, { proxy: at(proxy, "name:@") });
  const [head = ""] = proxy.talks[0]?.reads ?? [];
  assertEquals(head.split("\r\n").slice(0, 2), [`GET http://store.example.com:9000${target} HTTP/1.1`, "host: store.example.com:9000"]);
  assertStringIncludes(head, `\r\nproxy-authorization: Basic ${btoa("name:")}\r\n`);
  assertEquals(proxy.talks.length, 1);
});

const REFUSALS: readonly (readonly [string, string, string])[] = [
  ["HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "config", "the proxy wants a name and a password"],
  ["HTTP/1.1 502 Bad Gateway\r\n\r\n", "network", "does not connect to"],
  ["HTTP/1.1 200 OK\r\n\r\nbytes of its own", "network", "bytes of its own into the tunnel"],
  ["HTTP/1.1 200", "network", "the connection broke"],
];

for (const [refusal, kind, said] of REFUSALS) {
  Deno.test(`a proxy that says ${JSON.stringify(refusal)} instead of opening a tunnel is named as the reason (${kind})`, async () => {
    await using proxy = tunnels(refusal);
    await withClient(new URL("https://store.example.com"), async (client, watch) => {
      const error = await assertRejects(() => client.request(GET, watch), TransferError);
      assertEquals(error.kind, kind);
      assertStringIncludes(error.message, said);
    }, { proxy: at(proxy) });
  });
}

Deno.test("proxies that cannot be used are refused before anything is sent", () => {
  const passage = { caCerts: [], proxy: "socks5://127.0.0.1:1" };
  const error = assertThrows(() => new HttpClient(new URL("https://store.example.com"), passage), TransferError);
  assertEquals(error.kind, "config");
});
