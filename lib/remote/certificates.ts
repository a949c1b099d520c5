/** Further certificate authorities: a PEM file, or a folder of them as OpenSSL keeps it. Must never look at anything but certificates. */
import { decodeText } from "../bytes/text.ts";
import { reasonOf, TransferError } from "../errors.ts";

/** Names of files with certificates; OpenSSL's folders have names such as `9d66eef0.0`. */
const NAMES = /\.(pem|crt|cer|[0-9])$/;

/** Further authorities that a store trusts, as PEM texts. Throws `config` when its file cannot be read. */
export function authoritiesOf({ caFile }: { readonly caFile?: string }): readonly string[] {
  try {
    return caFile === undefined ? [] : readCertificates(caFile);
  } catch (error) {
    throw new TransferError("config", `Cannot read ca_file ${caFile}: ${reasonOf(error)}`, { cause: error });
  }
}

/** The texts of a PEM file, or of every one in a folder. Throws what the file system throws, and an Error for a folder without any. */
export function readCertificates(path: string): string[] {
  if (!Deno.statSync(path).isDirectory) return [armoured(path)];
  const texts: string[] = [];
  for (const { name } of Deno.readDirSync(path)) {
    const file = `${path}/${name}`;
    if (!NAMES.test(name) || !isFile(file)) continue;
    const text = armoured(file);
    if (text.includes("-----BEGIN CERTIFICATE-----")) texts.push(text);
  }
  if (texts.length === 0) throw new Error("the folder holds no certificates (.pem, .crt, .cer, .0)");
  return [...new Set(texts)];
}

/** Folders of this kind are full of links, some of which lead nowhere. */
function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** PEM is ASCII in any encoding; only the comments around it may be in an old one, and nobody obeys those. */
function armoured(file: string): string {
  const bytes = Deno.readFileSync(file);
  try {
    return decodeText(bytes, file);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}
