/** Which command lines go through a front door, and what sluice keeps for itself. */
import { assertEquals } from "@std/assert";
import { findDoor, openDoor, TOOLS } from "../../lib/compat/front_door.ts";
import { readCommandLine } from "../../lib/command/commands.ts";

const FILES: Readonly<Record<string, string>> = {
  "some/where/up.txt": "\uFEFF# comment\n[Basic]\nJobType = S3_TO_S3\n[S3_TO_S3]\n",
  "down.ini": "[Basic]\nSrcBucket = b\nDesDir = d\n",
  "gone.ini.default": "[Basic]\nDESDIR: d\n",
  "bom.ini": "\uFEFF[Basic]\r\nDesDir = d\r\n",
  "jobs.ini": "[job.a]\nsource = [Basic]/\n",
  "s3_upload_config.ini": "[job.a]\nsource = in/\n",
};

const CASES: [string, string | undefined, string | undefined][] = [
  ["multi2s3 config.py", "multi2s3", "config.py"],
  ["multi2s3", "multi2s3", ""],
  ["s3copy -n s3://a s3://b", "s3copy", "-n s3://a s3://b"],
  ["some/where/up.txt --gui", "s3_upload_config.ini", "some/where/up.txt --gui"],
  ["--nogui down.ini", "s3_download_config.ini", "--nogui down.ini"],
  ["gone.ini", "s3_download_config.ini", "gone.ini"],
  ["jobs.ini --dry-run", undefined, undefined],
  ["s3_upload_config.ini", undefined, undefined],
  ["nowhere.ini", undefined, undefined],
  ["bom.ini", "s3_download_config.ini", "bom.ini"],
  ["--help", undefined, undefined],
  ["", undefined, undefined],
];

for (const [line, tool, args] of CASES) {
  Deno.test(`findDoor() takes "${line}" for ${tool ?? "sluice's own"}`, () => {
    const found = findDoor(line.split(" ").filter((word) => word !== ""), (path) => FILES[path]);
    assertEquals([found?.tool, found?.args.join(" "), found?.printJob ?? false], [tool, args, false]);
  });
}

Deno.test("a command of sluice's own keeps its first word", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/down.ini`, FILES["down.ini"] ?? "");
    for (const line of ["cp FILE s3://b/", "run FILE", "check FILE"]) {
      const { request } = await readCommandLine(line.replace("FILE", `${folder}/down.ini`).split(" "));
      assertEquals((request as { kind: string }).kind, line.split(" ")[0]);
    }
    assertEquals((await readCommandLine([`${folder}/down.ini`])).request, {
      kind: "compat",
      tool: "s3_download_config.ini",
      args: [`${folder}/down.ini`],
      printJob: false,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("--print-job stands anywhere and is not passed on", () => {
  for (const line of ["multi2s3 --print-job config.py", "multi2s3 config.py --print-job"]) {
    const found = findDoor(line.split(" "), () => undefined);
    assertEquals([found?.args, found?.printJob], [["config.py"], true]);
  }
});

Deno.test("every front door that opens has a help that says how it is called", async () => {
  for (const tool of TOOLS) {
    const door = await openDoor(tool);
    if (door !== undefined) assertEquals(door.help.includes(tool.replace(/_config\.ini$/, "")), true, tool);
  }
  assertEquals(await openDoor("something"), undefined);
});
