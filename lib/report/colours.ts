/** Colours for people, or none. Decided once, from what is passed in. */
import pc from "picocolors";

/** Functions that colour a text, or give it back as it is. */
export type Colours = Pick<ReturnType<typeof pc.createColors>, "bold" | "dim" | "red" | "yellow" | "green">;

/** Colours on a terminal only, and never when NO_COLOR is set and not empty (no-color.org) or TERM is `dumb`. */
export function chooseColours(options: { isTerminal: boolean; noColor?: string | undefined; term?: string | undefined }): Colours {
  const wanted = options.isTerminal && (options.noColor ?? "") === "" && options.term !== "dumb";
  return pc.createColors(wanted);
}
