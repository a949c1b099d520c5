/** Oddities of stores that refuse what others take: questions that a copy can do without, headers, digests, conditions, clocks. */
import { first, html, type Oddity, type OddSide, refusing, refusingHeader } from "./odd_bend.ts";
import type { Reply } from "./odd_http.ts";
import { failure, plain, type Question, type S3Asked } from "./odd_s3.ts";

/** A question that a copy can do without. */
interface Optional {
  readonly what: string;
  readonly question: Question;
  readonly sides?: readonly OddSide[];
  readonly when?: (asked: S3Asked) => boolean;
}

const OPTIONAL: readonly Optional[] = [
  { what: "HeadBucket", question: "head bucket" },
  { what: "GetBucketLocation", question: "location" },
  { what: "ListMultipartUploads", question: "list uploads", sides: ["destination"] },
  { what: "ListParts", question: "list parts", sides: ["destination"] },
  { what: "GetObjectTagging", question: "get tags", sides: ["source"] },
  { what: "the HEAD of a part", question: "head", sides: ["source"], when: ({ query }) => query.has("partNumber") },
  { what: "the GET of a part", question: "get", sides: ["source"], when: ({ query }) => query.has("partNumber") },
  { what: "GetObjectAttributes", question: "attributes", sides: ["source"] },
];

