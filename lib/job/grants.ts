/**
 * The `grant` key: `PERMISSION:GRANTEE` items to grants. Pure.
 */
import type { Grant } from "../types.ts";
import { nearestName, Problem } from "./mistake.ts";
import { orList } from "./value.ts";

/** Rights that an object can carry (S3 user guide, "Access control list (ACL) overview"); WRITE is a right on buckets only. */
const PERMISSIONS = ["READ", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"] as const;
/** "A maximum of 100 grants" (same page). */
const GRANTS_MAX = 100;

/** An item as {@link readGrants} reads it. */
export function grantText({ permission, grantee }: Grant): string {
  return `${permission}:${grantee}`;
}

/** The grants of a list, or what is wrong with it. An item with `@` names an email address, one with `://` a group, else an id. */
export function readGrants(items: readonly string[]): readonly Grant[] | Problem {
  if (items.length > GRANTS_MAX) return new Problem(`${items.length} grants; an object can have ${GRANTS_MAX}`);
  const grants: Grant[] = [];
  for (const item of items) {
    const colon = item.indexOf(":");
    const name = item.slice(0, Math.max(colon, 0)).trim().toUpperCase();
    const grantee = item.slice(colon + 1).trim();
    const permission = PERMISSIONS.find((one) => one === name);
    if (colon < 1 || grantee === "") return new Problem("write PERMISSION:GRANTEE, such as READ:someone@example.com");
    if (name === "WRITE") return new Problem("WRITE is a right on buckets and means nothing on an object; leave it out");
    if (permission === undefined) {
      return new Problem(`${name} is not a permission; write ${orList(PERMISSIONS)}`, nearestName(name, PERMISSIONS));
    }
    if (!/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(grantee)) {
      return new Problem("a grantee is an email address, a canonical user id or a group URI");
    }
    grants.push({ permission, by: /:\/\//.test(grantee) ? "uri" : grantee.includes("@") ? "emailAddress" : "id", grantee });
  }
  return grants;
}
