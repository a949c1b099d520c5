/**
 * What may come out when foreign text goes in: the project's own clear error, or a value that can be reckoned with. Must never let
 * anything else pass as "some error".
 */
import { TransferError } from "../../lib/errors.ts";
import type { ObjectInfo } from "../../lib/types.ts";
import { printable } from "../../lib/report/escape.ts";
import { CANARY } from "./chance.ts";

/** Lines of one message, and characters of one line: a person must be able to read them. */
const LINE_CHARS_MAX = 30_000;

// deno-lint-ignore no-control-regex -- they are what is looked for
const RAW_CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/;

/** Throws unless this is the project's own error, of a kind that is no bug, fit to be shown to people. */
export function assertOwnError(thrown: unknown): asserts thrown is TransferError {
  if (!(thrown instanceof TransferError)) {
    throw new Error(`Not the project's own error: ${thrown instanceof Error ? thrown.stack : thrown}`, { cause: thrown });
  }
  if (thrown.kind === "bug") throw new Error(`A bug came out: ${thrown.message}`, { cause: thrown });
  if (thrown.message.trim() === "") throw new Error("The message is empty");
  for (const line of thrown.message.split("\n")) assertShown(printable(line));
  assertShown(printable(`${thrown.code} ${thrown.requestId}`));
}

/** Throws unless a line that people see is without secrets and control characters, and has an end. */
export function assertShown(line: string): void {
  if (line.includes(CANARY)) throw new Error(`A secret is told: ${line}`);
  if (RAW_CONTROL.test(line)) throw new Error(`A control character is told raw: ${JSON.stringify(line)}`);
  if (line.length > LINE_CHARS_MAX) throw new Error(`A line has ${line.length} characters: ${line.slice(0, 300)}`);
}

/** The value, or undefined after the project's own error. */
export function valueOrOwnError<Value>(run: () => Value): Value | undefined {
  try {
    return run();
  } catch (error) {
    assertOwnError(error);
    return undefined;
  }
}

/** The value of a promise, likewise. */
export async function promiseOrOwnError<Value>(run: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await run();
  } catch (error) {
    assertOwnError(error);
    return undefined;
  }
}

/** Throws unless each number anywhere in this plain value is a safe integer of at least 0. */
export function assertNumbers(value: unknown, path = "value"): void {
  if (typeof value === "number" && !(Number.isSafeInteger(value) && value >= 0)) throw new Error(`${path} is ${value}`);
  if (value instanceof Object) { for (const [name, inner] of Object.entries(value)) assertNumbers(inner, `${path}.${name}`); }
}

/** Throws unless a listed object is one that may be under the prefix, after the one before it. */
export function assertListed(object: ObjectInfo, prefix: string): void {
  if (!object.key.startsWith(prefix) || object.key === "") throw new Error(`Key ${JSON.stringify(object.key)} is not under ${prefix}`);
  if (!object.key.isWellFormed()) throw new Error(`Key ${JSON.stringify(object.key)} is no text`);
  if (!(Number.isSafeInteger(object.sizeBytes) && object.sizeBytes >= 0)) throw new Error(`The size is ${object.sizeBytes}`);
  const { lastModifiedMs } = object;
  if (lastModifiedMs !== undefined && !Number.isSafeInteger(lastModifiedMs)) throw new Error(`The time is ${lastModifiedMs}`);
}
