/** The store suite on servers that others wrote. What each cannot do is named here. */
import { startMinio, startVersitygw } from "../servers.ts";
import { storeSuite } from "../store_suite.ts";
import { s3Maker } from "../store/s3_under_test.ts";

storeSuite("MinIO", async () => s3Maker(await startMinio()), {});

storeSuite("versitygw", async () => s3Maker(await startVersitygw()), {});
