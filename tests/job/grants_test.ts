import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../../lib/job/mistake.ts";
import { grants } from "../../lib/job/settings/header_kinds.ts";
import { contextOf, jobText, mistakesOf, onlyJob } from "./context.ts";

const readGrants = (items: readonly string[]) => grants().read({ text: "", items: () => items, context: contextOf() });

Deno.test("grants() tells an email address, a group and an id", () => {
  assertEquals(readGrants(["read:a@b.example", "FULL_CONTROL: http://acs.amazonaws.com/groups/global/AllUsers", "write_acp:79a5"]), [
    { permission: "READ", by: "emailAddress", grantee: "a@b.example" },
    { permission: "FULL_CONTROL", by: "uri", grantee: "http://acs.amazonaws.com/groups/global/AllUsers" },
    { permission: "WRITE_ACP", by: "id", grantee: "79a5" },
  ]);
});

for (const item of ["READ", "READ:", ":a@b", "WRITE:a@b", "REED:a@b", 'READ:a"b', "READ:a\nb", "READ:ä@b", "READ:a\\b", "READ:a b"]) {
  Deno.test(`grants() refuses ${JSON.stringify(item)}`, () => void assertThrows(() => readGrants([item]), Problem));
}

Deno.test("a job has up to 100 grants, and no canned ACL beside them", () => {
  const grants = (count: number) => `grant = ${Array.from({ length: count }, (_, at) => `READ:id${at}`).join(", ")}`;
  assertEquals(onlyJob(jobText(grants(100))).rules.headers.set.grants?.length, 100);
  assertEquals(mistakesOf(jobText(grants(101))).length, 1);
  assertEquals(
    mistakesOf(jobText(`${grants(1)}\nacl = private`)),
    [
      "jobs.ini:3 [job.a] acl = private: a canned ACL and grants exclude each other; keep one of them",
    ].map((text) => text.replace(":3 ", `:${lineOf(`${grants(1)}\nacl = private`)} `)),
  );
});

Deno.test("keys that only look come in pairs, beside any other keys", () => {
  const store = (lines: string) => `[store.m]\n${lines}\n${jobText("source = m://b/")}`;
  const { source } = onlyJob(store("profile = p\nlist_access_key_id = L\nlist_secret_access_key = S"));
  assertEquals(source.store.type === "s3" && source.store.listCredentials, { accessKeyId: "L", secretAccessKey: "S" });
  assertEquals(mistakesOf(store("list_access_key_id = L")).length, 1);
  assertEquals(mistakesOf(store("list_secret_access_key = hunter2")).some((text) => text.includes("hunter2")), false);
  assertEquals(mistakesOf(store("list_secret_access_key = hunter2")).length, 1);
});

function lineOf(lines: string): number {
  return jobText(lines).split("\n").findIndex((line) => line.startsWith("acl")) + 1;
}
