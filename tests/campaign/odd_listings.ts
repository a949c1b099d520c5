/** Oddities of listings: their order, their protocol, their pages, and how their documents are written. */
import { changingGood, first, html, type Oddity, refusing, withText } from "./odd_bend.ts";
import { byBytes, escapeXml, failure, type S3Asked } from "./odd_s3.ts";
import type { Bend } from "./odd_store.ts";

const ORDERS: Readonly<Record<string, (keys: readonly string[], page: number) => readonly string[]>> = {
  "in folder order": (keys) => [...keys].sort((one, other) => byFolders(one.split("/"), other.split("/"))),
  "in UTF-16 order": (keys) => [...keys].sort(),
  "in case-insensitive order": (keys) => [...keys].sort((one, other) => one.toLowerCase() < other.toLowerCase() ? -1 : 1),
  "backwards": (keys) => [...keys].reverse(),
  "unsorted": (keys) => [...keys].sort((one, other) => scrambled(one) - scrambled(other)),
  "in an order that changes between pages": (keys, page) => page % 2 === 0 ? keys : [...keys].reverse(),
};

/** A page behind the first, however it is asked for. */
function isLaterPage({ question, query }: S3Asked): boolean {
  return question === "list" && ["continuation-token", "start-after", "marker"].some((name) => (query.get(name) ?? "") !== "");
}

function isSecond({ question, query }: S3Asked): boolean {
  return question === "list" && query.get("list-type") === "2";
}

function without(asked: S3Asked, ...names: readonly string[]): S3Asked {
  return { ...asked, query: new URLSearchParams([...asked.query].filter(([name]) => !names.includes(name))) };
}

/** Listings as the first version of ListObjects gives them, whatever was asked for. */
const onlyFirstVersion: Bend = {
  instead: (asked, store) => {
    if (!isSecond(asked)) return undefined;
    return store.answer(without(asked, "list-type", "continuation-token", "start-after"));
  },
};

/** Pages of the first version name the next marker by themselves only here. */
function withNextMarker(text: string): string {
  const last = Array.from(text.matchAll(/<Key>([^]*?)<\/Key>/g)).at(-1)?.[1];
  if (!text.includes("<Marker>") || !text.includes("<IsTruncated>true") || last === undefined) return text;
  return text.replace("</IsTruncated>", `</IsTruncated><NextMarker>${last}</NextMarker>`);
}

function refusingFirst(name: string, times: number, applies: (asked: S3Asked) => boolean, reply = failure(503, "SlowDown", "x")): Oddity {
  return {
    name: `a listing that fails with ${name}`,
    group: "page failure",
    well: true,
    make: () => refusing(["list"], reply, first(times, applies)),
  };
}

/** A listing whose document is written in another way that XML allows. */
function written(name: string, change: (text: string) => string, well = true): Oddity {
  return {
    name: `listings ${name}`,
    group: "document",
    well,
    make: () => changingGood(["list"], (reply) => withText(reply, change)),
  };
}

/** Each key as it is, without the encoding that was asked for. */
function notEncoded(text: string): string {
  if (!text.includes("<EncodingType>")) return text;
  return text.replace(/<EncodingType>.*?<\/EncodingType>/, "")
    .replace(/<(Key|Prefix|Marker)>([^<]*)</g, (_, name, value) => `<${name}>${escapeXml(decodeURIComponent(value))}<`);
}

function dates(name: string, say: (date: Date) => string | undefined): Oddity {
  return written(name, (text) =>
    text.replace(/<LastModified>(.*?)<\/LastModified>/g, (_, date) => {
      const said = say(new Date(date));
      return said === undefined ? "" : `<LastModified>${said}</LastModified>`;
    }));
}

