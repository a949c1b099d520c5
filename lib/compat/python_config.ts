/**
 * Reads a Python module of settings as data: comments, and plain assignments of strings, numbers, booleans and products of numbers (`10 *
 * 1024`, `10 * Megabytes`). It never runs anything; any other line is a mistake.
 */
import { type MistakeList, Problem } from "../job/mistake.ts";

type Literal = string | number | boolean;

/** A value of a plain assignment. */
export interface PythonValue {
  /** Undefined where the line was a mistake, which is reported already. */
  readonly value: Literal | undefined;
  readonly line: number;
}

/** Names and their last values. Lines that are not plain assignments are in `mistakes`. */
export function readPythonConfig(text: string, mistakes: MistakeList): ReadonlyMap<string, PythonValue> {
  const values = new Map<string, PythonValue>();
  for (const [index, line] of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/).entries()) {
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    const [, name, expression = ""] = /^([A-Za-z_][A-Za-z0-9_]*)\s*=(?!=)(.*)$/s.exec(line) ?? [];
    const value = name === undefined ? PLAIN : readExpression(expression, values);
    if (value instanceof Problem) mistakes.ofFile(value, index + 1);
    if (name !== undefined) values.set(name, { value: value instanceof Problem ? undefined : value, line: index + 1 });
  }
  return values;
}

const PLAIN = new Problem(
  "not a plain assignment; settings are read and never run: write NAME = a string, a number, True, False or a product of numbers",
);

const TOKEN = /\s*(?:([rRuU]?)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\d[\d_]*(?:\.\d+)?)|([A-Za-z_][A-Za-z0-9_]*)|(\*)|(#.*$)|(.))/gsy;

function readExpression(text: string, names: ReadonlyMap<string, PythonValue>): Literal | Problem {
  const operands: Literal[] = [];
  let unknown: string | undefined;
  let wantsOperand = true;
  for (const [, prefix = "", quoted, number, name, star, comment] of text.trimEnd().matchAll(TOKEN)) {
    if (comment !== undefined) break;
    if ((star !== undefined) === wantsOperand) return PLAIN;
    wantsOperand = star !== undefined;
    if (quoted !== undefined) operands.push(prefix.toLowerCase() === "r" ? quoted.slice(1, -1) : unescape(quoted.slice(1, -1)));
    else if (number !== undefined) operands.push(Number(number.replaceAll("_", "")));
    else if (name === "True" || name === "False") operands.push(name === "True");
    else if (name !== undefined) {
      const known = names.get(name)?.value;
      if (known === undefined) unknown ??= name;
      operands.push(known ?? 0);
    } else if (star === undefined) return PLAIN;
  }
  const [only, ...more] = operands;
  if (only === undefined || wantsOperand) return PLAIN;
  if (unknown !== undefined) return new Problem(`${unknown} has no value above this line`);
  if (more.length === 0) return only;
  return operands.every((operand) => typeof operand === "number") ? operands.reduce((product, factor) => product * factor, 1) : PLAIN;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\\": "\\", "'": "'", '"': '"', "0": "\0" };

/** Escapes of a Python string; one that Python does not know stays as it is, backslash included. */
function unescape(text: string): string {
  return text.replaceAll(/\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|.)/gs, (whole, code: string) => {
    if (/^[xu]./.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return ESCAPES[code] ?? whole;
  });
}
