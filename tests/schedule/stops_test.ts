/** Interrupts, job-wide errors, and the plan that breaks. */
import { assert, assertEquals } from "@std/assert";
import { ERROR_RULES, TransferError } from "../../lib/errors.ts";
import { CANCEL_GRACE_MS } from "../../lib/limits.ts";
import type { Credentials, ErrorKind, Side, Transfer } from "../../lib/types.ts";
import { done, failed, gaveUp, Rig, totals, transfer, transfers } from "./rig.ts";

Deno.test("runSchedule() interrupted before it begins pulls nothing", async () => {
  const rig = new Rig(transfers(5), {}, true);
  await rig.turn();
  assertEquals([rig.outcome, rig.results, rig.totals], [{ interrupted: true, error: undefined }, [], []]);
  assertEquals([rig.pulled, rig.links.length], [0, 0]);
});

Deno.test("runSchedule() interrupted while a worker starts reports its transfers as cancelled at once", async () => {
  const rig = new Rig(transfers(3));
  await rig.turn();
  rig.abort.abort();
  await rig.turn();
  assertEquals(rig.told, ["0 cancelled", "1 cancelled", "2 cancelled"]);
  assertEquals(rig.outcome?.interrupted, true);
  assert(rig.link(0).terminated);
  assertEquals(rig.link(0).heard, []);
});

Deno.test("runSchedule() interrupted while work is open cancels, collects the results and closes the plan", async () => {
  const rig = new Rig(transfers(1000), { workers: 1 });
  await rig.turn();
  await rig.allReady();
  const link = rig.link(0);
  rig.abort.abort();
  await rig.turn();
  assertEquals(link.heard.slice(-2), ["cancel", "drain"]);
  assert(rig.planClosed);
  assert(!rig.planEnded);
  link.settle(done(transfer(0)), ...link.assigned.slice(1).map(gaveUp));
  await rig.turn();
  assertEquals(rig.outcome, undefined);
  await rig.allDrained();
  assertEquals(rig.outcome?.interrupted, true);
  assertEquals(rig.outcome?.error, undefined);
  assertEquals(rig.results.length, rig.pulled);
  assertEquals(rig.results.filter((result) => result.outcome === "done").length, 1);
  assertEquals(rig.clock.armed, 0);
});

Deno.test("runSchedule() waits no longer than the grace for a worker that does not hear the cancel", async () => {
  const rig = new Rig(transfers(2, 1000));
  await rig.turn();
  await rig.allReady();
  rig.abort.abort();
  await rig.turn();
  rig.link(0).settle(gaveUp(transfer(0)));
  rig.link(0).onEvent({ type: "drained", totals: totals({ movedBytes: 3 }) });
  await rig.clock.advance(CANCEL_GRACE_MS - 1);
  assertEquals(rig.outcome, undefined);
  await rig.clock.advance(1);
  assertEquals(rig.told, ["0 cancelled", "1 cancelled"]);
  assertEquals(rig.totals.at(-1), totals({ movedBytes: 3 }));
  assert(rig.links.every((link) => link.terminated));
});

Deno.test("runSchedule() reports what a worker held as cancelled when it dies after the cancel", async () => {
  const rig = new Rig(transfers(1));
  await rig.turn();
  await rig.allReady();
  rig.abort.abort();
  await rig.turn();
  rig.link(0).die();
  await rig.turn();
  assertEquals(rig.told, ["0 cancelled"]);
  assertEquals(rig.outcome?.interrupted, true);
});

Deno.test("runSchedule() interrupted when all is settled says so and still ends well", async () => {
  const rig = new Rig(transfers(1));
  await rig.turn();
  await rig.allReady();
  rig.link(0).settle(done(transfer(0)));
  await rig.turn();
  rig.abort.abort();
  await rig.turn();
  assert(!rig.link(0).heard.includes("cancel"));
  await rig.allDrained();
  assertEquals([rig.outcome?.interrupted, rig.settled], [true, 1]);
});

Deno.test("runSchedule() stops at a fatal event and keeps the first error", async () => {
  const rig = new Rig(transfers(2, 1000));
  await rig.turn();
  await rig.allReady();
  rig.link(0).onEvent({ type: "fatal", error: { kind: "config", message: "No such bucket" } });
  rig.link(1).onEvent({ type: "fatal", error: { kind: "bug", message: "Later" } });
  await rig.turn();
  for (const link of rig.links) assertEquals(link.heard.slice(-2), ["cancel", "drain"]);
  rig.link(1).settle(gaveUp(transfer(1)));
  await rig.allDrained();
  assertEquals(rig.outcome?.error, { kind: "config", message: "No such bucket" });
  assertEquals(rig.outcome?.interrupted, false);
  assertEquals(rig.told, ["0 cancelled", "1 cancelled"]);
});

