/** One file over the limit of a single PUT through s3-parallel-put, in bounded memory. Small unless SLUICE_E2E_LARGE=1: then 6 GiB. */
import { assert, assertEquals } from "@std/assert";
import { GIB, MIB } from "../../lib/limits.ts";
import { measure } from "../bench/measure.ts";
import { useTables, withStage } from "./stage.ts";

const LARGE = Deno.env.get("SLUICE_E2E_LARGE") === "1";
const SIZE_BYTES = LARGE ? 6 * GIB : 96 * MIB;
const MEMORY_BYTES_MAX = 200 * MIB;
const MAIN = new URL("../../main.ts", import.meta.url).pathname;

for (const kind of useTables()) {
  Deno.test(`s3-parallel-put puts a sparse file of ${SIZE_BYTES} bytes within 200 MiB of memory (${kind})`, () =>
    withStage(kind, async (stage) => {
      const file = await Deno.create(`${stage.folder}/big`);
      await file.truncate(SIZE_BYTES);
      file.close();
      const cost = await measure("python3", {
        command: Deno.execPath(),
        args: ["run", "-A", "--no-prompt", MAIN, "s3-parallel-put", `--bucket=${stage.to}`, "--prefix=P", "big"],
        // Past the relay that counts: it is not the program under test.
        env: {
          PATH: Deno.env.get("PATH") ?? "",
          HOME: Deno.env.get("HOME") ?? "",
          ...stage.env,
          AWS_ENDPOINT_URL_S3: stage.left.server.endpoint,
        },
        cwd: stage.folder,
      });
      const { wallSeconds, cpuSeconds, peakBytes } = cost;
      console.log(`${kind}: ${wallSeconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} CPU s, ${Math.round(peakBytes / MIB)} MiB`);
      const there = await stage.right.admin.head("P/big");
      assertEquals(there?.ContentLength, SIZE_BYTES);
      assert(there?.ETag?.includes("-"), "it went in parts");
      assert(peakBytes <= MEMORY_BYTES_MAX, `${peakBytes} bytes of memory`);
    }));
}
