/**
 * `s3_upload_config.ini` as it was shipped, and with other values.
 */
import { assertEquals } from "@std/assert";

/** Name of the file in the working folder of the older program. */
export const FILE = "s3_upload_config.ini";

/** The template as it was shipped, with its own values. */
export const SHIPPED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Basic: {
    JobType: "LOCAL_TO_S3",
    DesProfileName: "default",
    DesEndPointURL: "AWS",
    DesBucket: "my-bucket",
    S3Prefix: "",
    SrcFileIndex: "*",
  },
  LOCAL_TO_S3: { SrcDir: "/data/in" },
  S3_TO_S3: { SrcProfileName: "iad", SrcEndPointURL: "AWS", SrcBucket: "src-bucket" },
  ALIOSS_TO_S3: {
    ali_SrcBucket: "oss-bucket",
    ali_access_key_id: "LTAI",
    ali_access_key_secret: "oss-secret",
    ali_endpoint: "oss-cn-beijing.aliyuncs.com",
  },
  Advanced: {
    ChunkSize: "5",
    MaxRetry: "20",
    MaxThread: "5",
    MaxParallelFile: "5",
    StorageClass: "STANDARD",
    ifVerifyMD5: "False",
    DontAskMeToClean: "True",
    LoggingLevel: "INFO",
  },
};

/** The template with other values; undefined leaves a key out. Keys are named with their section: `Basic.S3Prefix`. */
export function iniText(changes: Readonly<Record<string, string | undefined>> = {}, leaveOut: readonly string[] = []): string {
  const used = new Set<string>();
  const sections = Object.entries(SHIPPED).filter(([name]) => !leaveOut.includes(name)).map(([section, keys]) => {
    const extra = Object.keys(changes).filter((key) => key.startsWith(`${section}.`)).map((key) => key.slice(section.length + 1));
    const lines = [...new Set([...Object.keys(keys), ...extra])].map((key) => {
      const full = `${section}.${key}`;
      used.add(full);
      const value = full in changes ? changes[full] : keys[key];
      return value === undefined ? "" : `${key} = ${value}\n`;
    });
    return `[${section}]\n${lines.join("")}`;
  });
  assertEquals(Object.keys(changes).filter((key) => !used.has(key)), []);
  return sections.join("\n");
}
