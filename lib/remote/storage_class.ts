/**
 * Storage classes of S3 and of Alibaba OSS, each in the words of the other: the table of docs/oss.md. Translated where a class is written,
 * so that everything before speaks of it as its own store does. Pure; a name that neither knows stays as it is, for the store to refuse.
 */

/** OSS class to the S3 class that is nearest in price and in how long a restore takes. */
const TO_S3: Readonly<Record<string, string>> = {
  Standard: "STANDARD",
  IA: "STANDARD_IA",
  Archive: "GLACIER",
  ColdArchive: "DEEP_ARCHIVE",
  DeepColdArchive: "DEEP_ARCHIVE",
};

/** S3 class to OSS class, likewise. */
const TO_OSS: Readonly<Record<string, string>> = {
  STANDARD: "Standard",
  REDUCED_REDUNDANCY: "Standard",
  EXPRESS_ONEZONE: "Standard",
  OUTPOSTS: "Standard",
  INTELLIGENT_TIERING: "Standard",
  STANDARD_IA: "IA",
  ONEZONE_IA: "IA",
  GLACIER_IR: "IA",
  GLACIER: "Archive",
  DEEP_ARCHIVE: "ColdArchive",
};

/** Classes whose objects must be restored before they can be read (S3 and OSS user guides, "Restoring an archived object"). */
const ARCHIVES: ReadonlySet<string> = new Set(["GLACIER", "DEEP_ARCHIVE", "Archive", "ColdArchive", "DeepColdArchive"]);

/** The class for a write to an S3 store. */
export function toS3Class(name: string): string {
  return Object.hasOwn(TO_S3, name) ? TO_S3[name] ?? name : name;
}

/** The class for a write to OSS. */
export function toOssClass(name: string): string {
  return Object.hasOwn(TO_OSS, name) ? TO_OSS[name] ?? name : name;
}

/** What OSS calls a class, as sluice's nouns have it: the default class has one name everywhere. */
export function fromOssClass(name: string): string {
  return name === "Standard" ? "STANDARD" : name;
}

/** True when an object of this class, in the words of its own store, needs a restore. */
export function isArchive(name: string | undefined): boolean {
  return name !== undefined && ARCHIVES.has(name);
}
