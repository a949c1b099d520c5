/** The store suite on the embedded store: no exceptions are allowed. */
import { startEmbeddedStore } from "../../lib/embedded/embedded.ts";
import { storeSuite } from "../store_suite.ts";
import { s3Maker } from "./s3_under_test.ts";

storeSuite("embedded", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-suite-" });
  const store = await startEmbeddedStore({ folder });
  const stop = async () => {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  };
  const { endpoint, accessKeyId, secretAccessKey } = store;
  return s3Maker({ endpoint, region: "us-east-1", accessKeyId, secretAccessKey, stop });
});
