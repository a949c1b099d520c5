/** The shared AWS files as boto reads them. */
import { assertEquals } from "@std/assert";
import { inSdkSpelling } from "../../lib/remote/aws_files.ts";

Deno.test("inSdkSpelling() takes keys in capitals and with colons, and leaves values, sections and nested lines", () => {
  const text = [
    "[default]",
    "AWS_ACCESS_KEY_ID: AKIA",
    "aws_secret_access_key = a=b:c/D",
    "role_arn = arn:aws:iam::1:role/R",
    "# Region: none",
    "s3 =",
    "  Max_Concurrent_Requests = 3",
    "[profile A:b]",
    "Region:eu-west-1",
    "",
  ];
  assertEquals(inSdkSpelling(text.join("\r\n")).split("\r\n"), [
    "[default]",
    "aws_access_key_id = AKIA",
    "aws_secret_access_key = a=b:c/D",
    "role_arn = arn:aws:iam::1:role/R",
    "# Region: none",
    "s3 = ",
    "  Max_Concurrent_Requests = 3",
    "[profile A:b]",
    "region = eu-west-1",
    "",
  ]);
});
