/**
 * One table: an odd response, given to every kind of request that can meet it, has one outcome whoever reads it. Each row is a whole job
 * between two odd stores in which that one kind of request meets the oddity, in both of them; it must copy everything, unless the table
 * says what is refused.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { migrate } from "../../lib/mod.ts";
import type { Question } from "./odd_s3.ts";
import { bytesOfStream, ODDITIES } from "./odd_script.ts";
import { type Bend, OddStore } from "./odd_store.ts";

/** Objects of this size go in parts, of which they have one: rows are many. */
const BIG_BYTES = 400_000;
const READS = ["head", "get"] as const;
const WRITES = ["put", "part"] as const;
/** Every kind of request that the job of a row makes. */
const ALL: readonly Question[] = [
  ...["head bucket", "list", "head", "get", "get tags", "list uploads"] as const,
  ...["create", "part", "complete", "put", "deletes"] as const,
];
const WITH_BODIES = ALL.filter((question) => question !== "head" && question !== "head bucket");

/** Oddities and the requests that can meet them. */
const TABLE: readonly (readonly [string, readonly Question[]])[] = [
  ...["is missing", "is as in RFC 850", "is as of asctime", "is as in listings", "is seconds since 1970", "is no date", "is empty"]
    .map((form) => [`Last-Modified ${form}`, READS] as const),
  ...["without milliseconds", "as in headers", "that are none"].map((form) => [`listings with dates ${form}`, ["list"] as const] as const),
  ["listings without dates", ["list"]],
  ...["are weak", "are not quoted", "have the quotes of XML", "have single quotes", "are quoted twice", "are in upper case"].map((form) =>
    [`ETag headers ${form}`, [...READS, ...WRITES]] as const
  ),
  ["listings with unquoted ETags", ["list"]],
  ["Complete is answered with an unquoted ETag", ["complete"]],
  ["HEAD without Content-Length", ["head"]],
  ["every response in chunks", WITH_BODIES],
  ["every response closes its connection", ALL],
  ["header names in lower case", ALL],
  ["header names in upper case", ALL],
  ["no reason phrase", ALL],
  ["headers that are said twice", ALL],
  ["100 Continue that nobody asked for", ALL],
  ["102 and 103 in front", ALL],
  ["headers with blanks around", ALL],
  ["many headers", ALL],
  ["documents are called text/plain", ["list", "list uploads", "create", "complete", "deletes", "get tags"]],
  ["reads are redirected with 307", READS],
  ["reads are redirected with 301", READS],
  ["listings are redirected with 307", ["list"]],
  ["x-amz-checksum-mode is refused with 400", READS],
  ["x-amz-checksum-mode is refused with 501", READS],
  ["x-amz-checksum-* is refused with 400", [...WRITES, "create", "complete"]],
  ["x-amz-mp-object-size is refused with 501", ["complete"]],
  ["UNSIGNED-PAYLOAD is refused with 501", WRITES],
  ["all words for digests of payloads is refused with 501", WRITES],
  ...[403, 405, 501].map((status) => [`HEAD of an object is refused with ${status}`, ["head"]] as const),
  ["If-Match is refused with 501", READS],
  ["If-Match never holds", READS],
  ["If-None-Match is refused with 501", ["put", "complete"]],
  ["a clock an hour ahead", ALL],
];

/** What cannot be copied, and the word that says so, by oddity and question. */
const REFUSED: ReadonlyMap<string, RegExp> = new Map();

/** The same bend, met by one kind of request alone. */
function metBy({ instead, after, ...rest }: Bend, question: Question): Bend {
  return {
    ...rest,
    ...(instead && { instead: (asked, store) => asked.question === question ? instead(asked, store) : undefined }),
    ...(after && { after: (reply, asked, store) => asked.question === question ? after(reply, asked, store) : reply }),
  };
}

function fill(source: OddStore, destination: OddStore): void {
  const small = bytesOfStream(3000, 1);
  source.place("empty", new Uint8Array(0));
  source.place("small", small, { tags: { team: "a" } });
  source.place("changed", bytesOfStream(300_000, 2));
  source.place("big", bytesOfStream(BIG_BYTES, 3));
  destination.place("changed", small);
  destination.place("extra", small);
}

async function copied(oddity: string, question: Question): Promise<string> {
  const make = ODDITIES.get(oddity)?.make;
  if (make === undefined) throw new Error(`There is no oddity ${oddity}`);
  return await copiedWith([metBy(make(), question)], [metBy(make(), question)]);
}

/** What the run of a job between such stores says failed; empty when all was copied. */
async function copiedWith(from: readonly Bend[], to: readonly Bend[]): Promise<string> {
  const [source, destination] = [new OddStore(from), new OddStore(to)];
  fill(source, destination);
  const account = { region: "us-east-1", accessKeyId: "odd", secretAccessKey: "odd-secret", addressing: "path" } as const;
  try {
    const end = await migrate({
      source: "from://bucket/",
      destination: "to://bucket/",
      stores: { from: { endpoint: source.endpoint, ...account }, to: { endpoint: destination.endpoint, ...account } },
      delete: true,
      workers: 1,
      retries: 2,
      retryDelay: 5,
      timeout: 3000,
      multipartThreshold: BIG_BYTES,
    });
    const shown = end.summary.failuresShown.map(({ key, message }) => `${key}: ${message}`);
    const failed = [...shown, ...(end.error ? [end.error.message] : [])];
    assertEquals(wrongOf(source, destination, failed.length === 0), []);
    return failed.join("\n");
  } catch (error) {
    if (error instanceof Error && error.name === "TransferError") return error.message;
    throw error;
  } finally {
    await source.stop();
    await destination.stop();
  }
}

/** Keys that hold what they must not: anything but the source's bytes once all is said to be well, else anything new. */
function wrongOf(source: OddStore, destination: OddStore, well: boolean): string[] {
  const same = (key: string) => {
    const [one, other] = [source.objects.get(key)?.bytes, destination.objects.get(key)?.bytes];
    return one?.length === other?.length && one?.every((byte, at) => byte === other?.[at]) !== false;
  };
  const wrong = [...source.objects.keys()].filter((key) =>
    well ? !same(key) : destination.objects.has(key) && key !== "changed" && !same(key)
  );
  return well && destination.objects.has("extra") ? [...wrong, "extra"] : wrong;
}

for (const [oddity, questions] of TABLE) {
  Deno.test(`${oddity}: one outcome for ${questions.length} kinds of request`, async () => {
    const outcomes: string[] = [];
    for (const question of questions) {
      const failure = await copied(oddity, question);
      const refused = REFUSED.get(`${oddity} / ${question}`);
      if (refused !== undefined) assertMatch(failure, refused);
      else if (failure !== "") outcomes.push(`${question}: ${failure}`);
    }
    assertEquals(outcomes, []);
  });
}

Deno.test("without an oddity the job of a row copies everything and makes every kind of request", async () => {
  const seen = new Set<string>();
  const noting: Bend = { instead: ({ question }) => void seen.add(question) };
  assertEquals(await copiedWith([noting], [noting]), "");
  assertEquals(ALL.filter((question) => !seen.has(question)), []);
});
