/** The part of `@std/assert` that the tests use, over `node:assert`. */
import nodeAssert from "node:assert/strict";

export class AssertionError extends Error {
  override name = "AssertionError";
}

export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, msg);
}

export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    throw new AssertionError(`${msg ?? ""} Expected actual: ${JSON.stringify(actual)} to contain: ${JSON.stringify(expected)}.`);
  }
}

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = new (...args: any[]) => E;

function checkError<E extends Error>(error: unknown, errorClass?: ErrorClass<E>, msgIncludes?: string): E {
  if (!(error instanceof Error)) throw new AssertionError("A non-Error object was thrown or rejected.");
  if (errorClass && !(error instanceof errorClass)) {
    throw new AssertionError(`Expected error to be instance of "${errorClass.name}", but was "${error.name}": ${error.message}`);
  }
  if (msgIncludes && !error.message.includes(msgIncludes)) {
    throw new AssertionError(`Expected error message to include ${JSON.stringify(msgIncludes)}, but got ${JSON.stringify(error.message)}.`);
  }
  return error as E;
}

export function assertThrows<E extends Error = Error>(fn: () => unknown, errorClass?: ErrorClass<E>, msgIncludes?: string): E {
  try {
    fn();
  } catch (error) {
    return checkError(error, errorClass, msgIncludes);
  }
  throw new AssertionError("Expected function to throw.");
}

export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  msgIncludes?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return checkError(error, errorClass, msgIncludes);
  }
  throw new AssertionError("Expected function to reject.");
}
