/**
 * Object keys as request paths. A key is opaque: each of its bytes arrives as it is, encoded exactly once. Must never fold, clean or
 * shorten a key.
 */
import { TransferError } from "../errors.ts";

const UNRESERVED = /^[A-Za-z0-9\-._~/]*$/;

/**
 * The path of a key, without a slash in front: UTF-8 bytes percent-encoded but for the unreserved ones of RFC 3986 and `/`, as Signature
 * Version 4 wants it (S3 API reference, "Signature Calculations"). Throws `unsupported` for text that has no UTF-8 form.
 */
export function encodeKey(key: string): string {
  return UNRESERVED.test(key) ? key : key.split("/").map(encodeText).join("/");
}

/** One piece of a path or one query value, percent-encoded as in {@link encodeKey}, slashes too. */
export function encodeText(text: string): string {
  try {
    return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  } catch (error) {
    throw new TransferError("unsupported", `${JSON.stringify(text)} is not valid Unicode and cannot be sent`, { cause: error });
  }
}
