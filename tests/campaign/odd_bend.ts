/** What oddities are made of: bends that refuse, change responses, happen a few times. Pure but for their counters. */
import type { Reply } from "./odd_http.ts";
import type { Question, S3Asked } from "./odd_s3.ts";
import type { Bend } from "./odd_store.ts";

/** On which side of a job an oddity is played. */
export type OddSide = "source" | "destination";

/** One way in which a store differs from Amazon. */
export interface Oddity {
  readonly name: string;
  /** Sides where it can be met; both by default. */
  readonly sides?: readonly OddSide[];
  /** Of two oddities of one group, one side has at most one: the second would hide the first. */
  readonly group: string;
  /** Whether a job over such a store must end with exit code 0; a list: on these sides only. */
  readonly well: boolean | "without delete" | readonly OddSide[];
  /** Fresh for each play, since bends count. */
  readonly make: () => Bend;
}

/** Refuses these questions, each or those that `when` picks. */
export function refusing(questions: readonly Question[], reply: Reply, when: (asked: S3Asked) => boolean = () => true): Bend {
  return { instead: (asked) => questions.includes(asked.question) && when(asked) ? reply : undefined };
}

/** Refuses requests that carry a header of this name. */
export function refusingHeader(name: RegExp, reply: Reply, value = /./): Bend {
  return { instead: ({ headers }) => [...headers].some(([header, is]) => name.test(header) && value.test(is)) ? reply : undefined };
}

/** Changes the responses to these questions. */
export function changing(questions: readonly Question[], change: (reply: Reply, asked: S3Asked) => Reply): Bend {
  return { after: (reply, asked) => questions.includes(asked.question) ? change(reply, asked) : reply };
}

/** As {@link changing}, of responses that are no refusal. */
export function changingGood(questions: readonly Question[], change: (reply: Reply, asked: S3Asked) => Reply): Bend {
  return changing(questions, (reply, asked) => reply.status < 300 ? change(reply, asked) : reply);
}

/** What holds the first `times` times that it is asked about something that `applies`. */
export function first<Args extends unknown[]>(times: number, applies: (...args: Args) => boolean): (...args: Args) => boolean {
  let left = times;
  return (...args) => applies(...args) && left-- > 0;
}

/** With one header said differently; undefined takes it away. */
export function withHeader(reply: Reply, name: string, change: (value: string) => string | undefined): Reply {
  const headers = reply.headers.flatMap(([is, value]): [string, string][] => {
    if (is.toLowerCase() !== name.toLowerCase()) return [[is, value]];
    const now = change(value);
    return now === undefined ? [] : [[is, now]];
  });
  return { ...reply, headers };
}

/** With further headers. */
export function adding(reply: Reply, ...headers: readonly (readonly [string, string])[]): Reply {
  return { ...reply, headers: [...reply.headers, ...headers] };
}

/** With another text in its body. */
export function withText(reply: Reply, change: (text: string) => string): Reply {
  return { ...reply, body: new TextEncoder().encode(change(new TextDecoder().decode(reply.body))) };
}

/** A page for people, as gateways send it. */
export function html(status: number): Reply {
  const text = "<!DOCTYPE html><html><head><title>Gateway</title></head><body><h1>Something else</h1><br></body></html>";
  return { status, headers: [["Content-Type", "text/html"]], body: new TextEncoder().encode(text), reason: "Page" };
}
