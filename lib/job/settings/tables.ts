/** All tables of settings together. A key that is not here does not exist. */
import type { Job } from "../../job_types.ts";
import { HEADERS, headerValues } from "./headers.ts";
import { HOW, TRANSFER } from "./how.ts";
import type { KeysOf, Setting, Settings } from "./setting.ts";
import { EMBEDDED_ONLY, FOLDER, KEYS, LIST_KEYS, OSS_ONLY, REMOTE, S3_ONLY, TYPE } from "./store.ts";
import { REPORT, TUNING } from "./tuning.ts";
import { PLACES, WHICH } from "./which.ts";

/** Settings that help shows under one title. */
export interface Group {
  readonly title: string;
  readonly settings: readonly Setting[];
}

/** The tables of a job, each with the values that a checked job holds for it. */
export const JOB_TABLES: readonly { readonly table: Settings; readonly valuesOf: (job: Job) => object }[] = [
  { table: WHICH, valuesOf: (job) => job },
  { table: HOW, valuesOf: (job) => job },
  { table: TRANSFER, valuesOf: (job) => job.rules },
  { table: HEADERS, valuesOf: (job) => headerValues(job.rules.headers) },
  { table: TUNING, valuesOf: (job) => job.tuning },
  { table: REPORT, valuesOf: (job) => job.report },
];

const settingsOf = (...tables: Settings[]): Setting[] => tables.flatMap((table) => Object.values(table));

/** Settings of `[store.NAME]`. */
export const STORE_GROUP: Group = {
  title: "[store.NAME]",
  settings: settingsOf(TYPE, REMOTE, KEYS, LIST_KEYS, S3_ONLY, OSS_ONLY, FOLDER, EMBEDDED_ONLY),
};

/** Settings of `[job.NAME]`; all but source and destination also stand in `[defaults]`. */
export const JOB_GROUPS: readonly Group[] = [
  { title: "Which objects", settings: settingsOf(PLACES, WHICH) },
  { title: "How they are compared, copied and deleted", settings: settingsOf(HOW, TRANSFER) },
  { title: "What objects carry", settings: settingsOf(HEADERS) },
  { title: "How much at a time", settings: settingsOf(TUNING) },
  { title: "What is reported", settings: settingsOf(REPORT) },
];

type StoreTables = typeof TYPE & typeof REMOTE & typeof KEYS & typeof LIST_KEYS & typeof S3_ONLY & typeof OSS_ONLY & typeof FOLDER;
type JobTables = typeof PLACES & typeof WHICH & typeof HOW & typeof TRANSFER & typeof HEADERS & typeof TUNING;

/** Names of store keys. */
export type StoreKey = KeysOf<StoreTables & typeof EMBEDDED_ONLY>;
/** Names of job keys. */
export type JobKey = KeysOf<JobTables & typeof REPORT>;

/** Every setting of `[store.NAME]`, by its key. */
export const STORE_SETTINGS: ReadonlyMap<string, Setting> = byKey([STORE_GROUP]);
/** Every setting of `[job.NAME]`, by its key. */
export const JOB_SETTINGS: ReadonlyMap<string, Setting> = byKey(JOB_GROUPS);

function byKey(groups: readonly Group[]): ReadonlyMap<string, Setting> {
  return new Map(groups.flatMap(({ settings }) => settings.map((one) => [one.key, one])));
}
