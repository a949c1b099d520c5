/** Oddities of form: how headers, ETags, dates, lengths, ranges and whole responses are written. */
import { adding, changing, changingGood, type Oddity, type OddSide, withHeader, withText } from "./odd_bend.ts";
import type { Reply } from "./odd_http.ts";
import type { Question, S3Asked } from "./odd_s3.ts";

const READS: readonly Question[] = ["head", "get"];
const ALL: readonly Question[] = [
  ...["head bucket", "location", "list", "list uploads", "deletes", "head", "get", "put", "create", "part", "complete"] as const,
  ...["abort", "list parts", "get tags", "put tags", "attributes", "delete", "other"] as const,
];
const SOURCE: readonly OddSide[] = ["source"];

function lastModified(name: string, say: (date: Date) => string | undefined): Oddity {
  return {
    name: `Last-Modified ${name}`,
    group: "date header",
    well: true,
    make: () => changingGood(READS, (reply) => withHeader(reply, "last-modified", (value) => say(new Date(value)))),
  };
}

/** ETags in another form in headers; those in documents stay. */
function etagHeader(
  name: string,
  change: (etag: string) => string | undefined,
  well: Oddity["well"],
  questions: readonly Question[] = ALL,
): Oddity {
  return {
    name: `ETag headers ${name}`,
    group: "etag",
    well,
    make: () => changingGood(questions, (reply) => withHeader(reply, "etag", change)),
  };
}

/** ETags in another form wherever they are. */
function etagEverywhere(name: string, change: (etag: string) => string, well: Oddity["well"]): Oddity {
  return { name: `ETags ${name}`, group: "etag", well, make: () => ({ etag: change }) };
}

function contentRange(name: string, change: (range: string) => string | undefined, well: boolean): Oddity {
  return {
    name: `Content-Range ${name}`,
    group: "range",
    sides: SOURCE,
    well,
    make: () => changingGood(["get"], (reply) => withHeader(reply, "content-range", change)),
  };
}

function shape(name: string, change: (reply: Reply, asked: S3Asked) => Reply, well: Oddity["well"] = true, questions = ALL): Oddity {
  return { name, group: "shape", well, make: () => changing(questions, change) };
}

function renamed(reply: Reply, change: (name: string) => string): Reply {
  return { ...reply, headers: reply.headers.map(([name, value]) => [change(name), value]) };
}

function answersWhole(reply: Reply, store: ReadonlyMap<string, { bytes: Uint8Array<ArrayBuffer> }>, key: string): Reply {
  const bytes = store.get(key)?.bytes;
  return bytes === undefined ? reply : { ...withHeader(reply, "content-range", () => undefined), status: 200, body: bytes };
}

let changes = 0;

