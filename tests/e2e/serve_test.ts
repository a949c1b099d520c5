/**
 * Other people's clients against `main.ts serve FOLDER`: put, get, list, multipart, copy, delete, each in the client's own way. They were
 * written without sluice in mind, so they notice what sluice's own client would forgive.
 */
import { assert, assertEquals } from "@std/assert";
import { peerEnv } from "../peers.ts";
import { cleanEnv, type TestServer } from "../servers.ts";
import { findTool } from "../tools.ts";
import { startEmbedded } from "./scene.ts";
import { randomBytes, withFolder } from "./trees.ts";

const MIB = 1024 * 1024;
const SMALL_NAME = "small file 文.txt";

/** How one client does each of the things. `big` goes up in parts. */
interface Client {
  readonly tool: string;
  readonly steps: (
    folder: string,
  ) => Record<"makeBucket" | "put" | "putBig" | "list" | "get" | "getBig" | "copy" | "remove", readonly string[]>;
}

const CLIENTS: readonly Client[] = [
  {
    tool: "s5cmd",
    steps: (folder) => ({
      makeBucket: ["mb", "s3://peer"],
      put: ["cp", `${folder}/${SMALL_NAME}`, `s3://peer/a/${SMALL_NAME}`],
      putBig: ["cp", "--part-size", "5", `${folder}/big`, "s3://peer/a/big"],
      list: ["ls", "s3://peer/*"],
      get: ["cp", `s3://peer/a/${SMALL_NAME}`, `${folder}/small.back`],
      getBig: ["cp", "--part-size", "5", "s3://peer/a/big", `${folder}/big.back`],
      copy: ["cp", "s3://peer/a/big", "s3://peer/b/copy"],
      remove: ["rm", "s3://peer/*"],
    }),
  },
  {
    tool: "rclone",
    steps: (folder) => ({
      makeBucket: ["mkdir", "store:peer"],
      put: ["copyto", `${folder}/${SMALL_NAME}`, `store:peer/a/${SMALL_NAME}`],
      putBig: ["copyto", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M", `${folder}/big`, "store:peer/a/big"],
      list: ["lsf", "-R", "store:peer"],
      get: ["copyto", `store:peer/a/${SMALL_NAME}`, `${folder}/small.back`],
      getBig: ["copyto", "--multi-thread-cutoff", "5M", "store:peer/a/big", `${folder}/big.back`],
      copy: ["copyto", "store:peer/a/big", "store:peer/b/copy"],
      remove: ["delete", "store:peer"],
    }),
  },
  {
    tool: "mc",
    steps: (folder) => ({
      makeBucket: ["mb", "store/peer"],
      put: ["cp", `${folder}/${SMALL_NAME}`, `store/peer/a/${SMALL_NAME}`],
      putBig: ["cp", `${folder}/big`, "store/peer/a/big"],
      list: ["ls", "-r", "store/peer"],
      get: ["cp", `store/peer/a/${SMALL_NAME}`, `${folder}/small.back`],
      getBig: ["cp", "store/peer/a/big", `${folder}/big.back`],
      copy: ["cp", "store/peer/a/big", "store/peer/b/copy"],
      remove: ["rm", "-r", "--force", "store/peer/a", "store/peer/b"],
    }),
  },
  {
    tool: "aws",
    steps: (folder) => ({
      makeBucket: ["s3", "mb", "s3://peer"],
      put: ["s3", "cp", `${folder}/${SMALL_NAME}`, `s3://peer/a/${SMALL_NAME}`],
      putBig: ["s3", "cp", `${folder}/big`, "s3://peer/a/big"],
      list: ["s3", "ls", "--recursive", "s3://peer"],
      get: ["s3", "cp", `s3://peer/a/${SMALL_NAME}`, `${folder}/small.back`],
      getBig: ["s3", "cp", "s3://peer/a/big", `${folder}/big.back`],
      copy: ["s3", "cp", "s3://peer/a/big", "s3://peer/b/copy"],
      remove: ["s3", "rm", "--recursive", "s3://peer"],
    }),
  },
  {
    tool: "python3",
    steps: (folder) => ({
      makeBucket: boto3("s3.create_bucket(Bucket='peer')"),
      put: boto3(`s3.put_object(Bucket='peer', Key='a/${SMALL_NAME}', Body=open('${folder}/${SMALL_NAME}', 'rb').read())`),
      putBig: boto3(`s3.upload_file('${folder}/big', 'peer', 'a/big')`),
      list: boto3("print([item['Key'] for item in s3.list_objects_v2(Bucket='peer')['Contents']])"),
      get: boto3(`s3.download_file('peer', 'a/${SMALL_NAME}', '${folder}/small.back')`),
      getBig: boto3(`s3.download_file('peer', 'a/big', '${folder}/big.back')`),
      copy: boto3("s3.copy({'Bucket': 'peer', 'Key': 'a/big'}, 'peer', 'b/copy')"),
      remove: boto3(
        "keys = [{'Key': item['Key']} for item in s3.list_objects_v2(Bucket='peer')['Contents']]; " +
          "s3.delete_objects(Bucket='peer', Delete={'Objects': keys})",
      ),
    }),
  },
];

function boto3(line: string): string[] {
  return ["-c", `import boto3; s3 = boto3.client('s3'); ${line}`];
}

/** Runs one step of a client, and answers what it printed. Fails with its words when it fails. */
async function run(command: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  const output = await new Deno.Command(command, { args: [...args], env, clearEnv: true, stdin: "null" }).output();
  const text = new TextDecoder().decode(output.stdout);
  assert(output.success, `${command} ${args.join(" ")} ended with ${output.code}: ${text}${new TextDecoder().decode(output.stderr)}`);
  return text;
}

async function canRun(client: Client, command: string, home: string): Promise<boolean> {
  if (client.tool !== "python3") return true;
  const { success } = await new Deno.Command(command, { args: ["-c", "import boto3"], env: cleanEnv(home), clearEnv: true, stderr: "null" })
    .output();
  return success;
}

async function serveTo(client: Client, command: string, server: TestServer, folder: string): Promise<void> {
  const env = { ...peerEnv(folder, { store: server }), RCLONE_CONFIG_STORE_PROVIDER: "Other" };
  const small = randomBytes(1000, 1);
  const big = randomBytes(18 * MIB, 2);
  await Deno.writeFile(`${folder}/${SMALL_NAME}`, small);
  await Deno.writeFile(`${folder}/big`, big);
  const steps = client.steps(folder);
  for (const step of ["makeBucket", "put", "putBig", "copy"] as const) await run(command, steps[step], env);
  const listed = await run(command, steps.list, env);
  for (const name of [SMALL_NAME, "big", "copy"]) assert(listed.includes(name), `${name} is not listed: ${listed}`);
  for (const step of ["get", "getBig"] as const) await run(command, steps[step], env);
  assertEquals(await Deno.readFile(`${folder}/small.back`), small);
  assert((await Deno.readFile(`${folder}/big.back`)).every((byte, index) => byte === big[index]), "The big object came back changed");
  await run(command, steps.remove, env);
  const rest = await run(command, steps.list, env).catch(() => "");
  assert(!rest.includes("big") && !rest.includes("copy"), `Still listed after its removal: ${rest}`);
}

for (const client of CLIENTS) {
  const name = client.tool === "python3" ? "boto3" : client.tool;
  Deno.test(`serve: ${name} puts, gets, lists, sends parts, copies and deletes`, async () => {
    const command = findTool(client.tool);
    await withFolder(async (folder) => {
      if (command === undefined || !await canRun(client, command, folder)) return console.warn(`NOT RUN: ${name} was not found`);
      const server = await startEmbedded();
      try {
        await serveTo(client, command, server, folder);
      } finally {
        await server.stop();
      }
    });
  });
}
