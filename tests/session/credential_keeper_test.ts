/** Credentials that run out while a worker works. */
import { assertEquals, assertRejects } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { CREDENTIALS_EARLY_MS } from "../../lib/limits.ts";
import { CredentialKeeper } from "../../lib/session/start_worker.ts";

const KEYS = { accessKeyId: "id", secretAccessKey: "secret" };

function keeper(expiresAtMs: number): { keeper: CredentialKeeper; now: { ms: number }; asked: () => number } {
  const now = { ms: 0 };
  let asked = 0;
  return { keeper: new CredentialKeeper({ ...KEYS, expiresAtMs }, () => now.ms, () => asked++), now, asked: () => asked };
}

Deno.test("source() asks once for fresh credentials before the present ones expire, however many wait", async () => {
  const { keeper: one, now, asked } = keeper(CREDENTIALS_EARLY_MS + 1000);
  assertEquals((await one.source()).expiresAtMs, CREDENTIALS_EARLY_MS + 1000);
  now.ms = 1000;
  const waiting = [one.source(), one.source()];
  assertEquals(asked(), 1);
  one.renew({ ...KEYS, accessKeyId: "fresh" });
  assertEquals((await Promise.all(waiting)).map(({ accessKeyId }) => accessKeyId), ["fresh", "fresh"]);
});

Deno.test("stop() ends every wait for credentials; those that are good still serve", async () => {
  const { keeper: one, now } = keeper(CREDENTIALS_EARLY_MS + 1000);
  now.ms = 1000;
  const waiting = one.source();
  one.stop();
  assertEquals((await assertRejects(() => waiting, TransferError)).kind, "cancelled");
  assertEquals((await assertRejects(() => one.source(), TransferError)).kind, "cancelled");
  now.ms = 0;
  assertEquals((await one.source()).accessKeyId, "id");
});
