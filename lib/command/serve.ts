/**
 * `main.ts serve FOLDER`: the embedded store on loopback until it is interrupted. Its one line on stdout is for the programs that use it.
 */
import { startEmbeddedStore } from "../embedded/embedded.ts";
import { asTransferError, EXIT, TransferError } from "../errors.ts";
import type { ServeCommand } from "../job/command.ts";
import type { Console } from "./console.ts";

/** Ends with 0 at the first interrupt. Throws `config` when the folder or the port cannot be used. */
export async function serve(console: Console, command: ServeCommand): Promise<number> {
  const store = await startEmbeddedStore({ folder: command.folder, port: command.port, ...command.keys }).catch((error) => {
    throw new TransferError("config", `Cannot serve ${command.folder}: ${asTransferError(error).message}`, { cause: error });
  });
  Deno.stdout.writeSync(new TextEncoder().encode(`${store.endpoint} ${store.accessKeyId} ${store.secretAccessKey}\n`));
  console.people.line(`Serving ${command.folder} on ${store.endpoint} until interrupted`);
  if (!console.signal.aborted) {
    await new Promise<void>((resolve) => console.signal.addEventListener("abort", () => resolve(), { once: true }));
  }
  await store.close();
  return EXIT.ok;
}
