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
  let opened: Promise<Terminal> | undefined;
  const terminal = () => opened ??= import("./lib/command/terminal.ts").then(({ openTerminal }) => openTerminal(interrupt.signal));
  const report = async (thrown: unknown) => (await import("./lib/command/report_error.ts")).reportError(await terminal(), thrown);
  const reportUncaught = async (thrown: unknown) => (await import("./lib/command/report_error.ts")).reportBug(await terminal(), thrown);
  // What nobody caught is a bug; the runtime would print it raw, with whatever it holds, and call it exit code 1.
  const onUncaught = (event: PromiseRejectionEvent | ErrorEvent) => {
    event.preventDefault();
    reportUncaught("reason" in event ? event.reason : event.error).finally(() => Deno.exit(BUG));
  };
  globalThis.addEventListener("unhandledrejection", onUncaught);
  globalThis.addEventListener("error", onUncaught);
  try {
    const { command, request } = await readCommandLine(args);
    return await command.run(request, terminal);
  } catch (thrown) {
    return await report(thrown);
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
