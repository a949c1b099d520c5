import { assertEquals, assertThrows } from "@std/assert";
import { TransferError } from "../../lib/errors.ts";
import { chooseColours } from "../../lib/report/colours.ts";
import { bothLoggers, createLogger } from "../../lib/report/log.ts";
import { openLogFile } from "../../lib/report/log_file.ts";
import { Redactor } from "../../lib/report/redact.ts";

const START = new Date(2024, 1, 3, 4, 5, 6);

Deno.test("openLogFile() makes the folder, names the file by the time, and keeps no colours and no secrets", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const redactor = new Redactor();
    redactor.add("very-secret-text");
    const log = openLogFile(`${folder}/a/b/x-{time}.log`, { start: START, redactor });
    log.line("\x1b[31mred\x1b[39m very-secret-text");
    log.close();
    assertEquals(log.path, `${folder}/a/b/x-2024-02-03T04-05-06.log`);
    const again = openLogFile(log.path, { start: START, redactor });
    again.line("more");
    again.close();
    const [first, ...rest] = (await Deno.readTextFile(log.path)).split("\n");
    assertEquals([first?.startsWith("red "), first?.includes("very-secret-text"), rest], [true, false, ["more", ""]]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openLogFile() says as a config error that the file cannot be opened", () => {
  const options = { start: START, redactor: new Redactor() };
  const error = assertThrows(() => openLogFile("/proc/nowhere/x.log", options), TransferError, "Cannot open the log /proc/nowhere/x.log");
  assertEquals(error.kind, "config");
});

Deno.test("bothLoggers() writes to both, each by its own level", () => {
  const lines: string[] = [];
  const make = (name: string, level: "info" | "debug") =>
    createLogger({
      level,
      format: "text",
      write: (line) => lines.push(`${name} ${line}`),
      colours: chooseColours({ isTerminal: false }),
      now: () => 0,
      times: false,
    });
  const both = bothLoggers(make("one", "info"), make("other", "debug"));
  both.info("a");
  both.debug("b");
  assertEquals([lines, both.allows("debug")], [["one a", "other a", "other debug: b"], true]);
});
