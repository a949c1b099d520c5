/** Every key of the tables arrives through every door, and comes back as text. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { CP } from "../../lib/command/cp.ts";
import { jobOfPlaces } from "../../lib/command/places_request.ts";
import type { JobInput, StoreInput } from "../../lib/job/input_types.ts";
import { jobToIni } from "../../lib/job/job_ini.ts";
import { fieldOf, jobFromObject } from "../../lib/job/job_input.ts";
import type { Setting } from "../../lib/job/settings/setting.ts";
import { JOB_SETTINGS, STORE_SETTINGS } from "../../lib/job/settings/tables.ts";
import type { Job } from "../../lib/job_types.ts";
import { contextOf, onlyJob } from "./context.ts";

const CONTEXT = contextOf({
  readText: (path) => path.endsWith("mime.types") ? "text/x-own own\n" : "# c\n\n1 \r\n #2\n",
  cores: 2,
  env: (name) => name === "HOME" ? "/home/me" : undefined,
});

/** A value other than the default, for keys without an example or whose example needs more beside it. */
const SAMPLES: Readonly<Record<string, string>> = {
  min_size: "1 MiB",
  max_size: "2 GiB",
  keep_path: "no",
  root_node: "yes",
  filter_by: "parts",
  max_age: "30d",
  special: "skip",
  depth: "2",
  limit: "10",
  compare: "checksum",
  delete: "yes",
  max_delete: "5",
  allow_empty_source: "yes",
  dry_run: "on",
  final_check: "1",
  ask_to_clean: "y",
  verify: "full",
  part_size: "64 MiB",
  multipart_threshold: "1 GiB",
  copy_threshold: "6 MiB",
  unfinished: "abort",
  tree_format: "s3sync",
  times: "skip",
  metadata: "replace, Owner=Ann",
  tags: "a=1, b=2",
  workers: "7",
  parts_in_flight: "9",
  objects_in_flight: "10",
  bandwidth: "50 MiB/s",
  retries: "0",
  retry_delay: "1s",
  retry_growth: "constant",
  timeout: "2m",
  memory: "1 GiB",
  log_level: "debug",
  log_format: "json",
  progress: "none",
  log_objects: "yes",
  addressing: "path",
  requester_pays: "yes",
  anonymous: "yes",
  access_key_id: "A",
  secret_access_key: "S",
  session_token: "T",
  list_access_key_id: "LA",
  list_secret_access_key: "LS",
  provider: "r2",
  checksums: "none",
  conditional_writes: "no",
  listing: "v1",
  signature: "v1",
  dialect: "oss",
};

/** Keys that a key needs beside it, in a job or in a store. */
const BESIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  root_node: { tree_format: "s3sync" },
  filter_by: { filter: "+a" },
  filter_base: { filter: "+a" },
  kms_key_id: { sse: "aws:kms" },
  access_key_id: { secret_access_key: "S" },
  secret_access_key: { access_key_id: "A" },
  session_token: { access_key_id: "A", secret_access_key: "S" },
  list_access_key_id: { list_secret_access_key: "LS" },
  list_secret_access_key: { list_access_key_id: "LA" },
  dialect: { folder: "f" },
};

function valuesOf(setting: Setting): { alone: Record<string, string>; all: Record<string, string> } {
  const value = SAMPLES[setting.key] ?? setting.example;
  assert(value !== undefined, `${setting.key} needs a sample in this test`);
  const alone = { ...BESIDE[setting.key] };
  return { alone, all: { ...alone, [setting.key]: value } };
}

function fileText(values: Readonly<Record<string, string>>): string {
  return Object.entries(values).map(([key, value]) => `${key} = ${value}\n`).join("");
}

/** Without the words in which places were written, and without the name. */
function meaning({ name: _name, source, destination, ...rest }: Job): unknown {
  return { ...rest, source: { ...source, text: "" }, destination: { ...destination, text: "" } };
}

