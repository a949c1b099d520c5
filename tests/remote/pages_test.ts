/** Every way in which the pages of a listing can fail or lie: what is asked next, and what comes of it. */
import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { type ListingPage, listPages, type PageStart } from "../../lib/remote/pages.ts";

/** One response: keys and the next token, or a failure. */
type Response = { readonly keys: readonly string[]; readonly next?: string } | TransferError;

interface Row {
  readonly what: string;
  readonly pages: readonly Response[];
  /** Requests in the form `first`, `token T` or `after KEY`. */
  readonly asked: readonly string[];
  readonly keys?: readonly string[];
  readonly error?: { readonly kind: string; readonly includes: string };
  readonly anyOrder?: boolean | "repeating";
}

const BUSY = new TransferError("server", "InternalError", { status: 500 });
const REFUSED = new TransferError("unsupported", "InvalidArgument: the continuation token is incorrect", { status: 400 });
const EXPIRED = new TransferError("credentials", "InvalidToken", { status: 400 });
const DENIED = new TransferError("config", "AccessDenied", { status: 403 });

const ROWS: readonly Row[] = [
  { what: "two pages", pages: [{ keys: ["a", "b"], next: "1" }, { keys: ["c"] }], asked: ["first", "token 1"], keys: ["a", "b", "c"] },
  {
    what: "a page that fails is requested again by its own token",
    pages: [{ keys: ["a"], next: "1" }, BUSY, BUSY, { keys: ["b"] }],
    asked: ["first", "token 1", "token 1", "token 1"],
    keys: ["a", "b"],
  },
  {
    what: "so is one of a listing that is in no order",
    pages: [{ keys: ["b/1", "b-1"], next: "1" }, BUSY, { keys: ["a"] }],
    asked: ["first", "token 1", "token 1"],
    keys: ["b/1", "b-1", "a"],
    anyOrder: true,
  },
  {
    what: "a page that fails for good",
    pages: [{ keys: ["a"], next: "1" }, BUSY, BUSY, BUSY, BUSY],
    asked: ["first", "token 1", "token 1", "token 1", "token 1"],
    error: { kind: "server", includes: "InternalError" },
  },
  {
    what: "a refused token is replaced by the last key",
    pages: [{ keys: ["a", "b"], next: "1" }, REFUSED, { keys: ["c"], next: "2" }, EXPIRED, { keys: ["d"] }],
    asked: ["first", "token 1", "after b", "token 2", "after c"],
    keys: ["a", "b", "c", "d"],
  },
  {
    what: "a refused token in a listing that is in no order: the keys behind a key are not the rest of it",
    pages: [{ keys: ["b/1", "b-1"], next: "1" }, REFUSED],
    asked: ["first", "token 1"],
    error: { kind: "unsupported", includes: "token is incorrect" },
    anyOrder: true,
  },
  {
    what: "a store that does not know start-after begins anew: nothing comes twice",
    pages: [{ keys: ["a", "b"], next: "1" }, REFUSED, { keys: ["a", "b", "c"], next: "2" }, { keys: ["d"] }],
    asked: ["first", "token 1", "after b", "token 2"],
    keys: ["a", "b", "c", "d"],
  },
  {
    what: "a store that begins anew and shows a key that was not there before",
    pages: [{ keys: ["b/1", "b/2"], next: "1" }, REFUSED, { keys: ["b/1", "b/2", "b-1"] }],
    asked: ["first", "token 1", "after b/2"],
    error: { kind: "disorder", includes: "out of order at p/b-1" },
  },
  {
    what: "a store that begins anew and never comes to where it was",
    pages: [{ keys: ["a", "b"], next: "1" }, REFUSED, { keys: ["a"] }],
    asked: ["first", "token 1", "after b"],
    error: { kind: "unsupported", includes: "more follows" },
  },
  {
    what: "a token refused twice at one place",
    pages: [{ keys: ["a"], next: "1" }, REFUSED, { keys: [], next: "2" }, REFUSED],
    asked: ["first", "token 1", "after a", "token 2"],
    error: { kind: "unsupported", includes: "token is incorrect" },
  },
  { what: "a first page that is refused", pages: [REFUSED], asked: ["first"], error: { kind: "unsupported", includes: "incorrect" } },
  {
    what: "keys that may not list any more",
    pages: [{ keys: ["a"], next: "1" }, DENIED],
    asked: ["first", "token 1"],
    error: { kind: "config", includes: "AccessDenied" },
  },
  {
    what: "disorder within a page",
    pages: [{ keys: ["b", "a"] }],
    asked: ["first"],
    error: { kind: "disorder", includes: "out of order at p/a" },
  },
  {
    what: "disorder between pages",
    pages: [{ keys: ["b"], next: "1" }, { keys: ["a"] }],
    asked: ["first", "token 1"],
    error: { kind: "disorder", includes: "out of order at p/a" },
  },
  { what: "a key twice", pages: [{ keys: ["a", "a"] }], asked: ["first"], error: { kind: "disorder", includes: "out of order at p/a" } },
  {
    what: "a key of the page before",
    pages: [{ keys: ["a", "b"], next: "1" }, { keys: ["b", "c"] }],
    asked: ["first", "token 1"],
    error: { kind: "disorder", includes: "out of order at p/b" },
  },
  { what: "any order, where that is enough", pages: [{ keys: ["b", "a", "c"] }], asked: ["first"], keys: ["b", "a", "c"], anyOrder: true },
  {
    what: "a key twice, where any order is enough: others are missing",
    pages: [{ keys: ["b", "a", "b"] }],
    asked: ["first"],
    error: { kind: "disorder", includes: "no order that lasts, at p/b" },
    anyOrder: true,
  },
  {
    what: "a key twice, where nothing rests on the others",
    pages: [{ keys: ["b", "a", "b"] }],
    asked: ["first"],
    keys: ["b", "a", "b"],
    anyOrder: "repeating",
  },
  {
    what: "disorder on a later page: the listing begins anew, and nothing comes twice",
    pages: [{ keys: ["b", "c"], next: "1" }, { keys: ["a"], next: "2" }, { keys: ["b", "c"], next: "1" }, { keys: ["a"], next: "2" }, {
      keys: ["e", "d"],
    }],
    asked: ["first", "token 1", "first", "token 1", "token 2"],
    keys: ["b", "c", "a", "e", "d"],
    anyOrder: true,
  },
  {
    what: "an order that changes between pages: a key of an earlier page comes again",
    pages: [{ keys: ["a", "b"], next: "1" }, { keys: ["d", "c"], next: "2" }, { keys: ["a", "b"], next: "1" }, { keys: ["b", "a"] }],
    asked: ["first", "token 1", "first", "token 1"],
    error: { kind: "disorder", includes: "no order that lasts, at p/b" },
    anyOrder: true,
  },
  {
    what: "an order that is another one the second time",
    pages: [{ keys: ["a", "b"], next: "1" }, { keys: ["d", "c"], next: "2" }, { keys: ["a", "c"], next: "1" }],
    asked: ["first", "token 1", "first"],
    error: { kind: "disorder", includes: "no order that lasts, at p/c" },
    anyOrder: true,
  },
  {
    what: "the same page under new tokens",
    pages: [1, 2, 3].map((next) => ({ keys: ["a"], next: `${next}` })),
    asked: ["first", "token 1"],
    error: { kind: "unsupported", includes: "more follows" },
    anyOrder: true,
  },
  {
    what: "pages in a circle",
    pages: [0, 1, 2, 0, 1, 2, 0, 1, 2].map((page, next) => ({ keys: [`k${page}`], next: `${next}` })),
    asked: ["first", "token 0", "token 1", "token 2", "first", "token 4", "token 5"],
    error: { kind: "disorder", includes: "no order that lasts" },
    anyOrder: true,
  },
  {
    what: "more that follows, without a token",
    pages: [{ keys: ["a"], next: "" }],
    asked: ["first"],
    error: { kind: "unsupported", includes: "more" },
  },
  {
    what: "the same token again",
    pages: [{ keys: ["a"], next: "1" }, { keys: ["b"], next: "1" }],
    asked: ["first", "token 1"],
    error: { kind: "unsupported", includes: "more follows" },
  },
  {
    what: "a key outside of the prefix",
    pages: [{ keys: ["z"] }],
    asked: ["first"],
    error: { kind: "unsupported", includes: "does not begin" },
  },
  { what: "an entry without a key", pages: [{ keys: [""] }], asked: ["first"], error: { kind: "unsupported", includes: "no key" } },
  {
    what: "a listing that shrinks to nothing between two pages",
    pages: [{ keys: ["a"], next: "1" }, { keys: [] }],
    asked: ["first", "token 1"],
    keys: ["a"],
  },
  {
    what: "empty pages in between",
    pages: [{ keys: [], next: "1" }, { keys: [], next: "2" }, { keys: ["a"] }],
    asked: ["first", "token 1", "token 2"],
    keys: ["a"],
  },
];

