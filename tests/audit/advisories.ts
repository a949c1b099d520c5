/**
 * What the registry's advisory service says of the packages in deno.lock, asked by Deno's own client. An answer that is none is no finding.
 */

const ROOT = new URL("../../", import.meta.url);

/** Addresses of advisories that are high or critical; undefined when the service did not answer, with what was said instead. */
export async function seriousAdvisories(registry?: string): Promise<{ found: string[] | undefined; said: string }> {
  const certificates = Deno.env.get("SSL_CERT_FILE");
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["audit", "--level=high"],
    cwd: ROOT,
    env: {
      NO_COLOR: "1",
      ...(certificates !== undefined && { DENO_CERT: certificates }),
      ...(registry !== undefined && { NPM_CONFIG_REGISTRY: registry }),
    },
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr);
  if (/^error:/m.test(said)) return { found: undefined, said };
  const found = [...said.matchAll(/Info:\s+(\S+)/g)].map(([, address]) => address ?? "");
  const readable = output.success ? found.length === 0 && /no known vulnerabilities/i.test(said) : found.length > 0;
  return { found: readable ? found : undefined, said };
}
