import { assertEquals } from "@std/assert";
import { proxyFor } from "../../lib/remote/proxy_choice.ts";

/** NO_PROXY, a URL, and whether it goes direct. */
const TABLE: readonly (readonly [string, string, boolean])[] = [
  ["", "http://s3.example.com/", false],
  ["*", "http://s3.example.com/", true],
  ["other.com, *", "http://s3.example.com/", true],
  ["s3.example.com", "http://s3.example.com/", true],
  ["S3.Example.com", "http://s3.example.com/", true],
  ["example.com", "http://s3.example.com/", true],
  [".example.com", "http://s3.example.com/", true],
  ["*.example.com", "http://s3.example.com/", true],
  ["ample.com", "http://s3.example.com/", false],
  ["a.s3.example.com", "http://s3.example.com/", false],
  ["localhost 127.0.0.1", "http://127.0.0.1:9000/", true],
  ["127.0.0.1:9000", "http://127.0.0.1:9000/", true],
  ["127.0.0.1:9001", "http://127.0.0.1:9000/", false],
  ["s3.example.com:443", "https://s3.example.com/", true],
  ["s3.example.com:80", "https://s3.example.com/", false],
  ["10.0.0.0/8", "http://10.20.30.40:9000/", true],
  ["10.0.0.0/8", "http://11.20.30.40:9000/", false],
  ["10.20.30.32/28", "http://10.20.30.40/", true],
  ["10.20.30.48/28", "http://10.20.30.40/", false],
  ["0.0.0.0/0", "http://10.20.30.40/", true],
  ["10.0.0.0/8", "http://ten.example.com/", false],
  ["10.0.0.0/x", "http://10.20.30.40/", false],
  ["0.0.1", "http://127.0.0.1/", false],
  ["[::1]", "http://[::1]:9000/", true],
  ["[::1]:9000", "http://[::1]:9000/", true],
  ["fd00::/8", "http://[fd12:3456::1]/", true],
  ["fd00::/8", "http://[fe80::1]/", false],
];

for (const [list, url, direct] of TABLE) {
  Deno.test(`NO_PROXY = "${list}": ${url} goes ${direct ? "direct" : "through the proxy"}`, () => {
    const environment: Record<string, string> = { all_proxy: "http://proxy:3128", no_proxy: list };
    assertEquals(proxyFor(new URL(url), (name) => environment[name]), direct ? undefined : "http://proxy:3128");
  });
}

Deno.test("proxyFor() takes the variable of the scheme, in small letters first, and completes what has no scheme", () => {
  const environment: Record<string, string> = {
    HTTPS_PROXY: "proxy.example:3128",
    https_proxy: "",
    http_proxy: "http://a:1",
    HTTP_PROXY: "http://b:2",
  };
  const proxyOf = (url: string) => proxyFor(new URL(url), (name) => environment[name]);
  assertEquals([proxyOf("https://s3/"), proxyOf("http://s3/")], ["https://proxy.example:3128", "http://a:1"]);
  assertEquals(proxyFor(new URL("http://s3/"), () => undefined), undefined);
});
