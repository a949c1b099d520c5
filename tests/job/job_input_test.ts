/** Jobs of scripts through the checker of the job file. */
import { assertEquals, assertThrows } from "@std/assert";
import type { JobInput } from "../../lib/job/input_types.ts";
import { fieldOf, jobFromObject } from "../../lib/job/job_input.ts";
import { JobFileError, mistakeText } from "../../lib/job/mistake.ts";
import { INPUT_TYPES, inputTypesText } from "../../tools/write_settings.ts";
import { contextOf, onlyJob } from "./context.ts";

Deno.test("the fields of a script's job are those that the tables make; if not: deno run -A tools/write_settings.ts", async () => {
  assertEquals(await Deno.readTextFile(INPUT_TYPES), inputTypesText());
  assertEquals(fieldOf("kms_key_id"), "kmsKeyId");
});

Deno.test("jobFromObject() gives the job that the same keys in a file give", () => {
  const input: JobInput = {
    name: "a",
    source: "m://b/in/",
    destination: "out/",
    stores: { m: { endpoint: "http://h", requesterPays: true, accessKeyId: "A", secretAccessKey: "S" } },
    include: ["*.{a,b}", "c,d"],
    delete: true,
    partSize: 8388608,
    timeout: 90_000,
    retryDelay: "2s",
    bandwidth: "1 MiB/s",
    metadata: { Owner: "A, B", x: "copy" },
    tags: "none",
    workers: "auto",
  };
  const text = `[store.m]\nendpoint = http://h\nrequester_pays = yes\naccess_key_id = A\nsecret_access_key = S
[job.a]\nsource = m://b/in/\ndestination = out/\ninclude = *.{a,b}, c\\,d\ndelete = yes\npart_size = 8 MiB\ntimeout = 90s
retry_delay = 2s\nbandwidth = 1 MiB/s\nmetadata = Owner=A\\, B, x=copy\ntags = none`;
  assertEquals(jobFromObject(input, contextOf()), onlyJob(text));
});

Deno.test("jobFromObject() names the job and leaves ${NAME} alone", () => {
  const job = jobFromObject({ source: "${A}/", destination: "s3://b/" }, contextOf());
  assertEquals([job.name, job.source.bucket], ["job", "/work/${A}"]);
});

const MISTAKES: [input: unknown, mistakes: string[]][] = [
  [{}, [
    "job source: the job has no source; write source = PATH or NAME://bucket/prefix/",
    "job destination: the job has no destination; write destination = PATH or NAME://bucket/prefix/",
  ]],
  [{ source: "a/", destination: "b/", partSise: 1 }, ["job partSise: unknown field; did you mean partSize?"]],
  [{ source: "a/", destination: "b/", partSize: 1 }, ["job partSize = 1: too small; write auto or 5 MiB to 5 GiB"]],
  [{ source: "a/", destination: "b/", partSize: Number.NaN }, [
    "job partSize = NaN: not a size; write auto or 5 MiB to 5 GiB, with B, KiB, MiB, GiB, TiB, KB, MB, GB or TB",
  ]],
  [{ source: "a/", destination: "b/", include: [1] }, [
    "job include: write a text, a number, true or false, a list of texts or a record of texts",
  ]],
  [{ source: "a/", destination: null }, [
    "job destination: write a text, a number, true or false, a list of texts or a record of texts",
    "job destination: the job has no destination; write destination = PATH or NAME://bucket/prefix/",
  ]],
  [{ source: "x://a/", destination: "b/", stores: { x: { endpont: "http://h", secretAccessKey: "hunter2" } } }, [
    "job [stores.x] endpont: unknown field; did you mean endpoint?",
    "job [stores.x] secretAccessKey = ***: access_key_id is missing beside it",
  ]],
  [{ source: "x://a/", destination: "b/", stores: { x: null } }, ["job [stores.x]: write an object with the keys of a store"]],
  [null, [
    "job source: the job has no source; write source = PATH or NAME://bucket/prefix/",
    "job destination: the job has no destination; write destination = PATH or NAME://bucket/prefix/",
  ]],
  [{ source: "a/", destination: "s3://b/", contentType: "a\r\nb", metadata: { x: "1\n2" }, tags: { y: "\0" } }, [
    "job contentType = a\uFFFD\uFFFDb: the value must be one line of text",
    "job metadata = x=1\uFFFD2: the value must be one line of text",
    "job tags = y=\uFFFD: the value must be one line of text",
  ]],
  [{ source: "a\0", destination: "b" }, ["job source = a\uFFFD: a path cannot hold a NUL character"]],
];

for (const [input, mistakes] of MISTAKES) {
  Deno.test(`jobFromObject() refuses ${JSON.stringify(input)}`, () => {
    const error = assertThrows(() => jobFromObject(input as JobInput, contextOf({ file: "job" })), JobFileError);
    assertEquals(error.mistakes.map(mistakeText), mistakes);
  });
}
