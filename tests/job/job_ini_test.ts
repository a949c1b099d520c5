/** Jobs back to text: what is written is read as the same job. */
import { assert, assertEquals } from "@std/assert";
import { parseJobFile } from "../../lib/job/job_file.ts";
import { jobToIni } from "../../lib/job/job_ini.ts";
import { jobFromObject } from "../../lib/job/job_input.ts";
import type { Job, Place } from "../../lib/job_types.ts";
import { contextOf, jobText, onlyJob } from "./context.ts";

function withoutText(place: Place): Omit<Place, "text"> {
  const { text: _text, ...rest } = place;
  return rest;
}

function comparable({ source, destination, ...rest }: Job): unknown {
  return { ...rest, source: withoutText(source), destination: withoutText(destination) };
}

const TEXTS: string[] = [
  jobText(""),
  jobText("source = in.txt"),
  jobText("source = back\\slash/"),
  jobText("source = s3://b//odd/ key/\ndestination = out"),
  jobText("include = *.{a,b}, c\\,d\nexclude = x\ndelete = yes\nmax_delete = 0\ndry_run = yes\nfinal_check = yes\ncompare = size"),
  jobText("part_size = 5 MiB\nmultipart_threshold = 5242881\nbandwidth = 1.5 MB/s\nretry_delay = 1234ms\ntimeout = 90s\nmemory = 100 MB"),
  jobText("metadata = replace, a=1, b=x\\,y\ntags = none\nsse = aws:kms\nkms_key_id = k\nstorage_class = GLACIER\nacl = private"),
  jobText('tags = a=1\ncontent_type = "quoted\ncache_control = " spaced "\nhooks = h.ts\nmanifest = m\nlog_level = error\nprogress = bar'),
  jobText("acl = $${A} ${B}"),
  `[store.m]\nendpoint = http://m\nregion = r\nprofile = p\naddressing = virtual\nca_file = c\nproxy = http://p\nrequester_pays = yes\n` +
  jobText("source = m://b/k"),
  `[store.s3]\nregion = r\n${jobText("source = s3://b/")}`,
  `[store.e]\ntype = embedded\nfolder = f\n${jobText("source = e://b/")}`,
];

for (const text of TEXTS) {
  Deno.test(`jobToIni() is read back as the same job: ${text.replaceAll("\n", " | ")}`, () => {
    const job = onlyJob(text, { env: (name) => name === "B" ? "${C}" : undefined });
    const [again] = parseJobFile(jobToIni(job), contextOf());
    assert(again !== undefined);
    assertEquals(comparable(again), comparable(job));
  });
}

Deno.test("jobToIni() writes what differs from the defaults, and no more", () => {
  assertEquals(
    jobToIni(onlyJob(jobText("retries = 1"))),
    "[job.a]\nsource = /work/in/\ndestination = s3://bucket/out/\nworkers = 1\nretries = 1\n",
  );
});

Deno.test("jobToIni() writes no secret", () => {
  const store = "[store.m]\naccess_key_id = AKID\nsecret_access_key = hunter2\nsession_token = hunter2\nproxy = http://u:hunter2@p\n";
  const text = jobToIni(onlyJob(store + jobText("source = m://b/")));
  assert(!text.includes("hunter2") && !text.includes("AKID"), text);
  assert(text.includes("# access keys are not shown"), text);
});

Deno.test("jobToIni() shows in a comment what INI cannot say", () => {
  const job = jobFromObject({ source: "s3://b/a\nb", destination: "s3://c/" }, contextOf({ file: "job" }));
  assert(jobToIni(job).includes('# source = "s3://b/a\\nb" (a line break cannot be said here)'), jobToIni(job));
});
