/**
 * The program: signals, the chosen command, the exit code. The first interrupt stops cleanly, the second at once.
 */
import { readCommandLine } from "./lib/command/commands.ts";
import type { Terminal } from "./lib/command/terminal.ts";

/** Exit codes, which errors.ts has as well; here nothing is loaded before it is needed. */
const BUG = 3;
const INTERRUPTED = 130;

async function main(args: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  const onInterrupt = () => {
    if (interrupt.signal.aborted) Deno.exit(INTERRUPTED);
    interrupt.abort(new DOMException("Interrupted", "AbortError"));
  };
  // SIGHUP: a terminal that was closed. Unfinished uploads stay for the next run, as after any interrupt.
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT", "SIGHUP"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) Deno.addSignalListener(signal, onInterrupt);
  const words = () => import("./lib/command/terminal.ts");
  let opened: Promise<Terminal> | undefined;
  const terminal = () => opened ??= words().then(({ openTerminal }) => openTerminal(interrupt.signal));
  // What nobody caught is a bug; the runtime would print it raw, with whatever it holds, and call it exit code 1.
  const onUncaught = (event: PromiseRejectionEvent | ErrorEvent) => {
    event.preventDefault();
    const thrown = "reason" in event ? event.reason : event.error;
    words().then(async ({ reportUncaught }) => reportUncaught(await terminal(), thrown)).finally(() => Deno.exit(BUG));
  };
  globalThis.addEventListener("unhandledrejection", onUncaught);
  globalThis.addEventListener("error", onUncaught);
  try {
    const { command, request } = await readCommandLine(args);
    return await command.run(request, terminal);
  } catch (thrown) {
    return (await words()).reportError(await terminal(), thrown);
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
