/**
 * Every optional question of lib/remote/optional.ts and every optional header, refused in each way that is known: a whole job does without,
 * copies every byte, and says once what is lost.
 */
import { assertEquals } from "@std/assert";
import { migrate } from "../../lib/mod.ts";
import { OPTIONAL_QUESTIONS, type OptionalQuestion } from "../../lib/remote/optional.ts";
import { crc32Base64 } from "../store/digests.ts";
import { html } from "./odd_bend.ts";
import type { Reply } from "./odd_http.ts";
import { failure, plain, type S3Asked, xml } from "./odd_s3.ts";
import { bytesOfStream } from "./odd_script.ts";
import { type Bend, OddStore } from "./odd_store.ts";

/** Objects of this size go in parts, of which they have one. */
const BIG_BYTES = 400_000;

const REFUSALS: Readonly<Record<string, Reply>> = {
  "403": failure(403, "AccessDenied", "Access Denied"),
  "403 and no word": plain(403),
  "404": failure(404, "NoSuchKey", "Not here"),
  "405": failure(405, "MethodNotAllowed", "Not allowed against this resource"),
  "501": failure(501, "NotImplemented", "Not implemented"),
  "403 and a page for people": html(403),
  "200 and a page for people": html(200),
};

interface Row {
  /** Which side refuses. */
  readonly side: "source" | "destination";
  readonly asks: (asked: S3Asked) => boolean;
  /** Ways of refusing that mean something else. */
  readonly not?: readonly string[];
  /** In the line that says so. */
  readonly says: string;
  /** The job copies this one object, looked up by its name. */
  readonly single?: true;
  /** The keys may only write. */
  readonly blind?: true;
}

const isHead = ({ question }: S3Asked) => question === "head";
const NOT_THERE = "404";
const PAGE = "200 and a page for people";
const HEAD_MEANS = [NOT_THERE, PAGE];

const QUESTIONS: Readonly<Record<OptionalQuestion, Row>> = {
  bucket: {
    side: "destination",
    asks: ({ question, query }) => question === "head bucket" || question === "list" || query.has("location"),
    // A bucket that is not there, and what is no store at all, end the job.
    not: [NOT_THERE, PAGE],
    says: "to be asked for the bucket",
    blind: true,
  },
  head: { side: "source", asks: isHead, not: HEAD_MEANS, says: "HEAD of an object" },
  headBeforeWrite: {
    side: "destination",
    asks: ({ question }) => question === "head" || question === "get",
    not: HEAD_MEANS,
    says: "written without being compared",
    single: true,
  },
  tags: { side: "source", asks: ({ question }) => question === "get tags", says: "copied without them" },
  parts: { side: "destination", asks: ({ question }) => question === "list parts", not: [NOT_THERE], says: "is sent again" },
  uploads: { side: "destination", asks: ({ question }) => question === "list uploads", says: "not resumed" },
  deleteMany: { side: "destination", asks: ({ question }) => question === "deletes", not: [NOT_THERE, PAGE], says: "one by one" },
  listV2: {
    side: "source",
    asks: ({ question, query }) => question === "list" && query.get("list-type") === "2",
    not: ["403", "403 and no word", "403 and a page for people", NOT_THERE, PAGE],
    says: "version 1 is used",
  },
};

const withHeader = (name: RegExp) => ({ headers }: S3Asked) => [...headers.keys()].some((header) => name.test(header));
const HEADERS: Readonly<Record<string, Row>> = {
  "x-amz-checksum-mode": { side: "source", asks: withHeader(/^x-amz-checksum-mode$/), not: HEAD_MEANS, says: "x-amz-checksum-mode" },
  "x-amz-mp-object-size": {
    side: "destination",
    asks: withHeader(/^x-amz-mp-object-size$/),
    not: HEAD_MEANS,
    says: "x-amz-mp-object-size",
  },
  "x-amz-checksum-*": {
    side: "destination",
    asks: withHeader(/^x-amz-(?:checksum-(?!mode)|sdk-checksum|trailer)/),
    not: HEAD_MEANS,
    says: "does not check the bytes",
  },
};

/** A source of small and large objects, and a destination with another's unfinished upload and an object that is too many. */
function stores({ side }: Row, bend: Bend): { readonly source: OddStore; readonly destination: OddStore } {
  const source = new OddStore(side === "source" ? [bend] : []);
  const destination = new OddStore(side === "destination" ? [bend] : []);
  const small = bytesOfStream(3000, 1);
  source.place("tagged", small, { tags: { team: "a" }, headers: { "x-amz-checksum-crc32": crc32Base64(small) } });
  source.place("big", bytesOfStream(BIG_BYTES, 2));
  destination.place("too many", bytesOfStream(10, 3));
  destination.place("tagged", bytesOfStream(100, 4));
  destination.uploads.set("another's", { key: "big", headers: {}, parts: new Map([[1, bytesOfStream(BIG_BYTES, 5)]]) });
  return { source, destination };
}

async function linesOf(row: Row, reply: Reply): Promise<string[]> {
  const bend: Bend = { instead: (asked) => row.asks(asked) ? reply : undefined };
  const { source, destination } = stores(row, bend);
  const account = { region: "us-east-1", accessKeyId: "odd", secretAccessKey: "odd-secret", addressing: "path" } as const;
  const notes: string[] = [];
  const key = row.single ? "tagged" : "";
  try {
    const end = await migrate({
      source: `from://bucket/${key}`,
      destination: `to://bucket/${key}`,
      stores: { from: { endpoint: source.endpoint, ...account }, to: { endpoint: destination.endpoint, ...account } },
      ...(row.blind ? { compare: "always" } : row.single ? {} : { delete: true }),
      workers: 1,
      retries: 3,
      retryDelay: 5,
      timeout: 3000,
      multipartThreshold: BIG_BYTES,
    }, { onNote: (line) => notes.push(line) });
    assertEquals([end.error?.message, end.summary.failuresShown], [undefined, []]);
    const wanted = row.single ? [key] : [...source.objects.keys()];
    for (const name of wanted) assertEquals(destination.objects.get(name)?.bytes, source.objects.get(name)?.bytes, name);
    assertEquals(destination.objects.has("too many"), row.single === true || row.blind === true);
    return notes;
  } finally {
    await source.stop();
    await destination.stop();
  }
}

assertEquals(Object.keys(QUESTIONS), Object.keys(OPTIONAL_QUESTIONS));

for (const [name, row] of Object.entries({ ...QUESTIONS, ...HEADERS })) {
  for (const [how, reply] of Object.entries(REFUSALS)) {
    if (row.not?.includes(how)) continue;
    Deno.test(`a job does without ${name} where it is refused with ${how}, and says so once`, async () => {
      const notes = await linesOf(row, reply);
      assertEquals(notes.map((line) => line.includes(row.says)), [true], notes.join("\n"));
    });
  }
}

Deno.test("without a refusal nothing is said, and no bucket is asked where it is", async () => {
  const asked: string[] = [];
  const row: Row = { side: "source", asks: ({ query }) => query.has("location") && asked.push("location") > 0, says: "" };
  assertEquals(await linesOf(row, xml("LocationConstraint", "")), []);
  assertEquals(asked, []);
});
