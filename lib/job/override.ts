/** `--set key=value`: laid over the sections before they are checked, so that an override passes the same checks as the file. */
import { type MistakeList, nearestName, Problem, shownKey } from "./mistake.ts";
import type { RawSection, RawValue } from "./raw_job.ts";
import { keepValue } from "./read_ini.ts";

/**
 * Applies each override: `key=value` goes to the layer that is returned and counts for every job; `store.NAME.key=value`,
 * `job.NAME.key=value` and `defaults.key=value` change that section. Of two overrides of one key the last counts.
 */
export function applyOverrides(sections: RawSection[], overrides: readonly string[], mistakes: MistakeList): RawSection {
  const layer: RawSection = { kind: "job", name: "", file: "--set", values: new Map() };
  for (const override of overrides) {
    const equals = override.indexOf("=");
    const path = equals < 0 ? override : override.slice(0, equals).trim();
    const dot = path.lastIndexOf(".");
    const key = path.slice(dot + 1);
    const raw: RawValue = { text: override.slice(equals + 1).trim(), shown: shownPath(path), file: "--set", expand: false };
    const title = dot < 0 ? "" : path.slice(0, dot);
    const section = dot < 0 ? layer : sectionOf(sections, title);
    const titles = sections.map(({ title }) => title ?? "");
    if (equals < 1) mistakes.ofValue(raw, new Problem("write --set key=value"), { hidden: true });
    else if (section === undefined) {
      mistakes.ofValue(raw, new Problem(`there is no [${shownPath(title)}]`, nearestName(title, titles)), { hidden: true });
    } else {
      section.values.delete(key);
      keepValue(section, key, raw, mistakes);
    }
  }
  return layer;
}

/** A `[defaults]` that the file does not have is made. */
function sectionOf(sections: RawSection[], title: string): RawSection | undefined {
  const found = sections.find((section) => section.title === title);
  if (found !== undefined || title !== "defaults") return found;
  const made: RawSection = { kind: "defaults", name: "", title, file: "--set", values: new Map() };
  sections.push(made);
  return made;
}

/** Each name of it as {@link shownKey} shows it. */
function shownPath(path: string): string {
  return path.split(".").map(shownKey).join(".");
}
