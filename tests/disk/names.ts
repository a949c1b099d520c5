/** Names of working files, as tests lay them out and look for them. */
import { namePrefixes, partialEnding } from "../../lib/disk/working_name.ts";

/** The usual name of a partial file of `target`. */
export function partialName(target: string, token: string, partSizeBytes: number): string {
  return `${namePrefixes(target)[0]}${partialEnding(token, partSizeBytes)}`;
}
