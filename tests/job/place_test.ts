/** Where things come from and go to. */
import { assertEquals } from "@std/assert";
import type { Place } from "../../lib/job_types.ts";
import { contextOf, mistakesOf, onlyJob } from "./context.ts";

const STORES =
  "[store.m]\nendpoint = http://m:9000\n[store.nas]\ntype = local\nfolder = /mnt/nas\n[store.e]\ntype = embedded\nfolder = store\n";

/** `store bucket|key` and a `/` for a tree. */
function told({ store, bucket, key, tree }: Place): string {
  return `${store.type} ${bucket}|${key}${tree ? " tree" : ""}`;
}

const PLACES: [source: string, destination: string, from: string, to: string][] = [
  ["in/", "s3://b/p/", "local /work/in| tree", "s3 b|p/ tree"],
  ["in/", "s3://b/p", "local /work/in| tree", "s3 b|p/ tree"],
  ["in/", "s3://b", "local /work/in| tree", "s3 b| tree"],
  ["in/", "s3://b/", "local /work/in| tree", "s3 b| tree"],
  ["existing", "s3://b/p", "local /work/existing| tree", "s3 b|p/ tree"],
  [".", "s3://b/p", "local /work| tree", "s3 b|p/ tree"],
  ["..", "s3://b/p", "local /| tree", "s3 b|p/ tree"],
  ["/", "s3://b/p", "local /| tree", "s3 b|p/ tree"],
  ["~/in/", "s3://b/p", "local /home/me/in| tree", "s3 b|p/ tree"],
  ["in/a.txt", "s3://b/p/", "local /work/in|a.txt", "s3 b|p/a.txt"],
  ["in/a.txt", "s3://b/p", "local /work/in|a.txt", "s3 b|p"],
  ["in/a.txt", "s3://b", "local /work/in|a.txt", "s3 b|a.txt"],
  ["a.txt", "out/", "local /work|a.txt", "local /work/out|a.txt"],
  ["a.txt", "out", "local /work|a.txt", "local /work|out"],
  ["a.txt", "existing", "local /work|a.txt", "local /work/existing|a.txt"],
  ["a.txt", "..", "local /work|a.txt", "local /|a.txt"],
  ["s3://b/p/x", "out/", "s3 b|p/x", "local /work/out|x"],
  ["s3://b/p/x", "s3://c", "s3 b|p/x", "s3 c|x"],
  ["s3://b/p/x", "s3://b/p/y", "s3 b|p/x", "s3 b|p/y"],
  ["s3://b/p", "s3://b/p/", "s3 b|p", "s3 b|p/p"],
  ["s3://b/p/", "out", "s3 b|p/ tree", "local /work/out| tree"],
  ["s3://b", "/abs/out", "s3 b| tree", "local /abs/out| tree"],
  ["s3://b//x/../y%20", "s3://c//", "s3 b|/x/../y%20", "s3 c|/y%20"],
  ["s3://b/空 格/", "m://b/空 格/", "s3 b|空 格/ tree", "s3 b|空 格/ tree"],
  ["m://b/a/", "s3://b/a/", "s3 b|a/ tree", "s3 b|a/ tree"],
  ["m://b/a/", "m://b/ab/", "s3 b|a/ tree", "s3 b|ab/ tree"],
  ["m://b/a/", "m://c/a/", "s3 b|a/ tree", "s3 c|a/ tree"],
  ["nas://x/y/", "e://b/", "local /mnt/nas/x/y| tree", "embedded b| tree"],
  ["nas://", "e://b/", "local /mnt/nas| tree", "embedded b| tree"],
  ["nas://x/y", "e://b/", "local /mnt/nas/x|y", "embedded b|y"],
];

for (const [source, destination, from, to] of PLACES) {
  Deno.test(`${source} → ${destination} is ${from} → ${to}`, () => {
    const job = onlyJob(`${STORES}[job.a]\nsource = ${source}\ndestination = ${destination}`, {
      isFolder: (path) => path === "/work/existing" ? true : undefined,
      env: (name) => name === "HOME" ? "/home/me" : undefined,
    });
    assertEquals([told(job.source), told(job.destination)], [from, to]);
    assertEquals([job.source.text, job.destination.text], [source, destination]);
  });
}

const WINDOWS: [source: string, destination: string, from: string, to: string][] = [
  ["C:\\in\\", "D:\\out", "local C:\\in| tree", "local D:\\out| tree"],
  ["C:/in/a.txt", "D:/out/", "local C:\\in|a.txt", "local D:\\out|a.txt"],
  ["in\\", "D:\\", "local C:\\work\\in| tree", "local D:\\| tree"],
  ["\\\\server\\share\\x\\", "s3://b/", "local \\\\server\\share\\x| tree", "s3 b| tree"],
];

