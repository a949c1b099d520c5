/**
 * Advisories that are known, serious and accepted, each with the reason why it cannot harm here. One that is no longer reported must go.
 */

/** An accepted advisory. */
export interface Exception {
  /** Its address, as `deno audit` prints it. */
  readonly advisory: string;
  readonly reason: string;
}

/** None at present. */
export const EXCEPTIONS: readonly Exception[] = [];
