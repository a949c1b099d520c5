/** The last defence of secrets: whatever is written is searched for them. Keeps them in memory and shows them to nobody. */

/** Shorter texts are not secrets, and replacing them would tear words apart. */
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

  /** Learns the password of a URL, as it is written and as it is meant; what is not a URL has none. */
  addUrl(text: string | undefined): void {
    if (text === undefined || !URL.canParse(text)) return;
    const { password } = new URL(text);
    this.add(password);
    try {
      this.add(decodeURIComponent(password));
    } catch {
      // A percent sign that means itself: written as it is meant.
      return;
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
