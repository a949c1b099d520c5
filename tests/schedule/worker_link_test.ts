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

Deno.test("the worker dies of what nobody caught without a word on stderr: only main says what may be said", async () => {
  const at = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { linkWorker } from ${at("../../lib/schedule/worker_link.ts")};
    const worker = new Worker(${at("../../workers/transfer.ts")}, { type: "module" });
    const link = linkWorker(worker);
    link.onDeath = ({ kind, message }) => {
      console.log(kind, message);
      Deno.exit(0);
    };
    link.onEvent = () => worker.postMessage(null);`;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/script.ts`, script);
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const args = ["run", "-A", "--no-check", "--config", config, `${folder}/script.ts`];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    assertStringIncludes(new TextDecoder().decode(stdout), "crash Worker died: ");
    assertEquals(new TextDecoder().decode(stderr), "");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
