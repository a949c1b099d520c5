/** Every limit of sluice in one place, each with its source in words. Imports nothing. */

/** One KiB, MiB, GiB, TiB in bytes. */
export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
export const TIB = 1024 * GIB;

/** Amazon S3 allows part numbers 1 to 10,000 (S3 user guide, "Multipart upload limits"). */
export const PART_COUNT_MAX = 10_000;
/** Amazon S3: every part but the last has at least 5 MiB (same page). */
export const PART_SIZE_MIN_BYTES = 5 * MIB;
/** Amazon S3: a part, a single PUT and a CopyObject carry at most 5 GiB (same page). */
export const PART_SIZE_MAX_BYTES = 5 * GIB;
/** Where `part_size = auto` starts; doubled until {@link PART_COUNT_MAX} parts suffice. */
export const PART_SIZE_AUTO_BYTES = 8 * MIB;
/** An object key has at most 1,024 bytes of UTF-8 (S3 user guide, "Object key naming"). */
export const KEY_BYTES_MAX = 1024;
/** ListObjectsV2, ListParts, ListMultipartUploads and DeleteObjects return or take at most 1,000 entries. */
export const PAGE_ENTRIES_MAX = 1000;

/** A response to a control request is not read beyond this: MinIO puts all unfinished uploads of a bucket into one. */
export const ANSWER_BYTES_MAX = 64 * MIB;
/** Tags in such a response, opening and closing: what is made of them costs far more memory than their text. */
export const ANSWER_TAGS_MAX = 1_000_000;
/** Of the text of a refusal, and of a response to a PUT, this much is kept. */
export const REFUSAL_BYTES_MAX = 64 * KIB;
/** A response must be over after this many times the time limit of a request, however slowly it drips. */
export const ANSWER_PATIENCE = 10;

/** The head of a response is not read beyond this; S3 allows 8 KiB of headers, of which 2 KiB are metadata. */
export const RESPONSE_HEAD_BYTES_MAX = 64 * KIB;

/** One `assign` message holds at most this many transfers. */
export const ASSIGN_TRANSFERS_MAX = 64;
/** Work a worker may hold ahead, by count and by bytes; the bytes bound applies once one transfer is held. */
export const WINDOW_TRANSFERS_MAX = 128;
export const WINDOW_BYTES_MAX = 4 * GIB;
/** A worker reports its progress and what has settled this often. */
export const PROGRESS_INTERVAL_MS = 100;
/** Results of small objects travel in batches of this many; fewer wait for the clock. */
export const SETTLED_BATCH = 16;

/** Workers have this long to report what they hold after a cancel or a drain; then they are terminated. */
export const CANCEL_GRACE_MS = 5_000;
/** A worker that has not said `ready` after this time counts as dead. */
export const WORKER_READY_MAX_MS = 60_000;

/** Worker deaths before `ready` in one run that stop the job: what dies while starting dies again. */
export const EARLY_DEATHS_MAX = 2;
/** Worker deaths without a single result in between that stop the job: every worker dies, not the objects are at fault. */
export const DEATHS_IN_A_ROW_MAX = 16;

/** A wait between attempts never exceeds this, whatever the attempt. */
export const RETRY_WAIT_MAX_MS = 30_000;
/** Attempts at one request end after this time in all. */
export const RETRY_TOTAL_MAX_MS = 15 * 60_000;
/** The same two bounds where waits grow by the same step each time: older tools wait up to 30 times 5 s. */
export const RETRY_LINEAR_WAIT_MAX_MS = 5 * 60_000;
export const RETRY_LINEAR_TOTAL_MAX_MS = 60 * 60_000;
/** A Retry-After above this is cut to it. */
export const RETRY_AFTER_MAX_MS = 120_000;

/** Bits of the part-size token: part size = k MiB + f bytes with 0 ≤ f < 2^20. */
export const TOKEN_BITS = 20;

/** An upload may seem this much older than the source's last modification: two servers, two clocks. */
export const UPLOAD_SKEW_MAX_MS = 15 * 60_000;
/** Unfinished uploads of one key that are looked into, newest first. */
export const UPLOADS_INSPECTED_MAX = 8;
/** Times that an object is sent whose bytes were found changed when the destination was read again, the first included. */
export const SEND_ROUNDS_MAX = 3;
/** Completes of one upload, each after a look at the destination. */
export const COMPLETE_ATTEMPTS_MAX = 4;

/** Names in one `files_from` or `prefixes_from`: they are held in memory and sorted. */
export const LISTED_NAMES_MAX = 1_000_000;
/** Patterns in one `include` or `exclude`, and characters in one of them: bounds the compiled expression. */
export const GLOBS_MAX = 1000;
export const GLOB_CHARS_MAX = 1024;
/** Pairs of objects whose checksums are asked for at the same time while planning. */
export const LOOKS_IN_FLIGHT_MAX = 16;
/** Names of one local folder that are remembered to notice two that differ only in case. */
export const CASE_NAMES_MAX = 1_000_000;
/** Destination keys made by a `rename` hook that are remembered to notice two sources with the same one. */
export const RENAMED_KEYS_MAX = 1_000_000;
/** Failures that the summary prints one by one; all are counted, and all are in the manifest. */
export const FAILURES_SHOWN_MAX = 100;

/** What stands for a folder in s3sync's format (s3sync.rb, `$S3syncDirString`), and its MD5. */
export const FOLDER_NODE_BODY = "{E40327BF-517A-46e8-A6C3-AF51BC263F59}";
export const FOLDER_NODE_MD5 = "d66759af42f282e1ba19144df2d405d0";

/** Credentials are renewed this long before they expire. */
export const CREDENTIALS_EARLY_MS = 60_000;

/** Multipart sessions that one worker keeps open side by side: more would only leave more of them half done. */
export const SESSIONS_MAX = 4;

/** Memory of the main thread with its listings, measured with room to spare (docs/benchmarks.md). */
export const MEMORY_MAIN_BYTES = 160 * MIB;
/** Memory of one worker with the SDK loaded, measured likewise. */
export const MEMORY_PER_WORKER_BYTES = 56 * MIB;
/** Buffers of one part in flight, whatever its size, measured likewise. */
export const MEMORY_PER_PART_BYTES = 4 * MIB;
/** Buffers of one small object in flight, measured likewise. */
export const MEMORY_PER_OBJECT_BYTES = 256 * KIB;

/** Files that the main thread has open with its listings, and while code is loaded; measured with room to spare. */
export const FILES_MAIN = 40;
/** Files and sockets of one worker, its control requests among them, measured likewise. */
export const FILES_PER_WORKER = 16;
/** Files and sockets of one part or one small object in flight, measured likewise. */
export const FILES_PER_IN_FLIGHT = 4;

/** A streaming plan's garbage is collected when it has made main's heap this large. */
export const MAIN_HEAP_BYTES = 64 * MIB;
/** A worker's garbage is collected when its heap is this large: small objects leave some behind, and it lives on little. */
export const WORKER_HEAP_BYTES = 28 * MIB;
/** Items of a plan between two looks at the heap. */
export const HEAP_LOOK_ITEMS = 2000;
