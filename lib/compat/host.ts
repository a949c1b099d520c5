/**
 * The host that an address names, which decides whose it is: never the end of its text, where a port, a path or another name may stand.
 */

/** In lower case, without a port; empty for what is not an address. A scheme may be missing. */
export function hostOf(address: string): string {
  const url = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`;
  return URL.canParse(url) ? new URL(url).hostname : "";
}
