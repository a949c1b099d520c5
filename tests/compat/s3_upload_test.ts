/** Every row of the path table of s3_upload.py, against stores. */
import { assert, assertEquals } from "@std/assert";
import { S3_UPLOAD } from "../../lib/compat/s3_upload.ts";
import { MIB } from "../../lib/limits.ts";
import { FILE, iniText } from "./s3_upload_ini.ts";
import { contextOf, PROFILE, runDoor, type Stage, treeOf, useTables, withStage, writeFiles } from "./stage.ts";

/** A row of the path table: what is there, what the file says, what is at the destination afterwards. */
interface Row {
  readonly name: string;
  readonly ini: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly objects?: readonly string[];
  /** Keys at the destination, sorted. */
  readonly keys: readonly string[];
  readonly failed?: number;
  /** MinIO refuses such keys. */
  readonly oddKeys?: true;
  readonly prepare?: (folder: string) => void;
}

const TREE = ["sub/b.txt", ".hidden", ".dot/c", "empty-after"];
const LOCAL = (S3Prefix: string, SrcFileIndex = "*") => ({ "Basic.S3Prefix": S3Prefix, "Basic.SrcFileIndex": SrcFileIndex });
const BUCKETS = (S3Prefix: string, SrcFileIndex = "*") => ({ ...LOCAL(S3Prefix, SrcFileIndex), "Basic.JobType": "S3_TO_S3" });
const FOUR = ["pre", "pre/a", "pre/dir/", "pre2/b"];

const ROWS: Row[] = [
  {
    name: "LOCAL: prefix pre/fix/, dot files and dot folders too",
    ini: LOCAL("pre/fix/"),
    files: TREE,
    keys: TREE.map((name) => `pre/fix/${name}`),
  },
  ...["", "/", "."].map((prefix) => ({
    name: `LOCAL: prefix ${prefix || "empty"}`,
    ini: LOCAL(prefix),
    files: ["sub/b.txt"],
    keys: ["sub/b.txt"],
  })),
  { name: "LOCAL: prefix a//b/", ini: LOCAL("a//b/"), files: ["f"], keys: ["a/b/f"] },
  { name: "LOCAL: prefix ./a/", ini: LOCAL("./a/"), files: ["f"], keys: ["a/f"] },
  { name: "LOCAL: prefix a/../b", ini: LOCAL("a/../b"), files: ["f"], keys: ["a/../b/f"], oddKeys: true },
  { name: "LOCAL: prefix /abs/", ini: LOCAL("/abs/"), files: ["f"], keys: ["/abs/f"], oddKeys: true },
  { name: "LOCAL: prefix //x/", ini: LOCAL("//x/"), files: ["f"], keys: ["//x/f"], oddKeys: true },
  {
    name: "LOCAL: a link to a file is followed, one to a folder not entered, a broken one left out",
    ini: LOCAL("p"),
    files: ["f", "sub/g"],
    keys: ["p/f", "p/link", "p/sub/g"],
    prepare: (folder) => {
      Deno.symlinkSync(`${folder}/f`, `${folder}/link`);
      Deno.symlinkSync(`${folder}/sub`, `${folder}/linked-folder`);
      Deno.symlinkSync(`${folder}/nowhere`, `${folder}/broken`);
    },
  },
  {
    name: "LOCAL: an empty folder gives nothing",
    ini: LOCAL(""),
    files: ["f"],
    keys: ["f"],
    prepare: (folder) => Deno.mkdirSync(`${folder}/empty`),
  },
  { name: "LOCAL: nothing at all", ini: LOCAL(""), files: [], keys: [] },
  { name: "LOCAL: one name", ini: LOCAL("P", "f"), files: ["f", "f2"], keys: ["P/f"] },
  { name: "LOCAL: one relative path", ini: LOCAL("P", "s/g"), files: ["s/g", "g"], keys: ["P/s/g"] },
  { name: "LOCAL: *.mp4 is a name, not a glob", ini: LOCAL("", "*.mp4"), files: ["a.mp4"], keys: [], failed: 1 },
  {
    name: "LOCAL: a name that looks like a glob is found by its name",
    ini: LOCAL("", "[a]?.mp4"),
    files: ["[a]?.mp4", "ab.mp4"],
    keys: ["[a]?.mp4"],
  },
  { name: "LOCAL: a folder is no file", ini: LOCAL("P", "s"), files: ["s/g"], keys: [], failed: 1 },
  { name: "LOCAL: a file named access_test is a file like any other", ini: LOCAL(""), files: ["access_test"], keys: ["access_test"] },
  { name: "S3_TO_S3: prefix pre is a plain text", ini: BUCKETS("pre"), objects: [...FOUR, "other"], keys: FOUR },
  { name: "S3_TO_S3: prefix pre/ is a folder", ini: BUCKETS("pre/"), objects: [...FOUR, "other"], keys: ["pre/a", "pre/dir/"] },
  { name: "S3_TO_S3: no prefix", ini: BUCKETS(""), objects: ["a", "b/c"], keys: ["a", "b/c"] },
  { name: "S3_TO_S3: prefix /", ini: BUCKETS("/"), objects: ["a", "b/c"], keys: ["a", "b/c"] },
  { name: "S3_TO_S3: one name", ini: BUCKETS("pre", "a"), objects: ["pre/a", "pre/ab", "a"], keys: ["pre/a"] },
  { name: "S3_TO_S3: one name below a folder", ini: BUCKETS("pre/", "x/a"), objects: ["pre/x/a", "x/a"], keys: ["pre/x/a"] },
  { name: "S3_TO_S3: one name without a prefix", ini: BUCKETS("", "a"), objects: ["a", "ab"], keys: ["a"] },
  { name: "S3_TO_S3: one name that is not there", ini: BUCKETS("pre", "a"), objects: ["pre/ab"], keys: [], failed: 1 },
];

