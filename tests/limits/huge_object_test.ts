/**
 * Objects as large as stores take, without a byte moved: how they are cut, what is asked for, and how one is taken over with all but one
 * part there. Plays the session alone: its requests are answered as a perfect store would.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { GIB, MIB, PART_COUNT_MAX, PART_SIZE_MAX_BYTES, PART_SIZE_MIN_BYTES, TIB } from "../../lib/limits.ts";
import { compositeEtag } from "../../lib/session/etag.ts";
import { cut, sizeOf } from "../../lib/session/layout.ts";
import { planSession } from "../../lib/session/plan_session.ts";
import { type SessionRequest, UploadSession } from "../../lib/session/upload_session.ts";
import type { PartInfo, Range, UploadInfo } from "../../lib/types.ts";
import type { SessionPlan } from "../../lib/session/session_plan.ts";
import { CAPABILITIES, FakeStore } from "../session/fake_store.ts";
import { fakeWorld } from "../session/fake_world.ts";

/** Amazon's and Alibaba's bounds: parts of at most 5 GiB, 10,000 of them. */
const BOUNDS = { partSizeMinBytes: PART_SIZE_MIN_BYTES, partSizeMaxBytes: PART_SIZE_MAX_BYTES, partCountMax: PART_COUNT_MAX };
const LARGEST_BYTES = PART_COUNT_MAX * PART_SIZE_MAX_BYTES;
const IN_FLIGHT = 8;

type Kind = "file to store" | "store to store" | "store to store, source in parts" | "copied on the server";
const KINDS: readonly Kind[] = ["file to store", "store to store", "store to store, source in parts", "copied on the server"];

function planOf(kind: Kind, sizeBytes: number): SessionPlan {
  const sourceIsLocal = kind === "file to store";
  const inParts = kind === "store to store, source in parts";
  const world = fakeWorld({
    sourceIsLocal,
    rules: { partSizeBytes: "auto", verify: "size", serverSideCopy: kind === "copied on the server" },
  });
  const destination = new FakeStore("destination", { ...CAPABILITIES, ...BOUNDS });
  const kept = inParts ? Math.ceil(sizeBytes / PART_COUNT_MAX) : undefined;
  const etag = kept === undefined ? "0123456789abcdef0123456789abcdef" : compositeEtag(partsOf(sizeBytes, kept));
  const source = { key: "huge", sizeBytes, ...(sourceIsLocal || etag === undefined ? { fileMark: "1-2-3" } : { etag }) };
  const details = { ...source, headers: {}, checksums: [], etagMayBeMd5: !sourceIsLocal, tagCount: 0, archived: false };
  const transfer = { id: 1, source, destinationKey: "huge", reason: "missing" as const };
  return planSession({ ...world, destination }, transfer, details, kept, true);
}

/** What a session asked for until it was done. */
interface Played {
  readonly sent: Map<number, Range>;
  readonly proved: number;
  readonly completed: readonly PartInfo[];
}

function partOf(partNumber: number, sizeBytes: number): PartInfo {
  return { partNumber, sizeBytes, etag: `${partNumber}`.padStart(32, "0"), checksums: [] };
}

function partsOf(sizeBytes: number, partBytes: number): PartInfo[] {
  const layout = cut(sizeBytes, partBytes);
  return Array.from({ length: layout.partCount }, (_, index) => partOf(index + 1, sizeOf(layout, index + 1)));
}

/** Answers everything; `there` is an upload of an earlier run with these parts. */
function play(session: UploadSession, there?: { upload: UploadInfo; parts: readonly PartInfo[] }): Played {
  const sent = new Map<number, Range>();
  const waiting: SessionRequest[] = [];
  let proved = 0;
  let completed: readonly PartInfo[] = [];
  for (;;) {
    const request = waiting.length < IN_FLIGHT ? session.next() : undefined;
    if (request === undefined) {
      const oldest = waiting.shift();
      assert(oldest !== undefined, "The session waits for nothing");
      if (oldest.do === "send") {
        assert(!sent.has(oldest.partNumber), `Part ${oldest.partNumber} is sent twice`);
        sent.set(oldest.partNumber, oldest.range);
        session.onSent(partOf(oldest.partNumber, oldest.range.last - oldest.range.first + 1), {});
      } else if (oldest.do === "prove") {
        proved++;
        session.onProved(oldest.part, true, {});
      }
      continue;
    }
    if (request.do === "settle") {
      assertEquals(request.outcome.kind, "done", JSON.stringify(request.outcome));
      return { sent, proved, completed };
    }
    if (request.do === "send" || request.do === "prove") waiting.push(request);
    else if (request.do === "find") session.onFound(there ? [there.upload] : []);
    else if (request.do === "inspect") session.onInspected({ upload: request.upload, parts: there?.parts ?? [], declared: undefined });
    else if (request.do === "create") session.onCreated("new");
    else if (request.do === "complete") {
      completed = request.parts;
      session.onCompleted({ checksums: [], etag: compositeEtag(request.parts) ?? "" });
    } else throw new Error(`Not expected: ${request.do}`);
  }
}

for (const kind of KINDS) {
  for (const sizeBytes of [5 * GIB + 1, 5 * TIB - 1, 5 * TIB, 5 * TIB + 1, LARGEST_BYTES - MIB * PART_COUNT_MAX]) {
    Deno.test(`${kind}: an object of ${sizeBytes} bytes goes in parts that a store takes, every byte once`, () => {
      const plan = planOf(kind, sizeBytes);
      const { sent, completed } = play(new UploadSession(plan));
      assert(sent.size <= PART_COUNT_MAX, `${sent.size} parts`);
      assertEquals(completed.map(({ partNumber }) => partNumber), Array.from({ length: sent.size }, (_, index) => index + 1));
      let next = 0;
      for (const { partNumber, sizeBytes: partBytes } of completed) {
        const range = sent.get(partNumber);
        assertEquals([range?.first, range?.last], [next, next + partBytes - 1]);
        assert(partBytes <= PART_SIZE_MAX_BYTES && (partBytes >= PART_SIZE_MIN_BYTES || partNumber === sent.size), `${partBytes} bytes`);
        next += partBytes;
      }
      assertEquals(next, sizeBytes);
    });
  }

  Deno.test(`${kind}: of 5 TiB with all parts there but one, that one is sent`, () => {
    const plan = planOf(kind, 5 * TIB);
    const whole = play(new UploadSession(plan)).completed;
    const missing = Math.ceil(whole.length / 2);
    const upload = { key: "huge", uploadId: "left", initiatedMs: Date.now(), token: plan.bound.token };
    const { sent, proved, completed } = play(new UploadSession(plan), {
      upload,
      parts: whole.filter((part) => part.partNumber !== missing),
    });
    assertEquals([...sent.keys()], [missing]);
    assertEquals(proved, kind === "file to store" ? whole.length - 1 : 0);
    assertEquals(completed.length, whole.length);
  });

  Deno.test(`${kind}: an object that no store can hold is refused before anything is asked`, () => {
    const error = assertThrows(() => planOf(kind, LARGEST_BYTES + 1), TransferError, "huge");
    assertEquals(error.kind, "unsupported");
  });
}

Deno.test("the largest object that 10,000 parts of 5 GiB can hold goes up from a file", () => {
  const { sent } = play(new UploadSession(planOf("file to store", LARGEST_BYTES)));
  assertEquals(sent.size, PART_COUNT_MAX);
});
