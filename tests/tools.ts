/**
 * Finds the programs that tests and benchmarks may use: servers, peers, referees. Looks at the environment and PATH only; installs
 * nothing, and knows no folder of any machine.
 */

/**
 * The path of a program: `SLUICE_NAME` in the environment when set (upper case, `-` as `_`), else the first executable of that name on
 * PATH, else undefined. Throws when the variable names no file, so that a typing mistake does not silently skip a suite.
 */
export function findTool(name: string): string | undefined {
  const variable = `SLUICE_${name.toUpperCase().replaceAll("-", "_")}`;
  const given = Deno.env.get(variable);
  if (given !== undefined && given !== "") {
    if (!isExecutable(given)) throw new Error(`${variable} names no executable file: ${given}`);
    return given;
  }
  const separator = Deno.build.os === "windows" ? ";" : ":";
  for (const folder of (Deno.env.get("PATH") ?? "").split(separator)) {
    if (folder === "") continue;
    for (const suffix of Deno.build.os === "windows" ? [".exe", ".cmd"] : [""]) {
      const path = `${folder}/${name}${suffix}`;
      if (isExecutable(path)) return path;
    }
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    const info = Deno.statSync(path);
    return info.isFile && (info.mode === null || (info.mode & 0o111) !== 0);
  } catch {
    return false;
  }
}
