/** What every command has in hand: people on stderr, results on stdout, the environment, interrupts. Built once, in main.ts. */
import { asTransferError, EXIT, ruleOf, TransferError } from "../errors.ts";
import type { Job } from "../job_types.ts";
import { chooseColours, type Colours } from "../report/colours.ts";
import { printable } from "../report/escape.ts";
import { type LineSink, PeopleWriter, standardError, standardOutput, type TextOutput } from "../report/people.ts";
import { Redactor } from "../report/redact.ts";

/** See the file comment. */
export interface Terminal {
  readonly people: PeopleWriter;
  /** Results: one line each. */
  readonly out: LineSink;
  readonly redactor: Redactor;
  readonly colours: Colours;
  /** Fires at the first interrupt. */
  readonly signal: AbortSignal;
  /** Asks a question on one line; absent where nobody can answer, because either side is not a terminal. */
  readonly ask?: (question: string) => Promise<string>;
}

/** Where the environment holds keys of stores, and proxies with their passwords. */
const SECRET_VARIABLES = [
  ...["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"],
  ...["ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"],
];
const PROXY_VARIABLES = ["http_proxy", "https_proxy", "all_proxy"];

/** The terminal of this process. */
export function openTerminal(signal: AbortSignal): Terminal {
  const redactor = new Redactor();
  const output = standardError();
  const { isTerminal } = output;
  for (const name of SECRET_VARIABLES) redactor.add(readable(name));
  for (const name of PROXY_VARIABLES) redactor.addUrl(readable(name) ?? readable(name.toUpperCase()));
  return {
    people: new PeopleWriter(output, redactor),
    out: standardOutput(redactor),
    redactor,
    colours: chooseColours({ isTerminal, noColor: readable("NO_COLOR"), term: readable("TERM") }),
    signal,
    ...(isTerminal && Deno.stdin.isTerminal() && { ask: (question: string) => ask(output, question, signal) }),
  };
}

/** Reads one line of the terminal, without its end. Throws the signal's reason at an interrupt. */
async function ask(output: TextOutput, question: string, signal: AbortSignal): Promise<string> {
  output.write(question);
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const bytes = new Uint8Array(1024);
    const count = await Promise.race([Deno.stdin.read(bytes), promise]);
    return new TextDecoder().decode(bytes.subarray(0, count ?? 0)).replace(/[\r\n].*$/s, "");
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Teaches the redactor the secrets that a job holds. */
export function learnSecrets(redactor: Redactor, { source, destination }: Pick<Job, "source" | "destination">): void {
  for (const { store } of [source, destination]) {
    if (!("requesterPays" in store)) continue;
    redactor.add(store.credentials?.secretAccessKey, store.credentials?.sessionToken);
    redactor.addUrl(store.proxy);
    if (store.type === "s3") redactor.add(store.listCredentials?.secretAccessKey);
  }
}

/** Says in clear words what stopped the program, and returns the exit code. A bug of ours also shows where. */
export function reportError({ people, colours }: Terminal, thrown: unknown): number {
  const code = ruleOf(thrown).exitCode;
  if (code === EXIT.interrupted) people.line("Interrupted");
  else for (const line of asTransferError(thrown).message.split("\n")) people.line(`${colours.red("error:")} ${printable(line)}`);
  if (code === EXIT.bug && thrown instanceof Error) people.line(printable(thrown.stack ?? ""));
  return code;
}

/** Reports what nobody caught: a bug of ours, whatever kind of failure it calls itself. */
export function reportUncaught(terminal: Terminal, thrown: unknown): number {
  const known = thrown instanceof TransferError;
  return reportError(terminal, known ? new TransferError("bug", `Unexpected failure: ${thrown.message}`, { cause: thrown }) : thrown);
}

/** A variable that nothing depends on: what may not be read is not set. */
function readable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}
