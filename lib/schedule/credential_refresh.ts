/**
 * Fresh credentials for the workers that ask: one refresh at a time for each side, however many ask meanwhile. It never keeps what it got.
 */
import { toWireError } from "../errors.ts";
import type { Credentials, Side, WireError } from "../types.ts";
import type { Member } from "./member.ts";

/** What a refresh came to, as it is noted for the scheduler's next turn. Holds secrets. */
export type CredentialNote =
  | { readonly type: "credentials"; readonly side: Side; readonly credentials: Credentials }
  | { readonly type: "noCredentials"; readonly error: WireError };

/** Who waits for which credentials. */
export class CredentialRefresh {
  readonly #askers = new Map<Side, Set<Member>>();
  readonly #refresh: (side: Side) => Promise<Credentials>;
  readonly #note: (note: CredentialNote) => void;

  constructor(refresh: (side: Side) => Promise<Credentials>, note: (note: CredentialNote) => void) {
    this.#refresh = refresh;
    this.#note = note;
  }

  /** A worker asks; it joins a refresh that runs already. */
  ask(side: Side, member: Member): void {
    const askers = this.#askers.get(side);
    if (askers !== undefined) {
      askers.add(member);
      return;
    }
    this.#askers.set(side, new Set([member]));
    void this.#fetch(side);
  }

  /** Who asked for this side; the next one to ask starts a new refresh. */
  takeAskers(side: Side): Iterable<Member> {
    const askers = this.#askers.get(side) ?? [];
    this.#askers.delete(side);
    return askers;
  }

  async #fetch(side: Side): Promise<void> {
    try {
      this.#note({ type: "credentials", side, credentials: await this.#refresh(side) });
    } catch (error) {
      const { message } = toWireError(error);
      this.#note({
        type: "noCredentials",
        error: { kind: "credentials", message: `Cannot refresh credentials of the ${side}: ${message}` },
      });
    }
  }
}
