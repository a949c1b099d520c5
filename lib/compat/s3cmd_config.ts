/**
 * Keys from the configuration files of s3cmd. Everything else in them is left alone, as s3copy left it. Must never repeat a line: it may
 * hold a secret.
 */

/** What such a file says. */
export interface S3cmdKeys {
  readonly accessKey?: string;
  readonly secretKey?: string;
}

/** Lines whose first word is `access_key` or `secret_key`, with or without spaces around the sign; the last word is the value. */
export function readS3cmdKeys(text: string): S3cmdKeys {
  const keys: { accessKey?: string; secretKey?: string } = {};
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)) {
    const [, name, rest = ""] = /^\s*(access_key|secret_key)([\s=:].*)$/.exec(line) ?? [];
    const value = rest.trim().replace(/^[=:]/, "").trim().split(/\s+/).at(-1) ?? "";
    if (value === "" || value === "=" || value === ":") continue;
    if (name === "access_key") keys.accessKey = value;
    else keys.secretKey = value;
  }
  return keys;
}