function storeKeys(stage: Stage): Record<string, string> {
  return {
    "Basic.DesProfileName": PROFILE,
    "Basic.DesEndPointURL": stage.endpoint,
    "Basic.DesBucket": stage.to,
    "S3_TO_S3.SrcProfileName": PROFILE,
    "S3_TO_S3.SrcEndPointURL": stage.endpoint,
    "S3_TO_S3.SrcBucket": stage.from,
    "LOCAL_TO_S3.SrcDir": "in",
  };
}

const kinds = useTables();
for (const kind of kinds) {
  for (const row of ROWS) {
    if (kind === "minio" && (row.oddKeys || row.keys.includes("pre") || row.objects?.includes("pre"))) continue;
    Deno.test(`${kind}: ${row.name}`, async () => {
      await withStage(kind, async (stage) => {
        await Deno.mkdir(`${stage.folder}/in`);
        await writeFiles(`${stage.folder}/in`, row.files ?? []);
        row.prepare?.(`${stage.folder}/in`);
        const admin = stage.left.admin;
        for (const key of row.objects ?? []) await admin.put(key, new TextEncoder().encode(key.endsWith("/") ? "" : key));
        const text = iniText({ ...storeKeys(stage), ...row.ini });
        const end = await runDoor(S3_UPLOAD, [FILE], contextOf(stage.folder, { [FILE]: text }));
        assertEquals((await stage.right.admin.keys()).sort(), [...row.keys].sort());
        assertEquals([end.summary.failed, end.error, end.differences?.length], [row.failed ?? 0, undefined, row.failed ?? 0]);
        assertEquals(treeOf(`${stage.folder}/in`).length >= (row.files ?? []).length, true);
      });
    });
  }

  Deno.test(`${kind}: an absolute name and one with .. keep the prefix`, async () => {
    await withStage(kind, async (stage) => {
      await writeFiles(stage.folder, ["in/x", "w/one.txt"]);
      const changes = { ...storeKeys(stage), ...LOCAL("P", `${stage.folder}/w/one.txt`) };
      await runDoor(S3_UPLOAD, [FILE], contextOf(stage.folder, { [FILE]: iniText(changes) }));
      assertEquals(await stage.right.admin.keys(), [`P${stage.folder}/w/one.txt`]);
    });
  });

  Deno.test(`${kind}: same name and size is a duplicate, whatever its bytes; another size is sent`, async () => {
    await withStage(kind, async (stage) => {
      await writeFiles(`${stage.folder}/in`, ["same", "other"]);
      const bytes = (text: string) => new TextEncoder().encode(text);
      await stage.right.admin.put("same", bytes("SAME"));
      await stage.right.admin.put("other", bytes("x"));
      const end = await runDoor(S3_UPLOAD, [FILE], contextOf(stage.folder, { [FILE]: iniText(storeKeys(stage)) }));
      assertEquals([end.summary.done.objects, end.differences], [1, []]);
      assertEquals(new TextDecoder().decode(await stage.right.admin.read("same")), "SAME");
      assertEquals(new TextDecoder().decode(await stage.right.admin.read("other")), "other");
    });
  });

  Deno.test(`${kind}: ChunkSize cuts files, ifVerifyMD5 proves them, IgnoreSmallFile leaves out what is smaller`, async () => {
    await withStage(kind, async (stage) => {
      await writeFiles(`${stage.folder}/in`, ["small"]);
      await Deno.writeFile(`${stage.folder}/in/large`, crypto.getRandomValues(new Uint8Array(65536)).slice());
      await Deno.truncate(`${stage.folder}/in/large`, 11 * MIB);
      const changes = { ...storeKeys(stage), "Advanced.ifVerifyMD5": "True", "Advanced.IgnoreSmallFile": "True" };
      const end = await runDoor(S3_UPLOAD, [FILE], contextOf(stage.folder, { [FILE]: iniText(changes) }));
      assertEquals(await stage.right.admin.keys(), ["large"]);
      assert((await stage.right.admin.head("large"))?.ETag?.endsWith('-3"'));
      assertEquals([...end.summary.verified.keys()].some((evidence) => evidence === "size"), false);
      const again = await runDoor(S3_UPLOAD, [FILE], contextOf(stage.folder, { [FILE]: iniText(changes) }));
      assertEquals([again.summary.movedBytes, again.differences], [0, []]);
    });
  });
}
