/**
 * The credentials of one side in one worker: hands out the present ones, and asks for fresh ones shortly before these expire. Never asks
 * twice at once, and never keeps old ones.
 */
import { TransferError } from "../errors.ts";
import { CREDENTIALS_EARLY_MS } from "../limits.ts";
import type { Credentials } from "../types.ts";

/** See the file comment. */
export class CredentialKeeper {
  #current: Credentials | undefined;
  /** Fresh credentials that were asked for. */
  #fresh: PromiseWithResolvers<Credentials> | undefined;
  #stopped = false;
  readonly #nowMs: () => number;
  readonly #ask: () => void;

  /** `nowMs` is the time of day; `ask` is called once for each renewal. */
  constructor(first: Credentials | undefined, nowMs: () => number, ask: () => void) {
    this.#current = first;
    this.#nowMs = nowMs;
    this.#ask = ask;
  }

  /** Credentials that are good for a while yet. Throws `cancelled` once {@link stop} was called and these are not. */
  readonly source = (): Promise<Credentials> => {
    const current = this.#current;
    if (current && (current.expiresAtMs === undefined || current.expiresAtMs - CREDENTIALS_EARLY_MS > this.#nowMs())) {
      return Promise.resolve(current);
    }
    if (this.#stopped) return Promise.reject(new TransferError("cancelled", "Interrupted"));
    if (this.#fresh === undefined) {
      this.#fresh = Promise.withResolvers();
      this.#ask();
    }
    return this.#fresh.promise;
  };

  /** Takes fresh credentials in. */
  renew(credentials: Credentials): void {
    this.#current = credentials;
    this.#fresh?.resolve(credentials);
    this.#fresh = undefined;
  }

  /** The run is cancelled: nobody waits for fresh credentials any more, which may never come. */
  stop(): void {
    this.#stopped = true;
    this.#fresh?.reject(new TransferError("cancelled", "Interrupted"));
    this.#fresh = undefined;
  }
}
