/** Response headers, however they came. Names in lower case. */

/** Headers that are parsed only when they are asked for. `Headers` of the platform is one as well. */
export interface HeaderView {
  /** The value as it came, one character per byte; nothing where the response has no such header. */
  get(name: string): string | null | undefined;
  has(name: string): boolean;
  entries(): Iterable<[string, string]>;
}