for (const [source, destination, from, to] of WINDOWS) {
  Deno.test(`${source} → ${destination} on Windows is ${from} → ${to}`, () => {
    const job = onlyJob(`[job.a]\nsource = ${source}\ndestination = ${destination}`, { cwd: "C:\\work" });
    assertEquals([told(job.source), told(job.destination)], [from, to]);
  });
}

const SAME = "source and destination are the same place";
const INSIDE = "the destination is inside the source";
const AROUND = "the source is inside the destination";
const OVERLAPS: [source: string, destination: string, why: string][] = [
  ["in/", "in", SAME],
  ["in/", "./in/../in/", SAME],
  ["in/", "in/copy/", INSIDE],
  ["in/sub/", "in/", AROUND],
  ["in/", "in2/", ""],
  ["in/a", "in/", SAME],
  ["in/a", "in/b", ""],
  ["s3://b/a", "s3://b/", SAME],
  ["s3://b/a", "s3://b/a", SAME],
  ["s3://b/a/", "s3://b/a", SAME],
  ["m://b/a/", "m://b/a/b/", INSIDE],
  ["m://b/a/b/", "m://b/", ""],
  ["m://b/", "m2://b/", SAME],
  ["nas://x/", "/mnt/nas/x/y/", INSIDE],
  ["./", "e://b/", INSIDE],
  ["store/x/", "e://b/", "the local folder is inside the folder of the embedded store"],
  ["e://b/", "./", AROUND],
  ["e://b/", "store/out/", "the local folder is inside the folder of the embedded store"],
  ["e://b/", "e://c/", ""],
];

Deno.test("within one bucket a destination may lie in what the job leaves out, or beside what it names", () => {
  const may = (lines: string) => mistakesOf(`${STORES}[job.a]\nsource = m://b/\ndestination = m://b/c/\n${lines}`).length === 0;
  assertEquals(["exclude = /c/", "names = a", "prefixes = d", "files = c", "names = c\nkeep_path = no"].map(may), [
    true,
    true,
    true,
    true,
    false,
  ]);
  assertEquals(["", "exclude = c/", "prefixes = c", "prefixes = x, c/", "names = c"].map(may), [false, false, false, false, false]);
});

for (const [source, destination, why] of OVERLAPS) {
  Deno.test(`${source} → ${destination} ${why === "" ? "may be" : `is refused: ${why}`}`, () => {
    const stores = `${STORES}[store.m2]\nendpoint = http://M:9000/\nregion = x\n`;
    const mistakes = mistakesOf(`${stores}[job.a]\nsource = ${source}\ndestination = ${destination}`);
    assertEquals(mistakes.map((text) => text.includes(`: ${why}`)), why === "" ? [] : [true], mistakes.join());
  });
}

Deno.test("Windows folders overlap whatever their case", () => {
  const text = "[job.a]\nsource = C:\\In\\\ndestination = c:\\in\\x\\";
  assertEquals(mistakesOf(text, { cwd: "C:\\work" }).length, 1);
});

Deno.test("a local path below a store of type local must not leave its folder", () => {
  assertEquals(mistakesOf(`${STORES}[job.a]\nsource = nas://../x/\ndestination = e://b/`), [
    "jobs.ini:10 [job.a] source = nas://../x/: the path leaves the folder of [store.nas]",
  ]);
});

Deno.test("the name of a single file becomes a key as the context says", () => {
  const job = onlyJob("[job.a]\nsource = a%2F\ndestination = s3://b/", { fileKey: (name) => name.replace("%2F", "") });
  assertEquals([job.source.key, job.destination.key], ["a", "a"]);
});

Deno.test("a key of 1,024 bytes is taken, one of 1,025 is not", () => {
  const text = (key: string) => `[job.a]\nsource = s3://b/${key}\ndestination = out/`;
  assertEquals(mistakesOf(text(`空${"x".repeat(1021)}`)), []);
  assertEquals(mistakesOf(text(`空${"x".repeat(1022)}`)).length, 1);
});

Deno.test("[store.s3] says what s3:// means", () => {
  const job = onlyJob("[store.s3]\nregion = eu-west-1\n[job.a]\nsource = s3://b/\ndestination = out/");
  assertEquals(contextOf().cwd, "/work");
  assertEquals(job.source.store, { type: "s3", name: "s3", region: "eu-west-1", addressing: "auto", requesterPays: false });
});
