/**
 * Runs other tools (mc, rclone, s5cmd, aws) against a test server: each with a configuration of its own in a temporary folder, never with
 * the user's. Used by benchmarks as rivals and by tests as referees.
 */
import { cleanEnv, type TestServer } from "./servers.ts";
import { findTool } from "./tools.ts";

/** The peers that can be asked for. */
export type PeerName = "mc" | "rclone" | "s5cmd" | "aws";

/** How one run of a program ended. */
export interface PeerRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The environment of a peer. Servers are known to it as `NAME` (mc: alias, rclone: remote) by the names given here; s5cmd and aws know one
 * endpoint only, the first.
 */
export function peerEnv(home: string, servers: Readonly<Record<string, TestServer>>): Record<string, string> {
  const env: Record<string, string> = {
    MC_CONFIG_DIR: `${home}/mc`,
    RCLONE_CONFIG: `${home}/rclone.conf`,
    AWS_EC2_METADATA_DISABLED: "true",
  };
  for (const [name, server] of Object.entries(servers)) {
    const address = new URL(server.endpoint);
    env[`MC_HOST_${name}`] = `${address.protocol}//${server.accessKeyId}:${server.secretAccessKey}@${address.host}`;
    const remote = `RCLONE_CONFIG_${name.toUpperCase()}`;
    env[`${remote}_TYPE`] = "s3";
    env[`${remote}_PROVIDER`] = server.name === "minio" ? "Minio" : "Other";
    env[`${remote}_ENDPOINT`] = server.endpoint;
    env[`${remote}_REGION`] = server.region;
    env[`${remote}_ACCESS_KEY_ID`] = server.accessKeyId;
    env[`${remote}_SECRET_ACCESS_KEY`] = server.secretAccessKey;
    env["S3_ENDPOINT_URL"] ??= server.endpoint;
    env["AWS_ENDPOINT_URL"] ??= server.endpoint;
    env["AWS_REGION"] ??= server.region;
    env["AWS_ACCESS_KEY_ID"] ??= server.accessKeyId;
    env["AWS_SECRET_ACCESS_KEY"] ??= server.secretAccessKey;
  }
  return cleanEnv(home, env);
}

/** Runs a peer to its end; the server is known to mc and rclone as `store`. Undefined when the peer is not found. */
export async function runPeer(tool: PeerName, args: readonly string[], server: TestServer): Promise<PeerRun | undefined> {
  const command = findTool(tool);
  if (command === undefined) return undefined;
  const home = await Deno.makeTempDir({ prefix: "sluice-peer-" });
  try {
    const output = await new Deno.Command(command, {
      args: [...args],
      env: peerEnv(home, { store: server }),
      clearEnv: true,
      cwd: home,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code: output.code, stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