/** See the file comment. */
export const LISTING_ODDITIES: readonly Oddity[] = [
  ...Object.entries(ORDERS).map(([name, order]): Oddity => ({
    name: `listings ${name}`,
    group: "order",
    well: false,
    make: () => ({ order }),
  })),
  { name: "list-type=2 is not understood and not refused", group: "version", well: true, make: () => onlyFirstVersion },
  {
    name: "list-type=2 is not understood, and pages name their next marker",
    group: "version",
    well: true,
    make: () => ({ ...onlyFirstVersion, ...changingGood(["list"], (reply) => withText(reply, withNextMarker)) }),
  },
  ...([[400, "InvalidArgument"], [501, "NotImplemented"], [405, "MethodNotAllowed"]] as const).map(([status, code]): Oddity => ({
    name: `list-type=2 is refused with ${status}`,
    group: "version",
    well: true,
    make: () => refusing(["list"], failure(status, code, "Unsupported parameter: list-type"), isSecond),
  })),
  {
    name: "continuation tokens are refused each time",
    group: "version",
    well: true,
    make: () =>
      refusing(
        ["list"],
        failure(400, "InvalidArgument", "The continuation token provided is incorrect"),
        (asked) => asked.query.has("continuation-token"),
      ),
  },
  {
    name: "continuation tokens are ignored",
    group: "version",
    well: false,
    make: () => ({
      instead: (asked, store) =>
        asked.question !== "list" || !asked.query.has("continuation-token")
          ? undefined
          : store.answer(without(asked, "continuation-token")),
    }),
  },
  refusingFirst("503 on a later page", 1, isLaterPage),
  refusingFirst("503 on the first page", 1, (asked) => asked.question === "list"),
  refusingFirst("500 twice in a row", 2, isLaterPage, failure(500, "InternalError", "We encountered an internal error")),
  refusingFirst("429 and a Retry-After", 1, isLaterPage, {
    ...failure(429, "TooManyRequests", "x"),
    headers: [["Retry-After", "1"]],
  }),
  {
    name: "a page that is cut once",
    group: "page failure",
    well: true,
    make: () => {
      const now = first(1, isLaterPage);
      return changingGood(["list"], (reply, asked) => now(asked) ? { ...reply, cutAfter: reply.body.length >> 1 } : reply);
    },
  },
  {
    name: "a page whose document ends early, its length right",
    group: "page failure",
    well: false,
    make: () => {
      const now = first(1000, isLaterPage);
      return changingGood(
        ["list"],
        (reply, asked) => now(asked) ? { ...reply, body: reply.body.subarray(0, reply.body.length >> 1) } : reply,
      );
    },
  },
  { ...refusingFirst("a page for people and 200, once", 1, isLaterPage, html(200)), well: false },
  { ...refusingFirst("a page for people and 200, each time", 1000, isLaterPage, html(200)), well: false },
  { ...refusingFirst("a page for people and 503, once", 1, isLaterPage, html(503)), well: true },
  { ...refusingFirst("an error inside a 200", 1, isLaterPage, { ...failure(200, "InternalError", "x") }), well: true },
  { ...refusingFirst("an empty 200", 1000, isLaterPage, { status: 200, headers: [], body: new Uint8Array(0) }), well: false },
  { ...refusingFirst("403 on a later page", 1000, isLaterPage, failure(403, "AccessDenied", "x")), well: false },
  written("without the asked encoding of keys", notEncoded),
  written("without a namespace", (text) => text.replace(/ xmlns="[^"]*"/, "")),
  written("with line breaks and blanks between the elements", (text) => text.replaceAll("><", ">\n  <")),
  written("behind a byte order mark", (text) => `\ufeff${text}`),
  written("with their keys in CDATA", (text) => text.replace(/<Key>([^<]*)<\/Key>/g, "<Key><![CDATA[$1]]></Key>"), false),
  written("without the first line", (text) => text.replace(/<\?xml.*\?>\n/, "")),
  written(
    "with further elements",
    (text) => text.replaceAll("</Contents>", "<Owner><ID>x</ID><DisplayName>Key</DisplayName></Owner></Contents>"),
  ),
  written("with unquoted ETags", (text) => text.replaceAll("&quot;", "")),
  written("with numeric entities", (text) => text.replaceAll("&quot;", "&#34;")),
  written("without ETags", (text) => text.replace(/<ETag>.*?<\/ETag>/g, "")),
  written("without sizes", (text) => text.replace(/<Size>.*?<\/Size>/g, ""), false),
  written("whose last page repeats the last key", (text) => text.replace(/(<Contents>[^]*?<\/Contents>)/, "$1$1"), false),
  written("that do not say whether they are truncated", (text) => text.replace(/<IsTruncated>.*?<\/IsTruncated>/, ""), false),
  written("that are truncated without a token", (text) => text.replace(/<NextContinuationToken>.*?<\/NextContinuationToken>/, ""), false),
  dates("with dates without milliseconds", (date) => date.toISOString().replace(/\.\d+/, "")),
  dates("with dates of nine digits", (date) => date.toISOString().replace("Z", "000000Z")),
  dates("with dates and an offset", (date) => date.toISOString().replace("Z", "+00:00")),
  dates("with dates as in headers", (date) => date.toUTCString()),
  dates("without dates", () => undefined),
  dates("with dates that are none", () => "soon"),
];

function byFolders(one: readonly string[], other: readonly string[]): number {
  for (let at = 0; at < Math.min(one.length, other.length); at++) {
    const order = byBytes(one[at] ?? "", other[at] ?? "");
    if (order !== 0) return order;
  }
  return one.length - other.length;
}

/** A number that has nothing to do with the order of keys. */
function scrambled(key: string): number {
  let state = 7;
  for (const char of key) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x9e3779b1) >>> 0;
  return state;
}
