/**
 * Deep equality with the verdicts of `@std/assert` 1.0.19.
 */

const BYTES_OF_ANY_KIND = Object.getPrototypeOf(Uint8Array) as new () => ArrayLike<unknown>;

/** Kinds of objects that are the same when their texts are. */
const COMPARED_AS_TEXT: ReadonlySet<unknown> = new Set(
  [
    RegExp,
    URL,
    URLSearchParams,
    Intl.Locale,
    ...Object.values((globalThis as { Temporal?: Record<string, unknown> }).Temporal ?? {}).filter((kind) => typeof kind === "function"),
  ].map((kind) => (kind as { prototype: unknown }).prototype),
);

type Compare = (a: unknown, b: unknown) => boolean;
type Fields = Readonly<Record<PropertyKey, unknown>>;

/** Deep equality: `NaN` is itself, `0` is `-0`, and an object without a prototype is a plain one. */
export function equal(a: unknown, b: unknown): boolean {
  const seen = new Map<unknown, unknown>();
  const compare: Compare = (left, right) => {
    if (left === right || Object.is(left, right)) return true;
    if (!isObject(left) || !isObject(right)) return false;
    if (left instanceof Date && right instanceof Date) return Object.is(left.getTime(), right.getTime());
    if (prototypeOf(left) !== prototypeOf(right)) return false;
    const simple = sameWithoutFields(left, right, compare);
    if (simple !== undefined) return simple;
    if (seen.get(left) === right) return true;
    if (Object.keys(left).length !== Object.keys(right).length) return false;
    seen.set(left, right);
    if (left instanceof Set || left instanceof Map) return sameMembers(left, right as typeof left, compare);
    return sameFields(left as Fields, right as Fields, compare);
  };
  return compare(a, b);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function prototypeOf(value: object): unknown {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

/** The verdict about bytes and weak things; undefined for all other objects. */
function sameWithoutFields(left: object, right: object, compare: Compare): boolean | undefined {
  const bytes = bytesOf(left);
  if (bytes !== undefined) {
    const others = bytesOf(right) ?? [];
    return bytes.length === others.length &&
      Array.from(bytes).every((value, index) => value === others[index] || Object.is(value, others[index]));
  }
  if (left instanceof WeakMap || left instanceof WeakSet) throw new TypeError(`Cannot compare ${left.constructor.name} instances`);
  if (left instanceof WeakRef) return compare(left.deref(), (right as WeakRef<WeakKey>).deref());
  return undefined;
}

function bytesOf(value: object): ArrayLike<unknown> | undefined {
  if (value instanceof BYTES_OF_ANY_KIND) return value;
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer ? new Uint8Array(value) : undefined;
}

function sameMembers(left: Set<unknown> | Map<unknown, unknown>, right: typeof left, compare: Compare): boolean {
  if (left.size !== right.size) return false;
  const valueOf = (from: typeof left, key: unknown) => from instanceof Map ? from.get(key) : key;
  if (![...left.keys()].some((key) => isObject(key) || typeof key === "function")) {
    return [...left.keys()].every((key) => right.has(key) && compare(valueOf(left, key), valueOf(right, key)));
  }
  const others = [...right.entries()];
  return [...left.entries()].every(([key, value]) => others.some(([otherKey, other]) => compare(key, otherKey) && compare(value, other)));
}

function sameFields(left: Fields, right: Fields, compare: Compare): boolean {
  const prototype = prototypeOf(left);
  if (COMPARED_AS_TEXT.has(prototype)) return String(left) === String(right);
  const isPlain = prototype === Object.prototype || prototype === Array.prototype;
  const keys = isPlain ? Reflect.ownKeys({ ...left, ...right }) : [...inheritedKeys(left), ...inheritedKeys(right)];
  return keys.every((key) => key in left === key in right && compare(left[key], right[key]));
}

/** All keys of an object that belongs to a class, those of its class included. */
function inheritedKeys(value: object): PropertyKey[] {
  const keys: PropertyKey[] = [];
  for (let at: object | null = value; at !== null && at !== Object.prototype && at !== Array.prototype; at = Object.getPrototypeOf(at)) {
    keys.push(...Reflect.ownKeys(at));
  }
  return keys;
}
