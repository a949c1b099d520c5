/**
 * Reads what the tidy rules want to know out of one source file, from its syntax tree. It judges nothing.
 */

/** Most positional parameters of a function. */
export const PARAMETERS_MAX = 3;

/** A place in a file: line counts from 1. */
export interface Mark {
  readonly line: number;
  readonly text: string;
}

/** A function of any form and how many lines it spans. */
export interface FunctionFact extends Mark {
  readonly lineCount: number;
}

/** Everything the rules know of a file. `text` of a mark is what the field says. */
export interface FileFacts {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly lines: readonly string[];
  /** Specifiers of static and dynamic imports. */
  readonly imports: readonly Mark[];
  /** Relative first arguments of `new URL`: how workers are started. */
  readonly urls: readonly Mark[];
  /** Specifiers of `export … from`. */
  readonly reexports: readonly Mark[];
  readonly defaultExports: readonly Mark[];
  /** Functions, classes and constants that are exported, each where it is declared; types go with the functions that use them. */
  readonly exported: readonly Mark[];
  /** Names that are imported from files of the repository, as `path#name`; `path#*` for all. */
  readonly taken: readonly Mark[];
  /** Functions with more positional parameters than may be, as written. */
  readonly crowded: readonly Mark[];
  /** Names that are exported without a doc comment. */
  readonly undocumented: readonly Mark[];
  readonly functions: readonly FunctionFact[];
  /** `Deno.x` and `console.x`, as written. */
  readonly globals: readonly Mark[];
  /** Tests that are left out or run alone, as written. */
  readonly unrun: readonly Mark[];
}

type Found = { -readonly [K in keyof FileFacts]: FileFacts[K] extends readonly (infer T)[] ? T[] : FileFacts[K] };

/** Collects the facts of one file. */
export function readFacts(path: string, source: string): FileFacts {
  const lines = source.split("\n");
  const found: Found = {
    path,
    lines,
    imports: [],
    urls: [],
    reexports: [],
    defaultExports: [],
    exported: [],
    taken: [],
    crowded: [],
    undocumented: [],
    functions: [],
    globals: [],
    unrun: [],
  };
  const rule: Deno.lint.Rule = { create: () => collect(found, source) };
  Deno.lint.runPlugin({ name: "tidy", rules: { facts: rule } }, path, source);
  return found;
}

function collect(found: Found, source: string): Deno.lint.LintVisitor {
  const mark = (node: { range: Deno.lint.Range }, text: string): Mark => ({ line: lineAt(source, node.range[0]), text });
  const span = (node: { range: Deno.lint.Range; params: readonly { range: Deno.lint.Range }[] }) => {
    const line = lineAt(source, node.range[0]);
    const name = source.slice(...node.range).split("\n", 1)[0]?.trim() ?? "";
    found.functions.push({ line, text: name, lineCount: lineAt(source, node.range[1]) - line + 1 });
    const positional = node.params.filter(({ range }) => !/^this\b/.test(source.slice(...range)));
    if (positional.length > PARAMETERS_MAX) found.crowded.push({ line, text: name });
  };
  const named = (node: Deno.lint.MemberExpression | Deno.lint.TSQualifiedName, name: string) => {
    if (name === "Deno" || name === "console") found.globals.push(mark(node, source.slice(...node.range)));
  };
  return {
    ImportDeclaration: (node) => {
      found.imports.push(mark(node, node.source.value));
      for (const specifier of node.specifiers) {
        const name = specifier.type !== "ImportSpecifier" ? "*" : source.slice(...specifier.imported.range);
        found.taken.push(mark(node, `${node.source.value}#${name}`));
      }
    },
    ImportExpression: (node) => {
      if (node.source.type !== "Literal" || typeof node.source.value !== "string") return;
      found.imports.push(mark(node, node.source.value));
      found.taken.push(mark(node, `${node.source.value}#*`));
    },
    NewExpression: (node) => {
      const [first] = node.arguments;
      const isUrl = node.callee.type === "Identifier" && node.callee.name === "URL";
      if (isUrl && first?.type === "Literal" && /^\.\.?\//.test(String(first.value))) found.urls.push(mark(node, String(first.value)));
    },
    ExportAllDeclaration: (node) => void found.reexports.push(mark(node, node.source.value)),
    ExportDefaultDeclaration: (node) => void found.defaultExports.push(mark(node, "default")),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) {
        found.reexports.push(mark(node, node.source.value));
        for (const { local } of node.specifiers) found.taken.push(mark(node, `${node.source.value}#${source.slice(...local.range)}`));
      }
      if (node.declaration !== null) {
        found.exported.push(...namesOf(source.slice(...node.declaration.range)).map((name) => mark(node, name)));
      }
      if (node.source !== null) return;
      if (node.declaration !== null && !hasDoc(source, node.range[0])) {
        found.undocumented.push(mark(node, source.slice(...node.range).split(/[\n({=]/, 1)[0]?.trim() ?? ""));
      }
    },
    FunctionDeclaration: span,
    FunctionExpression: span,
    ArrowFunctionExpression: span,
    MemberExpression: (node) => {
      if (node.object.type === "Identifier") named(node, node.object.name);
      const text = source.slice(...node.range);
      if (/^(Deno\.test|t|step|test)(\.step)?\.(only|ignore|skip)$/.test(text)) found.unrun.push(mark(node, text));
    },
    TSQualifiedName: (node) => {
      if (node.left.type === "Identifier") named(node, node.left.name);
    },
    Property: (node) => {
      const text = source.slice(...node.range);
      if (/^["']?(only|ignore|skip)["']?\s*:/.test(text) && !/:\s*false$/.test(text) && inTest(node)) found.unrun.push(mark(node, text));
    },
  };
}

/** The name that a declaration gives, from its text. */
function namesOf(declaration: string): string[] {
  const name = /^(?:declare |abstract |async )*(?:function\*?|class|const|let) +([\w$]+)/.exec(declaration)?.[1];
  return name === undefined ? [] : [name];
}

/** True for a property of an object that is handed to a call of `Deno.test` or `step`. */
function inTest(property: Deno.lint.Property): boolean {
  const call = property.parent.parent;
  if (call?.type !== "CallExpression") return false;
  const { callee } = call;
  if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return false;
  return ["test", "step", "only", "ignore"].includes(callee.property.name);
}

function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf("\n"); at !== -1 && at < offset; at = source.indexOf("\n", at + 1)) line++;
  return line;
}

/** A doc comment right above, or above the run of one-line constants that the export belongs to. */
function hasDoc(source: string, offset: number): boolean {
  const above = source.slice(0, offset).trimEnd().replace(/(\n\/\/ deno-lint-ignore[^\n]*)+$/, "");
  if (above.endsWith("*/")) return above.slice(above.lastIndexOf("/*")).startsWith("/**");
  const last = above.lastIndexOf("\n") + 1;
  return /^export const \w+ = [^\n]*;$/.test(above.slice(last)) && source.slice(offset).startsWith("export const") && hasDoc(source, last);
}