Deno.test("runSchedule() stops at a failed result of job-wide reach, and at no other", async () => {
  for (const kind of Object.keys(ERROR_RULES) as ErrorKind[]) {
    const rig = new Rig(transfers(3, 1000), { workers: 2 });
    await rig.turn();
    await rig.allReady();
    const [holder] = rig.links.filter((link) => link.assigned.some((item) => item.id === 0));
    holder?.settle(failed(transfer(0), kind));
    await rig.turn();
    const jobWide = ERROR_RULES[kind].reach === "job";
    assertEquals(rig.links.map((link) => link.heard.includes("cancel")), [jobWide, jobWide], kind);
    for (const link of rig.links) link.settle(...link.assigned.filter((item) => item.id !== 0).map(done));
    await rig.turn();
    await rig.allDrained();
    assertEquals(rig.outcome?.error?.kind, jobWide ? kind : undefined, kind);
    assertEquals(rig.told, ["0 failed", "1 done", "2 done"]);
  }
});

Deno.test("runSchedule() tells what stopped the job once: objects that met it meanwhile ended with the job", async () => {
  const rig = new Rig(transfers(4, 1000), { workers: 1 });
  await rig.turn();
  await rig.allReady();
  rig.link(0).settle(...[0, 1].map((id) => failed(transfer(id), "storage")), failed(transfer(2), "denied"), failed(transfer(3), "config"));
  await rig.turn();
  await rig.allDrained();
  assertEquals(rig.told, ["0 failed", "1 cancelled", "2 failed", "3 failed"]);
  assertEquals(rig.outcome?.error?.kind, "storage");
});

Deno.test("runSchedule() stops with the plan's own error when a listing fails", async () => {
  async function* plan(): AsyncGenerator<Transfer> {
    yield await Promise.resolve(transfer(0));
    throw new TransferError("denied", "Cannot list bucket photos: AccessDenied", { status: 403 });
  }
  const rig = new Rig(plan());
  await rig.turn();
  await rig.allReady();
  await rig.allDrained();
  assertEquals(rig.outcome?.error, { kind: "denied", message: "Cannot list bucket photos: AccessDenied", status: 403 });
  assertEquals(rig.told, ["0 cancelled"]);
});

Deno.test("runSchedule() takes a plan that breaks because of the interrupt for the interrupt", async () => {
  const abort: { signal?: AbortSignal } = {};
  async function* plan(): AsyncGenerator<Transfer> {
    yield transfer(0);
    const stopped = Promise.withResolvers<never>();
    abort.signal?.addEventListener("abort", () => stopped.reject(abort.signal?.reason));
    await stopped.promise;
  }
  const rig = new Rig(plan());
  abort.signal = rig.abort.signal;
  await rig.turn();
  await rig.allReady();
  rig.abort.abort();
  await rig.turn();
  await rig.allDrained();
  assertEquals([rig.outcome?.interrupted, rig.outcome?.error], [true, undefined]);
  assertEquals(rig.told, ["0 cancelled"]);
});

Deno.test("runSchedule() ends although the plan hangs in its listing", async () => {
  async function* plan(): AsyncGenerator<Transfer> {
    yield transfer(0);
    await Promise.withResolvers<never>().promise;
  }
  const rig = new Rig(plan());
  await rig.turn();
  await rig.allReady();
  rig.abort.abort();
  await rig.turn();
  await rig.allDrained();
  assertEquals(rig.settled, 1);
});

/** Refreshes that the test ends. */
class Refreshes {
  readonly asked: { side: Side; end: PromiseWithResolvers<Credentials> }[] = [];

  refresh(side: Side): Promise<Credentials> {
    const end = Promise.withResolvers<Credentials>();
    this.asked.push({ side, end });
    return end.promise;
  }
}

Deno.test("runSchedule() refreshes credentials once for all workers that ask meanwhile", async () => {
  const refreshes = new Refreshes();
  const rig = new Rig(transfers(3, 1000), { workers: 3, refreshCredentials: (side) => refreshes.refresh(side) });
  await rig.turn();
  await rig.allReady();
  rig.link(0).onEvent({ type: "wantCredentials", side: "source" });
  rig.link(1).onEvent({ type: "wantCredentials", side: "source" });
  rig.link(2).onEvent({ type: "wantCredentials", side: "destination" });
  await rig.turn();
  assertEquals(refreshes.asked.map(({ side }) => side), ["source", "destination"]);
  const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
  refreshes.asked[0]?.end.resolve(credentials);
  await rig.turn();
  const answer = { type: "credentials" as const, side: "source" as const, credentials };
  assertEquals(rig.links.map((link) => link.commands.at(-1)?.type), ["credentials", "credentials", "assign"]);
  assertEquals(rig.link(0).commands.at(-1), answer);
  rig.link(0).onEvent({ type: "wantCredentials", side: "source" });
  await rig.turn();
  assertEquals(refreshes.asked.length, 3);
  rig.abort.abort();
  await rig.turn();
  await rig.allDrained();
});

Deno.test("runSchedule() stops with kind credentials when they cannot be refreshed", async () => {
  const refreshCredentials = () => Promise.reject(new TransferError("network", "Token service is gone"));
  const rig = new Rig(transfers(1), { refreshCredentials });
  await rig.turn();
  await rig.allReady();
  rig.link(0).onEvent({ type: "wantCredentials", side: "destination" });
  await rig.turn();
  await rig.allDrained();
  assertEquals(rig.outcome?.error, {
    kind: "credentials",
    message: "Cannot refresh credentials of the destination: Token service is gone",
  });
  assertEquals(rig.told, ["0 cancelled"]);
});
