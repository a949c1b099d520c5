/**
 * The store suite on Alibaba OSS as the embedded store speaks it, with both signatures. What OSS does not have is named, and nothing else.
 */
import { storeSuite } from "../store_suite.ts";
import { ossMaker } from "./oss_under_test.ts";

const EXCEPTIONS = {
  "head() with a part number tells the size of the part": "OSS does not tell the parts of an object",
  "a key with a slash in front is kept": "OSS refuses keys that begin with a slash",
  "a key with 1024 bytes is kept": "a key of OSS has 1,023 bytes at most",
  "completeUpload() replaces exactly the expected version": "OSS knows no If-Match on writes",
  "listParts() tells the declared checksum and that of each part": "OSS takes no declared checksum: each part has its CRC64",
  "completeUpload() refuses a wrong checksum of the whole and keeps the right one": "OSS takes no checksum at Complete: it answers its own",
} as const;

for (const signature of ["v4", "v1"] as const) {
  storeSuite(`oss ${signature}`, () => ossMaker(signature), EXCEPTIONS);
}
