/**
 * The part of `@std/assert` that sluice's tests use, for places where the jsr registry cannot be reached; see "workspace" in deno.json.
 * Same names, signatures and verdicts as version 1.0.19 of the package; messages of failures only begin alike. Must never offer what the
 * package does not have.
 */
import { deepStrictEqual } from "node:assert/strict";
import { inspect, stripVTControlCharacters } from "node:util";
import { equal } from "./equal.ts";

export { equal } from "./equal.ts";

// deno-lint-ignore no-explicit-any
type AnyClass<T> = abstract new (...args: any[]) => T;

/** What every failed assertion throws. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}

function show(value: unknown): string {
  return inspect(value, { depth: 10, sorted: true, breakLength: 100 });
}

/** Throws when `expr` is falsy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Throws when `expr` is truthy. */
export function assertFalse(
  expr: unknown,
  msg = "",
): asserts expr is false | 0 | 0n | "" | null | undefined {
  if (expr) throw new AssertionError(msg);
}

/** Throws, with the difference, unless both are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(`Values are not equal${suffix(msg)}\n${difference(actual, expected)}`);
}

function difference(actual: unknown, expected: unknown): string {
  try {
    deepStrictEqual(actual, expected);
  } catch (error) {
    return (error as Error).message;
  }
  return `actual: ${show(actual)}\nexpected: ${show(expected)}`;
}

/** Throws when both are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${show(actual)} not to be: ${show(expected)}${suffix(msg)}`,
  );
}

/** Throws unless both are the same value by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  throw new AssertionError(
    `Values are not strictly equal${suffix(msg)}\n  actual: ${show(actual)}\nexpected: ${show(expected)}`,
  );
}

/** Throws when both are the same value by `Object.is`. */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!Object.is(actual, expected)) return;
  throw new AssertionError(
    `Expected "actual" to not be strictly equal to: ${show(actual)}${suffix(msg)}`,
  );
}

/** Throws unless both numbers are within `tolerance`, by default a ten-millionth of `expected`. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const delta = Math.abs(expected - actual);
  const allowed = tolerance ??
    (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (delta <= allowed) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to be close to "${expected}": delta "${delta}"${suffix(msg)}`,
  );
}

/** Throws when `actual` is null or undefined. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  if (actual !== undefined && actual !== null) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not be null or undefined${suffix(msg)}`,
  );
}

/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to contain: "${expected}"${suffix(msg)}`,
  );
}

/** Throws unless the expression matches. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to match: "${expected}"${suffix(msg)}`,
  );
}

/** Throws when the expression matches. */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (!expected.test(actual)) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to not match: "${expected}"${suffix(msg)}`,
  );
}

/** Throws unless every item of `expected` is, deeply, an item of `actual`. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T> & object,
  expected: ArrayLike<T> & object,
  msg?: string,
): void {
  const items = Array.from(actual);
  const missing = Array.from(expected).filter((item) => !items.some((other) => equal(item, other)));
  if (missing.length === 0) return;
  throw new AssertionError(
    `Expected actual: "${show(actual)}" to include: "${show(expected)}"${suffix(msg)}\nmissing: ${show(missing)}`,
  );
}

/** Throws unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) {
    throw new AssertionError(
      msg ?? `Expect ${show(actual)} > ${show(expected)}`,
    );
  }
}

/** Throws unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!(actual >= expected)) {
    throw new AssertionError(
      msg ?? `Expect ${show(actual)} >= ${show(expected)}`,
    );
  }
}

/** Throws unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) {
    throw new AssertionError(
      msg ?? `Expect ${show(actual)} < ${show(expected)}`,
    );
  }
}

/** Throws unless `actual <= expected`. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!(actual <= expected)) {
    throw new AssertionError(
      msg ?? `Expect ${show(actual)} <= ${show(expected)}`,
    );
  }
}

/** Throws unless `actual` is an instance of the class. */
export function assertInstanceOf<T extends AnyClass<unknown>>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was ${show(actual)}${suffix(msg)}`,
  );
}

/** Throws unless `error` is an Error, of the class if given, whose message contains or matches `msgMatches`. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: AnyClass<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(
      `Expected "error" to be an Error object${suffix(msg)}`,
    );
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    const was = `${error.constructor.name}": ${error.message}`;
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${was}${suffix(msg)}`,
    );
  }
  if (!msgMatches) return;
  const plain = stripVTControlCharacters(error.message);
  if (typeof msgMatches === "string" ? plain.includes(stripVTControlCharacters(msgMatches)) : msgMatches.test(plain)) return;
  const wanted = typeof msgMatches === "string" ? JSON.stringify(msgMatches) : String(msgMatches);
  throw new AssertionError(
    `Expected error message to include ${wanted}, but got ${JSON.stringify(error.message)}${suffix(msg)}`,
  );
}

/** A class of errors; anything else that is given in its place asks nothing of what is thrown. */
function isErrorClass<E extends Error>(value: AnyClass<E> | string | undefined): value is AnyClass<E> {
  return typeof value === "function" && (value.prototype === Error.prototype || value.prototype instanceof Error);
}

function checkThrown<E extends Error>(
  error: unknown,
  verb: "thrown" | "rejected",
  [first, second, third]: [
    AnyClass<E> | string | undefined,
    string | undefined,
    string | undefined,
  ],
): unknown {
  if (!isErrorClass(first)) return error;
  if (!(error instanceof Error)) {
    throw new AssertionError(`A non-Error object was ${verb}${suffix(third)}`);
  }
  assertIsError(error, first, second, third);
  return error;
}

/** Throws unless `fn` throws; with a class, unless what it throws is of that class and its message contains `msgIncludes`. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: AnyClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClassOrMsg?: AnyClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  try {
    fn();
  } catch (error) {
    return checkThrown(error, "thrown", [errorClassOrMsg, msgIncludes, msg]);
  }
  throw new AssertionError(
    `Expected function to throw${suffix(typeof errorClassOrMsg === "string" ? errorClassOrMsg : msg)}`,
  );
}

/** Throws unless the promise of `fn` rejects; `fn` itself must not throw. Otherwise as {@link assertThrows}. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: AnyClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClassOrMsg?: AnyClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const said = suffix(
    typeof errorClassOrMsg === "string" ? errorClassOrMsg : msg,
  );
  let promise: PromiseLike<unknown> | undefined;
  try {
    promise = fn();
  } catch (cause) {
    throw new AssertionError(`Function throws when expected to reject${said}`, {
      cause,
    });
  }
  if (typeof promise !== "object" || typeof promise?.then !== "function") {
    throw new AssertionError(`Function throws when expected to reject${said}`);
  }
  try {
    await promise;
  } catch (error) {
    return checkThrown(error, "rejected", [errorClassOrMsg, msgIncludes, msg]);
  }
  throw new AssertionError(`Expected function to reject${said}`);
}

/** Throws. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Throws: the place must not be reached. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${suffix(msg)}`);
}
