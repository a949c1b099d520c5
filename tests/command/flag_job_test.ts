/** Flags through the checker of the job file. */
import { assertEquals, assertThrows } from "@std/assert";
import { CP } from "../../lib/command/cp.ts";
import { jobOfPlaces } from "../../lib/command/places_request.ts";
import type { PlacesRequest } from "../../lib/command/places_request.ts";
import { UPLOADS, uploadsPlace } from "../../lib/command/uploads.ts";
import { JobFileError, mistakeText } from "../../lib/job/mistake.ts";
import type { JobContext } from "../../lib/job/raw_job.ts";
import { contextOf, onlyJob } from "../job/context.ts";

function cp(...args: string[]): PlacesRequest {
  return CP.read(args);
}

function cpToJob(request: PlacesRequest, context: JobContext) {
  return jobOfPlaces("cp", request, context);
}

function uploads(...args: string[]) {
  return UPLOADS.read(args);
}

Deno.test("cpToJob() gives the job that the same keys in a file give", () => {
  const flags = [
    "--part-size",
    "64 MiB",
    "--include",
    "*.a",
    "--include",
    "b,c\\,d",
    "--metadata",
    "replace,x=1",
    "--tags=a=1",
    "--delete",
  ];
  const keys = "part_size = 64 MiB\ninclude = *.a, b, c\\,d\nmetadata = replace,x=1\ntags = a=1\ndelete = yes";
  const job = onlyJob(`[job.cp]\nsource = in/\ndestination = s3://b/out/\n${keys}`);
  assertEquals(cpToJob(cp("in/", "s3://b/out/", ...flags), contextOf()), job);
});

Deno.test("cpToJob() gives each side its own s3://", () => {
  const flags = ["--source-endpoint=http://h:9", "--source-addressing=path", "--destination-profile", "backup"];
  const { source, destination } = cpToJob(cp("s3://b/x", "s3://b/x", ...flags), contextOf());
  assertEquals(source.store, { type: "s3", name: "source", endpoint: "http://h:9", addressing: "path", requesterPays: false });
  assertEquals(destination.store, { type: "s3", name: "destination", profile: "backup", addressing: "auto", requesterPays: false });
  assertEquals([source.text, destination.text], ["s3://b/x", "s3://b/x"]);
});

Deno.test("a flag means what the same value means in a job file, and anything else is a mistake", () => {
  const key = (name: string) => name.replaceAll("-", "_");
  const deleted = (...flags: string[]) => cpToJob(cp("in/", "s3://b/out/", ...flags), contextOf()).delete;
  for (const value of ["yes", "Y", "true", "on", "1", "no", "n", "NO", "False", "off", "0"]) {
    assertEquals(
      deleted(`--delete=${value}`),
      onlyJob(`[job.a]\nsource = in/\ndestination = s3://b/out/\ndelete = ${value}`).delete,
      value,
    );
  }
  assertEquals([deleted("--delete"), deleted("--delete", "--delete=no"), deleted()], [true, false, false]);
  for (
    const [flag, value] of [["delete", "maybe"], ["dry-run", "2"], ["part-size", "8 Mi"], ["timeout", "60"], ["retries", "1.5"]] as const
  ) {
    const inFile = assertThrows(
      () => onlyJob(`[job.a]\nsource = in/\ndestination = s3://b/out/\n${key(flag)} = ${value}`),
      JobFileError,
    ).mistakes[0]?.problem;
    const error = assertThrows(() => cpToJob(cp("in/", "s3://b/out/", `--${flag}=${value}`), contextOf()), JobFileError);
    assertEquals(error.mistakes.map(({ key, problem }) => [key, problem]), [[`--${flag}`, inFile]]);
  }
});

Deno.test("cpToJob() gives flags of a store without a side to the one side that is a store", () => {
  const { source, destination } = cpToJob(cp("in/", "s3://b/", "--endpoint", "http://h", "--destination-region=r"), contextOf());
  assertEquals(source.store.type, "local");
  assertEquals(destination.store.type === "s3" && [destination.store.endpoint, destination.store.region], ["http://h", "r"]);
  const error = assertThrows(() => cpToJob(cp("in/", "s3://b/", "--endpoint=x"), contextOf()), JobFileError);
  assertEquals(error.mistakes.map(({ key }) => key), ["--endpoint"]);
});

Deno.test("cpToJob() does not read ${NAME}: the shell did", () => {
  assertEquals(cpToJob(cp("${A}/", "s3://b/"), contextOf()).source.bucket, "/work/${A}");
});

const MISTAKES: [args: string[], mistakes: string[]][] = [
  [["a/", "b/", "--part-size=1", "--compare=x"], [
    "command line --compare = x: write auto, size, mtime, checksum, absent or always",
    "command line --part-size = 1: too small; write auto or 5 MiB to 5 GiB",
  ]],
  [["a/", "a/"], ["command line destination = a/: source and destination are the same place; change one of them"]],
  [["a/", "s3://b/", "--source-region=x"], [
    "command line source = a/: flags --source-… describe a store; write the source as s3://bucket/prefix/ or oss://bucket/prefix/",
  ]],
  [["s3://b/", "a/", "--source-endpoint=x", "--source-secret-access-key=hunter2"], [
    "command line --source-endpoint = x: not an http or https URL; write it like https://s3.example.com",
    "command line --source-secret-access-key = ***: access_key_id is missing beside it",
  ]],
  [["s3://b/", "a/", "--source-type=embedded"], [
    "command line --source-folder: a store of type embedded needs a folder; write folder = PATH",
  ]],
];

for (const [args, mistakes] of MISTAKES) {
  Deno.test(`cpToJob() refuses ${args.join(" ")}`, () => {
    const error = assertThrows(() => cpToJob(cp(...args), contextOf()), JobFileError);
    assertEquals(error.mistakes.map(mistakeText).sort(), [...mistakes].sort());
  });
}

Deno.test("uploadsPlace() looks where it is told", () => {
  const place = uploadsPlace(uploads("s3://b/p/", "--endpoint", "http://h"), contextOf());
  assertEquals([place.bucket, place.key, place.tree, place.store.type === "s3" && place.store.endpoint], ["b", "p/", true, "http://h"]);
  assertEquals(uploadsPlace(uploads("s3://b/k"), contextOf()).tree, false);
  assertEquals(uploadsPlace(uploads("folder/"), contextOf()).bucket, "/work/folder");
});

Deno.test("uploadsPlace() refuses flags of a store for a folder, and stores it does not know", () => {
  assertThrows(() => uploadsPlace(uploads("folder/", "--region=x"), contextOf()), JobFileError, "flags of a store need a location s3://");
  assertThrows(() => uploadsPlace(uploads("x://b/"), contextOf()), JobFileError, "there is no [store.x]");
  assertThrows(() => uploadsPlace(uploads("s3://b/", "--endpoint=x"), contextOf()), JobFileError, "--endpoint = x: not an http");
});

Deno.test("cpToJob() makes flags of an oss:// side a store of type oss, and none Alibaba's own", () => {
  const command = cp("oss://b/p/", "oss://c/p/", "--source-region", "cn-beijing", "--source-signature", "v1");
  const { source, destination } = cpToJob(command, contextOf());
  assertEquals(source.store, {
    type: "oss",
    name: "source",
    region: "cn-beijing",
    addressing: "auto",
    signature: "v1",
    requesterPays: false,
  });
  assertEquals(destination.store, { type: "oss", name: "oss", addressing: "auto", signature: "v4", requesterPays: false });
});
