/**
 * The table of docs/permissions.md, played: with just its flags each kind of job does its work, and without any one of them it ends at
 * once with one clear line that names what is missing, exit code 2, no question, no stack.
 */
import { assert, assertEquals } from "@std/assert";
import { assertClear, assertCode } from "../e2e/claims.ts";
import { runSluice, type SluiceRun, startSluice } from "../e2e/run_sluice.ts";
import { withFolder } from "../e2e/trees.ts";
import { type Kind, KINDS } from "./kinds.ts";
import { fillIn, type Flag, flagTexts, type Lack, lacks, readTable } from "./permission_table.ts";
import { PermissionStage, type Play } from "./permission_stage.ts";

const ROWS = readTable(await Deno.readTextFile(new URL("../../docs/permissions.md", import.meta.url)));
/** Runs without one permission that go on at once. */
const AT_ONCE = 3;

let stage: PermissionStage;
Deno.test.beforeAll(async () => {
  stage = await PermissionStage.open();
});
Deno.test.afterAll(() => stage.close());

async function run(play: Play, flags: readonly Flag[], serves: boolean | undefined): Promise<SluiceRun> {
  const options = { permissions: flagTexts(flags), cwd: play.folder, env: play.env };
  if (!serves) return await runSluice(play.args, options);
  const started = startSluice(play.args, options);
  if (await started.firstLine !== "") started.child.kill("SIGINT");
  return await started.finished;
}

/** What a refusal must say: the flag that is missing; with `--ignore-env` left out, a flag that allows variables. */
function wanted(kind: Kind, { missing, flags }: Lack): RegExp {
  const name = missing.name.replace("--ignore-env", "--allow-env");
  const unseen = kind.unseen?.[missing.name];
  return unseen !== undefined && flags.some((flag) => flag.name === "--ignore-env")
    ? unseen
    : new RegExp(`error: .*run again with ${name}`);
}

async function assertRefused(kind: Kind, play: Play, lack: Lack): Promise<void> {
  const refused = await run(play, lack.flags, kind.serves);
  const what = flagTexts([lack.missing])[0];
  assertEquals(
    refused.code,
    kind.refusedWith ?? 2,
    `${kind.kind} without ${what} ended with ${refused.code}:\n${refused.stdout}${refused.stderr}`,
  );
  assertClear(refused, wanted(kind, lack));
}

Deno.test("docs/permissions.md lists the permissions of every kind of job, and of no other", () => {
  assertEquals(ROWS.map(({ kind }) => kind), KINDS.map(({ kind }) => kind));
});

for (const kind of KINDS) {
  Deno.test(`permissions: ${kind.kind}: the listed flags are enough, and none is too many`, async () => {
    await withFolder(async (folder) => {
      const row = ROWS.find((row) => row.kind === kind.kind);
      assert(row !== undefined);
      const play = await stage.play(kind, folder);
      const flags = fillIn(row.flags, play.variables);
      const left = [...lacks(flags)];
      await Promise.all(Array.from({ length: kind.alone ? 1 : AT_ONCE }, async () => {
        for (let lack = left.pop(); lack !== undefined; lack = left.pop()) await assertRefused(kind, play, lack);
      }));
      const allowed = await run(play, flags, kind.serves);
      assertCode(allowed, 0);
      await play.prove(allowed);
    });
  });
}

Deno.test("a bucket of Amazon's needs no region named, and the host that is not allowed is told with its flag", async () => {
  const permissions = ["--allow-env=AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY,HOME", "--allow-sys", "--ignore-env"];
  const env = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret", HOME: "/nonexistent" };
  for (const [region, more] of [["us-east-1", []], ["eu-west-1", ["--region", "eu-west-1"]]] as const) {
    const refused = await runSluice(["uploads", "s3://photos/", ...more], { permissions, env });
    assertCode(refused, 2);
    assertClear(refused, new RegExp(`run again with --allow-net=photos\\.s3\\.${region}\\.amazonaws\\.com`));
  }
});

Deno.test("the table of permissions is read as it stands, and every flag and every value is left out once", () => {
  const [row] = readTable(
    "# Permissions\n\n| a | b |\n| --- | --- |\n| `x` y | `--allow-read=$A,/b --ignore-env` |\n\nText\n",
  );
  assertEquals(row?.kind, "x y");
  const flags = fillIn(row?.flags ?? [], { A: "/c,/d" });
  assertEquals(flagTexts(flags), ["--allow-read=/c,/d,/b", "--ignore-env"]);
  assertEquals([...lacks(flags)].map((lack) => flagTexts(lack.flags).join(" ")), [
    "--ignore-env --allow-read=/d,/b",
    "--ignore-env --allow-read=/c,/b",
    "--ignore-env --allow-read=/c,/d",
    "--allow-read=/c,/d,/b",
  ]);
});
