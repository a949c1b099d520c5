/**
 * The credentials of one side in one worker: hands out the present ones, and asks for fresh ones shortly before these expire. Never asks
 * twice at once, and never keeps old ones.
 */
import { CREDENTIALS_EARLY_MS } from "../limits.ts";
import type { Credentials } from "../types.ts";

/** See the file comment. */
export class CredentialKeeper {
  #current: Credentials | undefined;
  #waiters: ((credentials: Credentials) => void)[] = [];
  readonly #nowMs: () => number;
  readonly #ask: () => void;

  /** `nowMs` is the time of day; `ask` is called once for each renewal. */
  constructor(first: Credentials | undefined, nowMs: () => number, ask: () => void) {
    this.#current = first;
    this.#nowMs = nowMs;
    this.#ask = ask;
  }

  /** Credentials that are good for a while yet. */
  readonly source = (): Promise<Credentials> => {
    const current = this.#current;
    if (current && (current.expiresAtMs === undefined || current.expiresAtMs - CREDENTIALS_EARLY_MS > this.#nowMs())) {
      return Promise.resolve(current);
    }
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      if (this.#waiters.length === 1) this.#ask();
    });
  };

  /** Takes fresh credentials in. */
  renew(credentials: Credentials): void {
    this.#current = credentials;
    for (const resolve of this.#waiters.splice(0)) resolve(credentials);
  }
}
