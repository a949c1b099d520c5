/**
 * An ad-hoc migration with the script API: moves the text files of a tree into another folder, renamed by a rule, with a header of their
 * own where the destination is a store. Run it as it is:
 *
 *   deno run -A examples/move_filtered.ts [SOURCE] [DESTINATION]
 *
 * Locations are those of a job file: folders, s3://bucket/prefix/, or NAME:// with `stores` below.
 */
import { migrate } from "../lib/mod.ts";

const [source = "examples/demo/", destination = "sluice-demo/renamed/"] = Deno.args;

const interrupt = new AbortController();
Deno.addSignalListener("SIGINT", () => interrupt.abort());

const end = await migrate({ source, destination }, {
  // Small text files only.
  select: (object, key) => key.endsWith(".txt") && object.sizeBytes < 1024 * 1024,
  // `数据/说明 一.txt` becomes `text/数据/说明_一.txt`; undefined would leave the object out.
  rename: (key) => `text/${key.replaceAll(" ", "_")}`,
  headers: () => ({ cacheControl: "max-age=3600" }),
  onResult: (result) => console.log(result.outcome, result.destinationKey),
  signal: interrupt.signal,
});

const { done, failed, skippedObjects } = end.summary;
console.log(`${done.objects} copied, ${skippedObjects} already there, ${failed} failed`);
Deno.exit(failed > 0 || end.error ? 1 : 0);
