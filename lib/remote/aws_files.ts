/**
 * The shared AWS files (`~/.aws/config` and `credentials`) in the spelling that the SDK for JavaScript takes. Boto and the AWS CLI read
 * keys in capitals and colons for equal signs; the SDK passes over such lines and says that there are no keys. Must never print or keep
 * a line: they hold secrets.
 */
import { externalDataInterceptor, getHomeDir } from "@smithy/core/config";
import { join } from "node:path";
import { decodeText } from "../bytes/text.ts";

/**
 * Hands the SDK both files in its own spelling, before it reads them itself. Throws TransferError `config` for a file that is not text; one
 * that is missing or may not be read is left to the SDK.
 */
export function shareAwsFiles(): void {
  for (const [path, text] of awsFiles()) externalDataInterceptor.interceptFile(path, inSdkSpelling(text));
}

const KEYS_IN_ENVIRONMENT = [
  ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"],
  ...["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"],
];
const KEYS_IN_FILE = /^[ \t]*(?:aws_(?:access_key_id|secret_access_key)|role_arn|sso_|credential_|web_identity_)/im;

/** True where the environment or a shared file speaks of keys, or may not be read: that none were found is not what somebody chose. */
export function speaksOfKeys(): boolean {
  try {
    if (KEYS_IN_ENVIRONMENT.some((name) => Deno.env.get(name))) return true;
    return [...awsFiles()].some(([, text]) => KEYS_IN_FILE.test(text));
  } catch {
    return true;
  }
}

/** The shared files that can be read, as path and text. */
function* awsFiles(): Generator<[path: string, text: string]> {
  for (const [variable, name] of [["AWS_CONFIG_FILE", "config"], ["AWS_SHARED_CREDENTIALS_FILE", "credentials"]] as const) {
    let path: string;
    let bytes: Uint8Array;
    try {
      path = Deno.env.get(variable) || join(getHomeDir(), ".aws", name);
      if (path.startsWith("~/")) path = join(getHomeDir(), path.slice(2));
      bytes = Deno.readFileSync(path);
    } catch {
      continue;
    }
    yield [path, decodeText(bytes, path)];
  }
}

/** Keys in lower case with `=` behind them. Indented lines go on with a value, and are left. */
export function inSdkSpelling(text: string): string {
  return text.replaceAll(/^([A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*/gm, (_start, key: string) => `${key.toLowerCase()} = `);
}