/** Every key of the rows but the stray one begins so. */
const PREFIX = "p/";

async function play({ pages, anyOrder = false }: Row): Promise<{ asked: string[]; keys: string[] }> {
  const asked: string[] = [];
  const keys: string[] = [];
  function page({ token, startAfter }: PageStart): Promise<ListingPage> {
    const response = pages[asked.length];
    asked.push(token !== undefined ? `token ${token}` : startAfter !== undefined ? `after ${startAfter.slice(PREFIX.length)}` : "first");
    if (response === undefined || response instanceof TransferError) return Promise.reject(response ?? new Error("asked too often"));
    const objects = response.keys.map((key) => ({ key: key === "" || key === "z" ? key : PREFIX + key, sizeBytes: 1 }));
    return Promise.resolve({ objects, ...(response.next !== undefined && { next: response.next }) });
  }
  async function repeat<T>(request: () => Promise<T>): Promise<T> {
    for (let attempt = 0;; attempt++) {
      try {
        return await request();
      } catch (error) {
        if (error !== BUSY || attempt === 3) throw error;
      }
    }
  }
  try {
    for await (const objects of listPages({ what: "Cannot list", prefix: PREFIX, anyOrder, repeat, page })) {
      keys.push(...objects.map(({ key }) => key.slice(PREFIX.length)));
    }
  } catch (error) {
    throw Object.assign(error as Error, { asked });
  }
  return { asked, keys };
}

for (const row of ROWS) {
  Deno.test(`listPages(): ${row.what}`, async () => {
    if (row.error === undefined) return assertEquals(await play(row), { asked: [...row.asked], keys: [...row.keys ?? []] });
    const error = await assertRejects(() => play(row), TransferError, row.error.includes);
    assertEquals([error.kind, (error as unknown as { asked: string[] }).asked], [row.error.kind, [...row.asked]]);
  });
}

Deno.test("listPages() ends a listing of empty pages", async () => {
  let asked = 0;
  const page = () => Promise.resolve({ objects: [], next: `${asked++}` });
  await assertRejects(() => Array.fromAsync(listPages({ what: "Cannot list", prefix: "", page })), TransferError, "more follows");
  assertEquals(asked < 200, true);
});
