/** `addressing = own`: at a bucket's own domain its name stands in no request, whoever sends it; certificates come from folders, too. */
import { assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { migrate } from "../../lib/mod.ts";
import { readCertificates } from "../../lib/remote/certificates.ts";
import { withFolder } from "../e2e/trees.ts";

Deno.test("a bucket's own domain is asked without the bucket's name", () =>
  withFolder(async (folder) => {
    const asked: string[] = [];
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const { pathname, search } = new URL(request.url);
      asked.push(`${request.method} ${pathname}${search.includes("list-type") ? " list" : ""}`);
      const body = new Uint8Array(await request.arrayBuffer());
      if (request.method !== "GET") return new Response(null, { headers: { etag: `"${createHash("md5").update(body).digest("hex")}"` } });
      return new Response("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>", {
        headers: { "content-type": "application/xml" },
      });
    });
    try {
      await Deno.mkdir(`${folder}/in`);
      await Deno.writeTextFile(`${folder}/in/a`, "a");
      const { port } = server.addr;
      const end = await migrate({
        source: `${folder}/in/`,
        destination: "own://www.example.com/p/",
        stores: {
          own: {
            endpoint: `http://127.0.0.1:${port}`,
            addressing: "own",
            region: "us-east-1",
            accessKeyId: "testkey",
            secretAccessKey: "test-secret",
          },
        },
        workers: 1,
      });
      assertEquals([end.error, end.summary.done.objects], [undefined, 1]);
      assertEquals(asked, ["HEAD /", "GET / list", "PUT /p/a"]);
    } finally {
      await server.shutdown();
    }
  }));

Deno.test("readCertificates() takes a file, or all certificates of a folder, dangling links or not", () =>
  withFolder(async (folder) => {
    const text = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
    for (const name of ["a.pem", "b.crt", "9d66eef0.0"]) await Deno.writeTextFile(`${folder}/${name}`, text(name));
    await Deno.writeTextFile(`${folder}/readme.txt`, text("no"));
    await Deno.writeTextFile(`${folder}/key.pem`, "-----BEGIN PRIVATE KEY-----\n");
    await Deno.symlink("nowhere", `${folder}/x.pem`);
    assertEquals(readCertificates(folder).sort(), ["9d66eef0.0", "a.pem", "b.crt"].map(text));
    assertEquals(readCertificates(`${folder}/a.pem`), [text("a.pem")]);
    await Deno.mkdir(`${folder}/empty`);
    assertThrows(() => readCertificates(`${folder}/empty`), Error, "holds no certificates");
  }));
