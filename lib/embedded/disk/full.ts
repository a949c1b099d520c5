/**
 * A disk that is full, kept apart from every other failure: such a request is not to be tried again as if the store had stumbled.
 */

/** What the codes of such a failure mean. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "There is no space left on the disk of the store",
  EDQUOT: "The disk quota of the store is used up",
  EROFS: "The disk of the store is read-only",
};

/** The reason, fit to print; undefined for any other failure. */
export function diskFull(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" && Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
}
