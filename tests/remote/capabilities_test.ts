import { assert, assertEquals } from "@std/assert";
import { PROVIDER_NAMES } from "../../lib/job/settings/store.ts";
import { capabilitiesOf, habitsOf, providerAt } from "../../lib/remote/capabilities.ts";
import { PART_COUNT_MAX, PART_SIZE_MAX_BYTES } from "../../lib/limits.ts";

const HOSTS: readonly (readonly [endpoint: string | undefined, provider: string])[] = [
  [undefined, "aws"],
  ["https://s3.eu-west-1.amazonaws.com", "aws"],
  ["https://s3.cn-north-1.amazonaws.com.cn", "aws"],
  ["https://abc.r2.cloudflarestorage.com", "r2"],
  ["https://storage.googleapis.com", "gcs"],
  ["https://oss-cn-hangzhou.aliyuncs.com", "oss"],
  ["https://s3.wasabisys.com", "wasabi"],
  ["https://s3.us-west-004.backblazeb2.com:443/", "b2"],
  ["https://s3.fr-par.scw.cloud", "scaleway"],
  ["https://gateway.storjshare.io", "storj"],
  ["http://127.0.0.1:9000", "generic"],
  ["https://amazonaws.com.example.org", "generic"],
  ["https://notamazonaws.com", "generic"],
];

Deno.test("capabilitiesOf() chooses the row by host", () => {
  for (const [endpoint, provider] of HOSTS) assertEquals(capabilitiesOf(endpoint).provider, provider, String(endpoint));
});

Deno.test("capabilitiesOf() stays within what S3 allows", () => {
  for (const [endpoint] of HOSTS) {
    const row = capabilitiesOf(endpoint);
    assert(row.partCountMax >= 1 && row.partCountMax <= PART_COUNT_MAX, row.provider);
    assert(row.partSizeMinBytes < row.partSizeMaxBytes && row.partSizeMaxBytes <= PART_SIZE_MAX_BYTES, row.provider);
  }
});

Deno.test("capabilitiesOf() never trusts an ETag as MD5 where it is none, and knows the small limits", () => {
  for (const host of ["abc.r2.cloudflarestorage.com", "oss-cn-hangzhou.aliyuncs.com"]) {
    assert(!capabilitiesOf(`https://${host}`).ownDigests.includes("md5"));
  }
  assertEquals(capabilitiesOf("https://s3.fr-par.scw.cloud").partCountMax, 1000);
  assertEquals(capabilitiesOf("https://storage.googleapis.com").serverSideCopy, false);
  assertEquals(capabilitiesOf("http://localhost:9000").checksums.length, 5);
});

Deno.test("habitsOf() knows who refuses path-style addresses and batch deletes", () => {
  assert(habitsOf(providerAt("https://oss-cn-hangzhou.aliyuncs.com")).virtualOnly);
  assert(!habitsOf(providerAt("https://storage.googleapis.com")).deletesMany);
  assert(habitsOf(providerAt(undefined)).uploadsByPrefix);
  assert(!habitsOf(providerAt("http://localhost:9000")).uploadsByPrefix);
});

Deno.test("every provider that the job file can name is a row of the table", () => {
  for (const provider of PROVIDER_NAMES) assertEquals(capabilitiesOf("http://gateway.example.org", { provider }).provider, provider);
  assert(habitsOf("oss").virtualOnly);
});

Deno.test("capabilitiesOf() believes the job file before the table", () => {
  const behind = capabilitiesOf("https://gateway.example.org", { provider: "r2", checksums: "all", conditionalWrites: false });
  assertEquals([behind.provider, behind.checksums.length, behind.conditionalWrites, behind.tags], ["r2", 5, false, false]);
  assertEquals(capabilitiesOf(undefined, { checksums: "none" }).checksums, []);
});
