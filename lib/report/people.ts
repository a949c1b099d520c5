/** Lines on standard error, above a progress line. Never writes a secret, never throws: a closed terminal must not end a job. */
import { reasonOf, TransferError } from "../errors.ts";
import type { Redactor } from "./redact.ts";

/** Where lines go, without their line end. */
export type LineSink = (line: string) => void;

/** What a writer needs of the stream behind it. */
export interface TextOutput {
  readonly isTerminal: boolean;
  /** Width in characters now; it changes with the window. */
  columns(): number;
  /** Writes all of the text or drops it; never throws. */
  write(text: string): void;
}

/** Writes lines and one progress line to people. */
export class PeopleWriter {
  #overlay: string | undefined;

  constructor(readonly output: TextOutput, private readonly redactor: Redactor) {}

  /** Writes a line that is escaped already (colours may be in it). */
  readonly line: LineSink = (line) => {
    const text = `${this.redactor.redact(line)}\n`;
    this.output.write(this.#overlay === undefined ? text : `\r\x1b[2K${text}${this.#overlay}`);
  };

  /** Draws the progress line, in place of the one before; for terminals only. */
  overlay(text: string): void {
    this.#overlay = this.redactor.redact(text);
    this.output.write(`\r${this.#overlay}\x1b[K`);
  }

  /** Leaves the progress line as it stands and goes below it. */
  endOverlay(): void {
    if (this.#overlay === undefined) return;
    this.#overlay = undefined;
    this.output.write("\n");
  }
}

/** Standard error of this process. */
export function standardError(): TextOutput {
  const isTerminal = Deno.stderr.isTerminal();
  return {
    isTerminal,
    columns() {
      try {
        return isTerminal ? Deno.consoleSize().columns : 80;
      } catch {
        return 80;
      }
    },
    write(text) {
      try {
        writeAll(Deno.stderr, text, PEOPLE_PAUSES_MAX);
      } catch {
        // There is nobody left who could read it.
      }
    },
  };
}

/**
 * Standard output of this process as a line sink; secrets are replaced. After the reader has gone (`| head`) lines are dropped: the job
 * goes on. Throws `storage` when they cannot be written, such as on a full disk.
 */
export function standardOutput(redactor: Redactor): LineSink {
  return (line) => writeAll(Deno.stdout, `${redactor.redact(line)}\n`, RESULT_PAUSES_MAX);
}

/** Pauses of 10 ms that a full pipe is given to take more, before the text is dropped: for results, and for what people read. */
const RESULT_PAUSES_MAX = 1000;
const PEOPLE_PAUSES_MAX = 10;

/** A write may take only part of a text; a pipe that somebody made non-blocking refuses it while it is full. */
function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string, pausesMax: number): void {
  let rest = new TextEncoder().encode(text);
  let pauses = 0;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(stream.writeSync(rest));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource) return;
      if (!(error instanceof Deno.errors.WouldBlock)) {
        throw new TransferError("storage", `Cannot write results: ${reasonOf(error)}`, { cause: error });
      }
      if (++pauses > pausesMax) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}