/** See the file comment. */
export const FORM_ODDITIES: readonly Oddity[] = [
  lastModified("is missing", () => undefined),
  lastModified("is as in RFC 850", (date) => date.toUTCString().replace(/^(\w+), (\d+) (\w+) \d\d(\d\d)/, "Monday, $2-$3-$4")),
  lastModified("is as of asctime", (date) => date.toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) ([\d:]+).*/, "$1 $3 $2 $5 $4")),
  lastModified("is as in listings", (date) => date.toISOString()),
  lastModified("is seconds since 1970", (date) => String(date.getTime() / 1000)),
  lastModified("has an offset", (date) => date.toUTCString().replace("GMT", "+0000")),
  lastModified("is no date", () => "yesterday"),
  lastModified("is empty", () => ""),
  etagHeader("are weak", (etag) => `W/${etag}`, true),
  etagHeader("have the quotes of XML", (etag) => etag.replaceAll('"', "&quot;"), true),
  etagHeader("have single quotes", (etag) => etag.replaceAll('"', "'"), true),
  etagHeader("are quoted twice", (etag) => `"${etag}"`, true),
  etagHeader("are not quoted", (etag) => etag.replaceAll('"', ""), true),
  etagHeader("are in upper case", (etag) => etag.toUpperCase(), true),
  etagHeader("of HEAD are weak", (etag) => `W/${etag}`, true, ["head"]),
  etagHeader("of GET are weak", (etag) => `W/${etag}`, true, ["get"]),
  etagHeader("of GET end in -gzip", (etag) => etag.replace(/"$/, '-gzip"'), false, ["get"]),
  etagHeader("are missing", () => undefined, ["source"]),
  etagHeader("of PUT are missing", () => undefined, false, ["put", "part"]),
  etagHeader("are empty", () => '""', false),
  etagHeader("change with each response", () => `"${(++changes).toString(16).padStart(32, "0")}"`, false, READS),
  etagEverywhere("are opaque", (etag) => `v-${etag.slice(0, 9)}`, true),
  etagEverywhere(
    "look like MD5s and are none",
    (etag) => [...etag].map((char) => /[0-9a-f]/.test(char) ? (parseInt(char, 16) ^ 5).toString(16) : char).join(""),
    false,
  ),
  etagEverywhere("are opaque and hold odd characters", (etag) => `a+b/c=:${etag.slice(0, 5)}`, true),
  etagEverywhere("are in upper case", (etag) => etag.toUpperCase(), true),
  contentRange("has * for the whole length", (range) => range.replace(/\/\d+$/, "/*"), true),
  contentRange("is written with =", (range) => range.replace("bytes ", "bytes="), false),
  contentRange("is written in upper case", (range) => range.replace("bytes ", "Bytes "), false),
  contentRange("is missing", () => undefined, false),
  contentRange("names another range", (range) => range.replace(/(\d+)-/, (_, first) => `${Number(first) + 1}-`), false),
  {
    name: "a range that is the whole object is answered 200",
    group: "range",
    sides: SOURCE,
    well: true,
    make: () => ({
      after: (reply, { question, key, query }, { objects }) =>
        question !== "get" || reply.status !== 206 || query.has("partNumber") || reply.body.length !== objects.get(key)?.bytes.length
          ? reply
          : answersWhole(reply, objects, key),
    }),
  },
  {
    name: "ranges are ignored",
    group: "range",
    sides: SOURCE,
    well: false,
    make: () => ({
      after: (reply, { question, key }, { objects }) =>
        question === "get" && reply.status === 206 ? answersWhole(reply, objects, key) : reply,
    }),
  },
  shape("HEAD without Content-Length", (reply, { question }) => question === "head" ? { ...reply, framing: "close" } : reply),
  shape(
    "HEAD that says Content-Length: 0",
    (reply, { question }) => question === "head" ? adding(reply, ["Content-Length", "0"]) : reply,
    false,
  ),
  shape("GET in chunks", (reply, { question }) => question === "get" ? { ...reply, framing: "chunked" } : reply),
  shape(
    "every response in chunks",
    (reply, { method }) => method === "HEAD" || reply.status === 204 ? reply : { ...reply, framing: "chunked" },
  ),
  shape("GET that ends with its connection", (reply, { question }) => question === "get" ? { ...reply, framing: "close" } : reply, false),
  shape("every response closes its connection", (reply) => adding(reply, ["Connection", "close"])),
  shape("HTTP/1.0", (reply) => ({ ...reply, old: true }), false),
  shape("header names in lower case", (reply) => renamed(reply, (name) => name.toLowerCase())),
  shape("header names in upper case", (reply) => renamed(reply, (name) => name.toUpperCase())),
  shape("no reason phrase", (reply) => ({ ...reply, reason: "" })),
  shape(
    "headers that are said twice",
    (reply) => adding(reply, ["Date", new Date().toUTCString()], ["x-amz-request-id", "again"], ["Server", "a"], ["Server", "b"]),
  ),
  shape("an ETag that is said twice", (reply) => adding(reply, ...reply.headers.filter(([name]) => name === "ETag")), false),
  shape(
    "a length that is said twice",
    (reply) =>
      reply.status === 204
        ? reply
        : adding(reply, ["Content-Length", String(reply.body.length)], ["Content-Length", String(reply.body.length)]),
    false,
  ),
  shape("100 Continue that nobody asked for", (reply) => ({ ...reply, interim: ["HTTP/1.1 100 Continue"] })),
  shape("102 and 103 in front", (reply) => ({ ...reply, interim: ["HTTP/1.1 102 Processing", "HTTP/1.1 103 Early Hints\r\nLink: </x>"] })),
  shape("headers with blanks around", (reply) => ({ ...reply, headers: reply.headers.map(([name, value]) => [name, `  ${value}\t`]) })),
  shape(
    "many headers",
    (reply) => adding(reply, ...Array.from({ length: 60 }, (_, index) => [`X-Filler-${index}`, "y".repeat(60)] as const)),
  ),
  shape(
    "a PUT is answered 204",
    (reply, { question }) => question === "put" && reply.status === 200 ? { ...reply, status: 204 } : reply,
    false,
  ),
  shape(
    "a PUT is answered 201",
    (reply, { question }) => question === "put" && reply.status === 200 ? { ...reply, status: 201 } : reply,
    false,
  ),
  shape(
    "a DELETE is answered 200",
    (reply, { question }) => question === "delete" && reply.status === 204 ? { ...reply, status: 200 } : reply,
  ),
  shape(
    "documents are called text/plain",
    (reply) => withHeader(reply, "content-type", (value) => value === "application/xml" ? "text/plain" : value),
  ),
  shape(
    "blanks in front of the document",
    (reply, { question }) => question === "complete" ? withText(reply, (text) => `\r\n  ${text.replace(/<\?xml.*\?>\n/, "")}`) : reply,
  ),
  shape(
    "Complete is answered without an ETag",
    (reply, { question }) => question === "complete" ? withText(reply, (text) => text.replace(/<ETag>.*?<\/ETag>/, "")) : reply,
  ),
  shape(
    "Complete is answered with an unquoted ETag",
    (reply, { question }) => question === "complete" ? withText(reply, (text) => text.replaceAll("&quot;", "")) : reply,
  ),
  {
    name: "aws-chunked is said to be the object's encoding",
    group: "encoding",
    sides: SOURCE,
    well: true,
    make: () => changingGood(READS, (reply) => adding(reply, ["Content-Encoding", "aws-chunked"])),
  },
  {
    name: "the bytes of a GET come short",
    group: "bytes",
    sides: SOURCE,
    well: false,
    make: () => changingGood(["get"], (reply) => reply.body.length > 100 ? { ...reply, cutAfter: reply.body.length - 1 } : reply),
  },
  {
    name: "a GET in chunks that comes short by its own account",
    group: "bytes",
    sides: SOURCE,
    well: false,
    make: () =>
      changingGood(["get"], (reply) => reply.body.length > 100 ? { ...reply, framing: "chunked", body: reply.body.subarray(1) } : reply),
  },
];