const PLACES = "source = in/\ndestination = s3://bucket/out/\n";

for (const setting of [...JOB_SETTINGS.values()].filter(({ kind }) => kind.is !== "location")) {
  const { key } = setting;
  Deno.test(`${key} arrives by file, flag, --set, [defaults] and script, and comes back as text`, () => {
    const { alone, all } = valuesOf(setting);
    const read = (values: Readonly<Record<string, string>>) => onlyJob(`[job.a]\n${PLACES}${fileText(values)}`, CONTEXT);
    const job = read(all);
    assertNotEquals(meaning(job), meaning(read(alone)));
    const flags = Object.entries(all).map(([key, value]) => `--${key.replaceAll("_", "-")}=${value}`);
    assertEquals(meaning(jobOfPlaces("cp", CP.read(["in/", "s3://bucket/out/", ...flags]), CONTEXT)), meaning(job));
    const overrides = Object.entries(all).map(([key, value]) => `${key}=${value}`);
    assertEquals(meaning(onlyJob(`[job.a]\n${PLACES}`, { ...CONTEXT, overrides })), meaning(job));
    assertEquals(meaning(onlyJob(`[defaults]\n${fileText(all)}[job.a]\n${PLACES}`, CONTEXT)), meaning(job));
    const fields = Object.fromEntries(Object.entries(all).map(([key, value]) => [fieldOf(key), value]));
    const input: JobInput = { source: "in/", destination: "s3://bucket/out/", ...fields };
    assertEquals(meaning(jobFromObject(input, CONTEXT)), meaning(job));
    assertEquals(meaning(onlyJob(jobToIni(job), CONTEXT)), meaning(job));
  });
}

for (const setting of STORE_SETTINGS.values()) {
  const { key } = setting;
  for (const type of setting.stores ?? []) {
    Deno.test(`${key} of a store of type ${type} arrives by file, flag and script, and comes back as text unless it is secret`, () => {
      const { alone, all } = valuesOf(setting);
      const folder: Record<string, string> = type === "local" || type === "embedded" ? { folder: "f" } : {};
      const store = (values: Readonly<Record<string, string>>) => `[store.source]\n${fileText({ type, ...folder, ...values })}`;
      const jobText = "[job.a]\nsource = source://bucket/in/\ndestination = out/\n";
      const env = (name: string) => ({ HOME: "/home/me", BACKUP_KEY_ID: "A", BACKUP_SECRET: "S", BACKUP_TOKEN: "T" })[name];
      const read = (values: Readonly<Record<string, string>>) => onlyJob(store(values) + jobText, { ...CONTEXT, env });
      const job = read(all);
      // One of two keys alone is a mistake.
      if (key !== "folder") assertNotEquals(job.source, read(/access_key/.test(key) ? {} : alone).source);
      const fields = Object.fromEntries(Object.entries({ type, ...folder, ...all }).map(([key, value]) => [fieldOf(key), value]));
      const stores: Record<string, StoreInput> = { source: fields };
      const input: JobInput = { source: "source://bucket/in/", destination: "out/", stores };
      assertEquals(meaning(jobFromObject(input, { ...CONTEXT, env })), meaning(job));
      if (type === "s3" || type === "oss") {
        const flags = Object.entries(all).map(([key, value]) => `--source-${key.replaceAll("_", "-")}=${value}`);
        const request = CP.read([`${type}://bucket/in/`, "out/", ...flags]);
        assertEquals(jobOfPlaces("cp", request, CONTEXT).source.store, job.source.store);
      }
      const again = jobToIni(job);
      if (/access_key|session_token/.test(key)) assert(!again.includes(all[key] ?? ""), again);
      // A folder is written as the path that it makes.
      else if (type === "local") assert(again.includes("source = /work/store/bucket/in/"), again);
      else assertEquals(onlyJob(again, { ...CONTEXT, env }).source.store, job.source.store);
    });
  }
}
