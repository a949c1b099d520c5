/**
 * The last line of defence for secrets: whatever is about to be written is searched for them. Nothing should ever be found; that is what
 * the rest of the code is for. Keeps the secrets in memory and shows them to nobody.
 */

/** Shorter texts are no secrets, and replacing them would tear words apart. */
const SECRET_CHARS_MIN = 4;

/** Replaces known secrets in lines. */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** Learns secret keys, session tokens and passwords; also in the forms that a URL and JSON give them. */
  add(...secrets: readonly (string | undefined)[]): void {
    for (const secret of secrets) {
      if (secret === undefined || secret.length < SECRET_CHARS_MIN) continue;
      for (const form of [secret, encodeURIComponent(secret.toWellFormed()), JSON.stringify(secret).slice(1, -1)]) this.#secrets.add(form);
    }
  }

  /** The line with `***` in place of every secret. */
  redact(line: string): string {
    let clean = line;
    for (const secret of this.#secrets) {
      if (clean.includes(secret)) clean = clean.replaceAll(secret, "***");
    }
    return clean;
  }
}
