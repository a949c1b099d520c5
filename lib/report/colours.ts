/** Colours for people, or none. Decided once, from what is passed in: it must never ask the environment itself. */

type Paint = (text: string) => string;

/** Functions that colour a text, or give it back as it is. */
export interface Colours {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly yellow: Paint;
  readonly green: Paint;
}

/** Colours on a terminal only, and never when NO_COLOR is set and not empty (no-color.org) or TERM is `dumb`. */
export function chooseColours(options: { isTerminal: boolean; noColor?: string | undefined; term?: string | undefined }): Colours {
  const wanted = options.isTerminal && (options.noColor ?? "") === "" && options.term !== "dumb";
  // Codes of ECMA-48, "Select Graphic Rendition": what switches on, and what switches off.
  const paint = (on: number, off: number): Paint => (text) => wanted ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return { bold: paint(1, 22), dim: paint(2, 22), red: paint(31, 39), yellow: paint(33, 39), green: paint(32, 39) };
}
