/**
 * When two ETags mark one version of an object. An ETag is opaque, but for one thing: some stores write the hex digits of a digest in
 * capitals in one response and not in another. Pure.
 */

const HEX_DIGEST = /^[0-9a-f]{32}(?:-[0-9]{1,5})?$/i;

/** True when both are there and the same, or one digest in capitals and in small letters. */
export function sameMark(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one === other || (HEX_DIGEST.test(one) && one.toLowerCase() === other.toLowerCase());
}
