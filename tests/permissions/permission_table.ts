/**
 * The table of docs/permissions.md, as a test runs it: its rows and flags, variables filled in, and every way to leave one out.
 * It must never know a flag by itself: what is not on that page is not tested.
 */

/** One flag with what stands behind its equals sign, cut at the commas. */
export interface Flag {
  readonly name: string;
  readonly values: readonly string[];
}

/** One row: a kind of job, and the flags that it needs. */
export interface Row {
  readonly kind: string;
  readonly flags: readonly Flag[];
}

/** A row with one thing missing. */
export interface Lack {
  /** The flag, with the value that was taken away when it has others. */
  readonly missing: Flag;
  readonly flags: readonly Flag[];
}

/** Reads the one table of a page. Throws when there is none, or a cell is not what it should be. */
export function readTable(page: string): Row[] {
  const lines = page.split("\n").filter((line) => line.startsWith("| ")).slice(2);
  if (lines.length === 0) throw new Error("The page has no table of permissions");
  return lines.map(readRow);
}

function readRow(line: string): Row {
  const [, kind = "", cell = ""] = line.split("|").map((text) => text.trim());
  const flags = /^`(--[^`]+)`$/.exec(cell)?.[1]?.split(" ");
  if (kind === "" || (flags === undefined && cell !== "none")) throw new Error(`Cannot read the row: ${line}`);
  return { kind: kind.replaceAll("`", ""), flags: (flags ?? []).map(readFlag) };
}

function readFlag(text: string): Flag {
  const [name = "", values] = text.split("=");
  return { name, values: values === undefined ? [] : values.split(",") };
}

/** Fills in `$NAME`; a variable may stand for several values, separated by commas. Throws for one that is not known. */
export function fillIn(flags: readonly Flag[], variables: Readonly<Record<string, string>>): Flag[] {
  return flags.map(({ name, values }) => ({
    name,
    values: values.flatMap((value) =>
      value.replace(/\$([A-Z_]+)/g, (_, variable: string) => {
        const known = variables[variable];
        if (known === undefined) throw new Error(`The table names $${variable}, which no test fills in`);
        return known;
      }).split(",")
    ),
  }));
}

/** Every way to leave out one flag, or one value of a flag that has several. */
export function* lacks(flags: readonly Flag[]): Generator<Lack> {
  for (const [index, { name, values }] of flags.entries()) {
    const others = flags.filter((_, other) => other !== index);
    if (values.length < 2) yield { missing: { name, values }, flags: others };
    else {
      for (const value of values) {
        yield { missing: { name, values: [value] }, flags: [...others, { name, values: values.filter((other) => other !== value) }] };
      }
    }
  }
}

/** As a command line has them. */
export function flagTexts(flags: readonly Flag[]): string[] {
  return flags.map(({ name, values }) => values.length === 0 ? name : `${name}=${values.join(",")}`);
}
