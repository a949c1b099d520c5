/** The store suite on servers that others wrote. What each cannot do is named here; an exception that is none fails. */
import { startMinio, startVersitygw } from "../servers.ts";
import { storeSuite } from "../store_suite.ts";
import { s3Maker } from "../remote/s3_under_test.ts";

const CLEANED = "the server answers another key: it cleans paths";
const MARKER = "the server refuses the upload id marker that it told";
const REFUSED = "the server refuses this key";

storeSuite("MinIO", async () => s3Maker(await startMinio()), {
  "a key with two slashes in a row is kept": REFUSED,
  "a key with a slash in front is kept": CLEANED,
  "a key with a dot as segment is kept": REFUSED,
  "a key with two dots as segment is kept": REFUSED,
  "a key with two dots alone is kept": REFUSED,
  "a key with a segment of 300 bytes is kept": REFUSED,
  "a key may be another one's folder": "the server does not list the child",
});

storeSuite("versitygw", async () => s3Maker(await startVersitygw()), {
  "a key with two slashes in a row is kept": CLEANED,
  "a key with a slash in front is kept": CLEANED,
  "a key with a slash at the end, with data is kept": REFUSED,
  "a key with a dot as segment is kept": CLEANED,
  "a key with two dots as segment is kept": CLEANED,
  "a key with two dots alone is kept": REFUSED,
  "a key with a control character that XML forbids is kept": "the server does not encode keys in listings",
  "a key with a segment of 300 bytes is kept": REFUSED,
  "a key may be another one's folder": REFUSED,
  "listUploads() finds more uploads of one key than a page holds": MARKER,
  "listUploads() finds more uploads under a prefix than a page holds": MARKER,
});
