/** The double that the tests of plan, session and simulation rest on keeps the promises of a store itself. */
import { SUITE_PAGE_ENTRIES } from "./under_test.ts";
import { storeSuite } from "../store_suite.ts";
import { BYTES } from "./contents.ts";
import { MemoryBucket } from "./memory_bucket.ts";
import { GOOD } from "./store_traits.ts";
import { MemoryStore } from "./memory_store.ts";

storeSuite("in memory", () =>
  Promise.resolve({
    make() {
      const bucket = new MemoryBucket("bucket", BYTES, GOOD, { worldMs: () => Date.now() - 1_700_000_000_000 });
      const store = new MemoryStore(bucket, { pageEntries: SUITE_PAGE_ENTRIES });
      return Promise.resolve({
        store,
        bucket: "bucket",
        put: (key, bytes, headers = {}) => Promise.resolve(void bucket.put(key, bytes, { headers })),
        read: (key) => Promise.resolve(bucket.read(key, {}).content),
        putPart: ({ uploadId, partNumber, bytes }) => Promise.resolve(bucket.putPart(uploadId, partNumber, bytes)),
        close: () => Promise.resolve(),
      });
    },
    stop: () => Promise.resolve(),
  }));
