import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { withSecondKeys } from "../../lib/store/second_keys.ts";
import { type Script, scriptedStore } from "../plan/scripted_store.ts";

const REFUSED = new TransferError("config", "AccessDenied", { status: 403, code: "AccessDenied" });

function pair(first: Script) {
  const second = scriptedStore("second", { objects: [{ key: "s" }] });
  return { second, both: withSecondKeys(scriptedStore("first", first), second) };
}

Deno.test("the second keys list only where the first are refused from the start", async () => {
  const allowed = pair({ objects: [{ key: "f" }] });
  assertEquals((await Array.fromAsync(allowed.both.list({ prefix: "" }))).flat().map(({ key }) => key), ["f"]);
  assertEquals(allowed.second.calls, []);
  const refused = pair({ objects: [], listError: REFUSED });
  assertEquals((await Array.fromAsync(refused.both.list({ prefix: "" }))).flat().map(({ key }) => key), ["s"]);
  const later = pair({ objects: [{ key: "f" }], listError: REFUSED });
  await assertRejects(() => Array.fromAsync(later.both.list({ prefix: "" })), TransferError, "AccessDenied");
  const broken = pair({ objects: [], listError: new TransferError("server", "InternalError", { status: 500 }) });
  await assertRejects(() => Array.fromAsync(broken.both.list({ prefix: "" })), TransferError, "InternalError");
  assertEquals(broken.second.calls, []);
});

Deno.test("the second keys look only where the first are refused", async () => {
  const { second, both } = pair({ objects: [{ key: "f" }] });
  assertEquals([(await both.head("f"))?.key, await both.head("s")], ["f", undefined]);
  assertEquals(second.calls, []);
  const blind = scriptedStore("first", {});
  blind.head = () => Promise.reject(REFUSED);
  assertEquals((await withSecondKeys(blind, second).head("s"))?.key, "s");
});
