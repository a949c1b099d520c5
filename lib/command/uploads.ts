/** `sluice uploads LOCATION`: unfinished uploads with what they hold, and their end. */
import type { UploadsRequest } from "../compat/compat_run.ts";
import { asTransferError, EXIT, isMissing, TransferError } from "../errors.ts";
import { MistakeList, Problem } from "../job/mistake.ts";
import { type Location, readLocation } from "../job/place.ts";
import type { JobContext } from "../job/raw_job.ts";
import { REMOTE_TYPES } from "../job/settings/store.ts";
import { STORE_SETTINGS } from "../job/settings/tables.ts";
import { type NamedStore, readStore, READY_MADE_STORES } from "../job/store_spec.ts";
import { TIME } from "../job/value.ts";
import type { Place } from "../job_types.ts";
import { jsonText, printable } from "../report/escape.ts";
import { uploadLine } from "../report/records.ts";
import { EmbeddedHost } from "../run/embedded_host.ts";
import { openSide } from "../run/open_sides.ts";
import { systemContext } from "../run/system_context.ts";
import type { Store } from "../store/store.ts";
import type { UploadInfo } from "../types.ts";
import type { Command } from "./command.ts";
import { flagOf, type Flags, type FlagTakes, type FlagValues, isYes, keyOf, readFlags, takesOf, textOf, usage } from "./flags.ts";
import { storeFlagsText } from "./key_help.ts";
import { COMMAND_LINE, keepFlags, schemeOf, storeSection, word } from "./places_request.ts";
import { learnSecrets, type Terminal } from "./terminal.ts";

/** A request without progress for this long has failed. */
const TIMEOUT_MS = 60_000;

/** See the file comment. */
export const UPLOADS: Command<UploadsRequest> = {
  usage: `sluice uploads LOCATION            unfinished uploads: key, age, bytes, parts
  --abort                          abort them and free their parts
  --older-than TIME                only those begun at least this long ago, such as 7d
  --endpoint URL, --region NAME, … keys of the store that s3:// or oss:// means
  --json                           results as one JSON object a line on stdout`,
  examples: [
    "sluice uploads s3://bucket/",
    "sluice uploads s3://bucket/photos/ --older-than 7d --abort",
    "sluice uploads oss://bucket/ --region cn-beijing --json",
  ],
  more: () => storeFlagsText("--"),
  read(args) {
    const own: [string, FlagTakes][] = [["abort", "yesNo"], ["json", "yesNo"], ["older-than", "value"], ["endpoint-url", "value"]];
    const keys = [...STORE_SETTINGS.values()].map((one) => [flagOf(one.key), takesOf(one)] as const);
    const flags = readFlags(args, new Map([...own, ...keys]), { command: "uploads" });
    const [location] = flags.words;
    if (location === undefined || flags.words.length > 1) throw usage("uploads takes one location: uploads s3://bucket/prefix/");
    const store: Record<string, FlagValues[string]> = {};
    for (const [flag, value] of flags.values) {
      const { key } = keyOf(flag);
      if (STORE_SETTINGS.has(key)) store[key] = value;
    }
    return { kind: "uploads", location, abort: isYes(flags, "abort"), olderThanMs: ageOf(flags), store, json: isYes(flags, "json") };
  },
  async run(request, terminal) {
    return await listUploads(await terminal(), request);
  },
};

function ageOf(flags: Flags): number {
  const ageMs = TIME.parse(textOf(flags, "older-than") ?? "0ms");
  if (ageMs === undefined) throw usage("--older-than needs a time such as 7d, with the unit ms, s, m, h or d");
  return ageMs;
}

/** The place that is looked at. Throws a {@link JobFileError} with every mistake in its flags. */
export function uploadsPlace(request: UploadsRequest, context: Omit<JobContext, "file">): Place {
  const mistakes = new MistakeList(COMMAND_LINE);
  const raw = word("location", request.location);
  const full = { ...context, file: COMMAND_LINE };
  const stores = new Map<string, NamedStore | undefined>(REMOTE_TYPES.map((name) => [name, READY_MADE_STORES.get(name)]));
  if (Object.keys(request.store).length > 0) {
    const scheme = schemeOf(request.location);
    const section = storeSection(scheme ?? "s3", "", scheme ?? "s3");
    keepFlags(section, "", request.store);
    stores.set(section.name, readStore(section, full, mistakes));
    if (scheme === undefined) {
      mistakes.ofValue(raw, new Problem("flags of a store need a location s3://bucket/prefix/ or oss://bucket/prefix/"));
    }
  }
  let location: Location | undefined;
  try {
    location = readLocation(request.location, stores, full);
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    mistakes.ofValue(raw, error);
  }
  mistakes.throwIfAny(new Set());
  if (location === undefined) throw new Error("A location without a mistake was not given");
  return location.place;
}

/** Lists, and aborts when asked. Returns 0, or 1 when an upload could not be looked at or ended. */
export async function listUploads(terminal: Terminal, request: UploadsRequest): Promise<number> {
  const { people, signal, redactor } = terminal;
  const place = uploadsPlace(request, systemContext());
  learnSecrets(redactor, { source: place, destination: place });
  const host = new EmbeddedHost();
  let failed = 0;
  let listed = 0;
  try {
    const onNote = (line: string) => people.line(printable(line));
    const { store } = await openSide(place, "source", { host, mayWrite: false, timeoutMs: TIMEOUT_MS, signal, onNote });
    const query = place.tree ? { prefix: place.key } : { key: place.key };
    for await (const page of store.listUploads(query, { signal })) {
      for (const upload of page) {
        if (Date.now() - upload.initiatedMs < request.olderThanMs) continue;
        listed++;
        if (!await reportUpload(terminal, request, store, upload)) failed++;
      }
    }
    store.close();
  } finally {
    await host.close();
  }
  people.line(`${listed} unfinished uploads${request.abort ? `, ${listed - failed} aborted` : ""}`);
  return failed > 0 ? EXIT.failed : EXIT.ok;
}

async function reportUpload(terminal: Terminal, request: UploadsRequest, store: Store, upload: UploadInfo): Promise<boolean> {
  const { key, uploadId, initiatedMs } = upload;
  const { out, people, signal } = terminal;
  try {
    let partCount = 0;
    let partBytes = 0;
    for await (const { parts } of store.listParts(key, uploadId, { signal })) {
      partCount += parts.length;
      for (const part of parts) partBytes += part.sizeBytes;
    }
    const held = { key, uploadId, ageMs: Date.now() - initiatedMs, partCount, partBytes };
    out(request.json ? jsonText({ type: "upload", ...held }) : uploadLine(held));
    if (request.abort) await store.abortUpload(key, uploadId, { signal });
    return true;
  } catch (error) {
    if (isMissing(error)) return true;
    if (signal.aborted) throw error;
    people.line(printable(`failed ${key}: ${asTransferError(error).message}`));
    return false;
  }
}
