/** `sluice serve FOLDER`: the embedded store on loopback until it is interrupted. Its one line on stdout is for programs that use it. */
import { cannotBegin, EXIT } from "../errors.ts";
import { printable } from "../report/escape.ts";
import type { Command } from "./command.ts";
import { type FlagTakes, readFlags, textOf, usage } from "./flags.ts";

/** See the file comment. */
interface ServeRequest {
  readonly kind: "serve";
  readonly folder: string;
  /** 0 means any free port. */
  readonly port: number;
  /** Absent: fresh keys are made. A secret: not to be printed but in the one line that `serve` is for. */
  readonly keys?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** See the file comment. Ends with 0 at the first interrupt. Throws `config` when the folder or the port cannot be used. */
export const SERVE: Command<ServeRequest> = {
  usage: `sluice serve FOLDER                the embedded store on loopback; prints endpoint, access key id and, if it made them, the secret
  --port NUMBER                    default: any free port
  --access-key-id ID, --secret-access-key SECRET
                                   default: fresh ones`,
  examples: [
    "sluice serve ./store",
    "sluice serve ./store --port 9000",
    'sluice serve ./store --access-key-id test --secret-access-key "$SECRET"',
  ],
  read(args) {
    const takes = new Map<string, FlagTakes>([["port", "value"], ["access-key-id", "value"], ["secret-access-key", "value"]]);
    const flags = readFlags(args, takes, { command: "serve" });
    const [folder] = flags.words;
    if (folder === undefined || flags.words.length > 1) throw usage("serve takes one folder: serve FOLDER");
    const port = textOf(flags, "port") ?? "0";
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw usage("--port needs a number from 0 to 65535");
    const accessKeyId = textOf(flags, "access-key-id");
    const secretAccessKey = textOf(flags, "secret-access-key");
    if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
      throw usage("--access-key-id and --secret-access-key belong together: give both or neither");
    }
    const keys = accessKeyId !== undefined && secretAccessKey !== undefined ? { accessKeyId, secretAccessKey } : undefined;
    return { kind: "serve", folder, port: Number(port), ...(keys && { keys }) };
  },
  async run({ folder, port, keys }, terminal) {
    const [{ startEmbeddedStore }, { people, signal }] = await Promise.all([import("../embedded/embedded.ts"), terminal()]);
    const store = await startEmbeddedStore({ folder, port, ...keys }).catch((error) => {
      throw cannotBegin(`Cannot serve ${folder}`, error);
    });
    // Who gave the keys knows them: a secret is printed only where it was made here.
    const made = keys === undefined ? ` ${store.secretAccessKey}` : "";
    Deno.stdout.writeSync(new TextEncoder().encode(`${store.endpoint} ${store.accessKeyId}${made}\n`));
    people.line(printable(`Serving ${folder} on ${store.endpoint} until interrupted`));
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await store.close();
    return EXIT.ok;
  },
};