const REFUSALS: readonly (readonly [string, Reply])[] = [
  ["403", failure(403, "AccessDenied", "Access Denied")],
  ["404", failure(404, "NoSuchKey", "Not here")],
  ["405", failure(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")],
  ["501", failure(501, "NotImplemented", "Not implemented")],
  ["403 and a page for people", html(403)],
];

/** HeadBucket says 404 of a bucket that is not there, and tags that are refused are lost: those may fail. */
function optionalIsWell({ what }: Optional, refusal: string): boolean {
  return what === "GetObjectTagging" ? false : what !== "HeadBucket" || refusal !== "404";
}

interface RefusedHeader {
  readonly what: string;
  readonly name: RegExp;
  readonly value?: RegExp;
  readonly well: Oddity["well"];
  readonly sides?: readonly OddSide[];
  readonly replies?: readonly Reply[];
}

const REFUSED_HEADERS: readonly RefusedHeader[] = [
  { what: "x-amz-checksum-*", name: /^x-amz-(checksum-(?!mode)|sdk-checksum|trailer)/, well: true, sides: ["destination"] },
  { what: "x-amz-checksum-mode", name: /^x-amz-checksum-mode$/, well: true },
  { what: "x-amz-mp-object-size", name: /^x-amz-mp-object-size$/, well: true, sides: ["destination"] },
  { what: "x-amz-tagging", name: /^x-amz-tagging$/, well: false, sides: ["destination"] },
  { what: "x-amz-storage-class", name: /^x-amz-storage-class$/, well: false, sides: ["destination"] },
  { what: "x-amz-meta-*", name: /^x-amz-meta-/, well: false, sides: ["destination"] },
  { what: "UNSIGNED-PAYLOAD", name: /^x-amz-content-sha256$/, value: /^UNSIGNED-PAYLOAD$/, well: true, sides: ["destination"] },
  {
    what: "all words for digests of payloads",
    name: /^x-amz-content-sha256$/,
    value: /^(?:UNSIGNED-PAYLOAD|STREAMING-.*)$/,
    well: true,
    sides: ["destination"],
  },
  { what: "payloads in frames", name: /^x-amz-content-sha256$/, value: /^STREAMING-/, well: true, sides: ["destination"] },
  { what: "If-Match", name: /^if-match$/, well: true },
  { what: "If-None-Match", name: /^if-none-match$/, well: true, sides: ["destination"] },
  { what: "Content-MD5", name: /^content-md5$/, well: false, sides: ["destination"] },
];

function refusedHeader({ what, name, value, well, sides }: RefusedHeader, reply: Reply): Oddity {
  return {
    name: `${what} is refused with ${reply.status}`,
    group: what === "x-amz-checksum-mode" ? what : `refused header`,
    well,
    ...(sides && { sides }),
    make: () => refusingHeader(name, reply, value),
  };
}

/** Digests of a body that a request gives. */
function hasDigest({ headers }: S3Asked): boolean {
  return headers.has("content-md5") || headers.has("x-amz-trailer") || [...headers.keys()].some((name) => /^x-amz-checksum-/.test(name));
}

const LOCKED = failure(
  400,
  "InvalidRequest",
  "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Part requests with Object Lock parameters",
);
const HOUR_MS = 3_600_000;

function stampMs({ headers }: S3Asked): number {
  const stamp = headers.get("x-amz-date") ?? "";
  return Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

/** A clock that is off: requests with another time are refused, as Amazon does from 15 minutes on. */
function clock(name: string, offMs: number): Oddity {
  return {
    name: `a clock ${name}`,
    group: "clock",
    well: true,
    make: () => ({
      instead: (asked) => {
        const now = Date.now() + offMs;
        if (Math.abs(stampMs(asked) - now) < HOUR_MS / 4) return undefined;
        const message = "The difference between the request time and the server's time is too large.";
        return failure(403, "RequestTimeTooSkewed", message, `<ServerTime>${new Date(now).toISOString()}</ServerTime>`);
      },
      after: (reply) => ({
        ...reply,
        headers: reply.headers.map(([header, value]) => [header, header === "Date" ? new Date(Date.now() + offMs).toUTCString() : value]),
      }),
    }),
  };
}

/** A first request of its kind that is refused for a while, as a busy store does. */
function busy(question: Question, reply: Reply, side: OddSide): Oddity {
  return {
    name: `${question} is answered ${reply.status} twice`,
    group: "busy",
    well: true,
    sides: [side],
    make: () => refusing([question], reply, first(2, ({ question: asked }) => asked === question)),
  };
}

const SLOW = failure(503, "SlowDown", "Please reduce your request rate.");

/** See the file comment. */
export const REFUSAL_ODDITIES: readonly Oddity[] = [
  ...OPTIONAL.flatMap((optional) =>
    REFUSALS.map(([refusal, reply]): Oddity => ({
      name: `${optional.what} is refused with ${refusal}`,
      group: `refused ${optional.what}`,
      well: optionalIsWell(optional, refusal),
      ...(optional.sides && { sides: optional.sides }),
      make: () => refusing([optional.question], reply, optional.when),
    }))
  ),
  ...REFUSED_HEADERS.flatMap((header) => [
    refusedHeader(header, failure(400, "InvalidArgument", `Unsupported header received for this API call: ${header.what}`)),
    refusedHeader(
      header,
      failure(501, "NotImplemented", `A header you provided implies functionality that is not implemented: ${header.what}`),
    ),
  ]),
  {
    name: "If-Match never holds",
    group: "refused header",
    well: true,
    make: () => refusingHeader(/^if-match$/, failure(412, "PreconditionFailed", "x")),
  },
  ...[403, 405, 501].map((status): Oddity => ({
    name: `HEAD of an object is refused with ${status}`,
    group: "head",
    well: true,
    make: () => refusing(["head"], plain(status)),
  })),
  {
    name: "HEAD of an object that is missing is answered 403",
    group: "head",
    well: true,
    make: () => ({ instead: ({ question, key }, { objects }) => question === "head" && !objects.has(key) ? plain(403) : undefined }),
  },
  {
    name: "keys that may only write",
    group: "head",
    sides: ["destination"],
    well: "without delete",
    make: () => ({
      ...refusing(
        ["head", "get", "list", "head bucket", "location", "list uploads", "list parts"],
        failure(403, "AccessDenied", "Access Denied"),
      ),
      jobKeys: { compare: "always" },
    }),
  },
  {
    name: "object lock: each body needs a digest",
    group: "lock",
    sides: ["destination"],
    well: true,
    make: () => refusing(["put", "part"], LOCKED, (asked) => !hasDigest(asked)),
  },
  { name: "conditions are ignored", group: "conditions", well: true, make: () => ({ ignoresConditions: true }) },
  clock("an hour ahead", HOUR_MS),
  clock("an hour behind", -HOUR_MS),
  busy("put", SLOW, "destination"),
  busy("part", SLOW, "destination"),
  busy("complete", SLOW, "destination"),
  busy("create", failure(500, "InternalError", "x"), "destination"),
  busy("get", SLOW, "source"),
  busy("head", plain(503), "source"),
  busy("deletes", SLOW, "destination"),
  busy("get", html(502), "source"),
  busy("put", { ...failure(429, "TooManyRequests", "x"), headers: [["Retry-After", new Date(Date.now()).toUTCString()]] }, "destination"),
];
