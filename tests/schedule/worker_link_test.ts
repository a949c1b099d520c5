/** The link over real Web Workers: messages, deaths, and main that survives them. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { linkWorker, type WorkerLink } from "../../lib/schedule/worker_link.ts";
import type { WorkerEvent } from "../../lib/protocol.ts";
import type { WireError } from "../../lib/types.ts";

function start(code: string): WorkerLink {
  return linkWorker(new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" }));
}

function nextDeath(link: WorkerLink): Promise<WireError> {
  return new Promise((resolve) => link.onDeath = resolve);
}

Deno.test("linkWorker() passes commands and events", async () => {
  const link = start(`onmessage = (event) => postMessage({ type: "fatal", error: { kind: "bug", message: event.data.type } });`);
  const answer = new Promise<WorkerEvent>((resolve) => link.onEvent = resolve);
  link.post({ type: "drain" });
  assertEquals(await answer, { type: "fatal", error: { kind: "bug", message: "drain" } });
  link.terminate();
  link.terminate();
  link.post({ type: "drain" });
});

Deno.test("linkWorker() turns an uncaught error into a death that main survives", async () => {
  const link = start(`onmessage = () => { throw new Error("lost my head"); };`);
  const death = nextDeath(link);
  link.post({ type: "cancel" });
  const { kind, message } = await death;
  assertEquals(kind, "crash");
  assertStringIncludes(message, "lost my head");
  link.terminate();
});

Deno.test("linkWorker() turns an unhandled rejection into a death that main survives", async () => {
  const link = start(`onmessage = () => { Promise.reject(new Error("nobody caught me")); };`);
  const death = nextDeath(link);
  link.post({ type: "cancel" });
  assertStringIncludes((await death).message, "nobody caught me");
  link.terminate();
});

Deno.test("linkWorker() turns code that fails while it loads into a death that main survives", async () => {
  const link = start(`throw new Error("bad module");`);
  assertEquals((await nextDeath(link)).kind, "crash");
  link.terminate();
});
