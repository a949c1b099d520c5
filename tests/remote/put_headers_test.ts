import { assertEquals } from "@std/assert";
import { objectHeaders } from "../../lib/remote/put.ts";

Deno.test("objectHeaders() gives one header for each permission, all its grantees in it", () => {
  const grants = [
    { permission: "READ", by: "emailAddress", grantee: "a@b.example" },
    { permission: "FULL_CONTROL", by: "id", grantee: "79a5" },
    { permission: "READ", by: "uri", grantee: "http://g" },
  ] as const;
  const expected = { "x-amz-grant-read": 'emailAddress="a@b.example", uri="http://g"', "x-amz-grant-full-control": 'id="79a5"' };
  assertEquals(objectHeaders({ grants }, undefined), expected);
});
