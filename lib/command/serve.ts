/**
 * `main.ts serve FOLDER`: the embedded store on loopback until it is interrupted. Its one line on stdout is for the programs that use it.
 */
import { startEmbeddedStore } from "../embedded/embedded.ts";
import { asTransferError, EXIT, notAllowed, TransferError } from "../errors.ts";
import type { ServeCommand } from "../job/command.ts";
import { printable } from "../report/escape.ts";
import type { Terminal } from "./terminal.ts";

/** Ends with 0 at the first interrupt. Throws `config` when the folder or the port cannot be used. */
export async function serve(terminal: Terminal, command: ServeCommand): Promise<number> {
  const store = await startEmbeddedStore({ folder: command.folder, port: command.port, ...command.keys }).catch((error) => {
    throw notAllowed(error, `Cannot serve ${command.folder}`) ??
      new TransferError("config", `Cannot serve ${command.folder}: ${asTransferError(error).message}`, { cause: error });
  });
  // Who gave the keys knows them: a secret is told only where it was made here.
  const made = command.keys === undefined ? ` ${store.secretAccessKey}` : "";
  Deno.stdout.writeSync(new TextEncoder().encode(`${store.endpoint} ${store.accessKeyId}${made}\n`));
  terminal.people.line(printable(`Serving ${command.folder} on ${store.endpoint} until interrupted`));
  if (!terminal.signal.aborted) {
    await new Promise<void>((resolve) => terminal.signal.addEventListener("abort", () => resolve(), { once: true }));
  }
  await store.close();
  return EXIT.ok;
}
