/** Flags through the checker of the job file. */
import { assertEquals, assertThrows } from "@std/assert";
import type { CpCommand, UploadsCommand } from "../../lib/job/command.ts";
import { parseCommandLine } from "../../lib/job/command_line.ts";
import { cpToJob, uploadsPlace } from "../../lib/job/flag_job.ts";
import { JobFileError, mistakeText } from "../../lib/job/mistake.ts";
import { contextOf, onlyJob } from "./context.ts";

function cp(...args: string[]): CpCommand {
  const command = parseCommandLine(["cp", ...args]);
  if (command.kind !== "cp") throw new Error("not cp");
  return command;
}

function uploads(...args: string[]): UploadsCommand {
  const command = parseCommandLine(["uploads", ...args]);
  if (command.kind !== "uploads") throw new Error("not uploads");
  return command;
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
    "command line folder: a store of type embedded needs a folder; write folder = PATH",
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
