/** Oddities of the way to a store and of what it does: redirects, paths, names of buckets, parts, deletes. */
import { changingGood, first, type Oddity, refusing, withText } from "./odd_bend.ts";
import { failure, plain, type Question, xml } from "./odd_s3.ts";

const OF_OBJECTS: readonly Question[] = ["head", "get", "put", "create", "part", "complete", "list parts", "abort", "delete"];

function redirecting(name: string, questions: readonly Question[], status: number, well: boolean, to: "second" | "https"): Oddity {
  return {
    name: `${name} are redirected with ${status}${to === "https" ? " to https" : ""}`,
    group: "redirect",
    well,
    make: () => ({
      instead: ({ question, target, atSecond }, store) => {
        if (atSecond || !questions.includes(question)) return undefined;
        const base = to === "https" ? "https://127.0.0.1:1" : store.secondEndpoint();
        return { ...plain(status, [["Location", `${base}${target}`]]), reason: "Elsewhere" };
      },
    }),
  };
}

/** DeleteObjects that fails for single keys: the first time each, or each time. */
function failingKeys(code: string, times: number, well: boolean): Oddity {
  return {
    name: `DeleteObjects says ${code} of ${times === 1 ? "each key once" : "each key"}`,
    group: "deletes",
    sides: ["destination"],
    well,
    make: () => {
      const fails = first(times, () => true);
      return {
        instead: ({ question, body }) => {
          if (question !== "deletes" || !fails()) return undefined;
          const keys = Array.from(new TextDecoder().decode(body).matchAll(/<Key>([^]*?)<\/Key>/g), (found) => found[1]);
          return xml(
            "DeleteResult",
            keys.map((key) => `<Error><Key>${key}</Key><Code>${code}</Code><Message>x</Message></Error>`).join(""),
          );
        },
      };
    },
  };
}

/** See the file comment. */
export const WAY_ODDITIES: readonly Oddity[] = [
  redirecting("reads", ["head", "get"], 307, true, "second"),
  redirecting("reads", ["head", "get"], 308, true, "second"),
  redirecting("reads", ["head", "get"], 301, true, "second"),
  redirecting("listings", ["list"], 307, true, "second"),
  redirecting("all requests about objects", OF_OBJECTS, 307, false, "second"),
  redirecting("all requests", [...OF_OBJECTS, "list", "head bucket", "location"], 301, false, "https"),
  redirecting("reads", ["head", "get"], 302, false, "https"),
  { name: "an endpoint with a path", group: "address", well: true, make: () => ({ basePath: "/storage/v1/s3" }) },
  { name: "a bucket tenant:bucket", group: "address", well: true, make: () => ({ bucket: "tenant:bucket" }) },
  {
    name: "upload ids with odd characters",
    group: "ids",
    sides: ["destination"],
    well: true,
    make: () => ({ uploadId: (id) => `${id}+/=&<>"~ é%41` }),
  },
  failingKeys("SlowDown", 1, true),
  failingKeys("InternalError", 1, true),
  failingKeys("AccessDenied", 1000, false),
  ...([[405, "MethodNotAllowed"], [501, "NotImplemented"]] as const).map(([status, code]): Oddity => ({
    name: `DeleteObjects is refused with ${status}`,
    group: "deletes",
    sides: ["destination"],
    well: true,
    make: () => refusing(["deletes"], failure(status, code, "x")),
  })),
  {
    name: "Complete fails inside a 200, once",
    group: "complete",
    sides: ["destination"],
    well: true,
    make: () => refusing(["complete"], failure(200, "InternalError", "x"), first(1, () => true)),
  },
  {
    name: "Complete is answered 200 and nothing",
    group: "complete",
    sides: ["destination"],
    well: false,
    make: () => changingGood(["complete"], (reply) => withText(reply, () => "")),
  },
  {
    name: "Complete works and is answered 500",
    group: "complete",
    sides: ["destination"],
    well: false,
    make: () => changingGood(["complete"], () => failure(500, "InternalError", "x")),
  },
];
