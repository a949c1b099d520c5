import { assertEquals } from "@std/assert";
import { chooseColours } from "../../lib/report/colours.ts";
import { createLogger, type LoggerOptions } from "../../lib/report/log.ts";
import { PeopleWriter } from "../../lib/report/people.ts";
import { Redactor } from "../../lib/report/redact.ts";

function logged(options: Partial<LoggerOptions>, secrets: string[] = []): { lines: string[]; logger: ReturnType<typeof createLogger> } {
  const lines: string[] = [];
  const redactor = new Redactor();
  redactor.add(...secrets);
  const people = new PeopleWriter({ isTerminal: false, columns: () => 80, write: (text) => void lines.push(text) }, redactor);
  const logger = createLogger({
    level: "info",
    format: "text",
    write: people.line,
    colours: chooseColours({ isTerminal: false }),
    now: () => 0,
    times: false,
    ...options,
  });
  return { lines, logger };
}

Deno.test("createLogger() writes its level and what is graver", () => {
  for (const [level, count] of [["error", 1], ["warn", 2], ["info", 3], ["debug", 4]] as const) {
    const { lines, logger } = logged({ level });
    logger.error("e");
    logger.warn("w");
    logger.info("i");
    logger.debug("d");
    assertEquals(lines, ["error: e\n", "warning: w\n", "i\n", "debug: d\n"].slice(0, count));
    assertEquals(logger.allows("debug"), level === "debug");
  }
});

Deno.test("createLogger() writes text on one line, escaped, with its fields", () => {
  const { lines, logger } = logged({ times: true });
  logger.info("line\nbreak", { key: "a b\x1b", count: 3, absent: undefined });
  assertEquals(lines, ['1970-01-01T00:00:00.000Z line\\nbreak key="a b\\x1b" count=3\n']);
});

Deno.test("createLogger() writes JSON lines whose own names no field can replace", () => {
  const { lines, logger } = logged({ format: "json" });
  logger.warn("m", { key: "a\n", level: "debug" });
  assertEquals(JSON.parse(lines[0] ?? ""), { key: "a\n", level: "warn", time: "1970-01-01T00:00:00.000Z", message: "m" });
});

Deno.test("createLogger() never lets a secret through, in either format", () => {
  for (const format of ["text", "json"] as const) {
    const { lines, logger } = logged({ format }, ["wJalrXUtn/K7MDENG", "token+/="]);
    logger.error("bad signature with wJalrXUtn/K7MDENG", { token: "token+/=" });
    assertEquals(/wJalr|token\+/.test(lines.join("")), false);
  }
});
