/**
 * The order of keys: that of their UTF-8 bytes, which is how S3 lists (ListObjectsV2, "Objects are returned sorted in an ascending order
 * of the respective key names") and how local walks sort. Never use `<` on keys: it compares UTF-16 units, which puts U+10000 and above
 * before U+E000 to U+FFFF.
 */

/**
 * Negative when `a` comes before `b` in UTF-8 byte order, positive when after, 0 when they are the same text. A lone surrogate, which has
 * no UTF-8, sorts with the pairs: the order stays total and nothing is thrown.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const unitA = a.charCodeAt(index);
    const unitB = b.charCodeAt(index);
    if (unitA !== unitB) return bytewise(unitA) - bytewise(unitB);
  }
  return a.length - b.length;
}

/** Moves the surrogates (U+10000 and above in UTF-16) behind all other units, as their four UTF-8 bytes are. */
function bytewise(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
