/**
 * Faults planted on purpose between sluice and the simulated stores: each makes one safeguard worthless, as if it had been left out. The
 * campaign must notice every one of them.
 */
import { combineMd5, fullValue } from "../../lib/evidence/digest.ts";
import type { ListOptions, Store } from "../../lib/store/store.ts";
import type { Digests, PartInfo, Range } from "../../lib/types.ts";
import type { Wire } from "../../lib/wire/wire.ts";
import type { Tampering } from "./sim_worker.ts";

/** A planted fault, and the promise that it breaks. */
export interface Planted {
  readonly name: string;
  readonly breaks: string;
  /** Fresh for each simulation. */
  readonly tampering: () => Tampering;
}

/** See the file comment. */
export const PLANTED: readonly Planted[] = [
  { name: "a part is trusted by its number and size", breaks: "right bytes", tampering: trustByNumber },
  { name: "reads of the source carry no If-Match", breaks: "right bytes", tampering: readUnpinned },
  { name: "Complete is believed whatever it answers", breaks: "true results", tampering: believeComplete },
  { name: "a retry goes on where the body was, instead of from its beginning", breaks: "right bytes", tampering: retryWithoutRewind },
  {
    name: "a listing that breaks off counts as complete, and deletes follow",
    breaks: "right deletes",
    tampering: tornIsComplete,
  },
];

/** A store with some of its methods replaced. */
function withMethods<T extends object>(whole: T, methods: Partial<T>): T {
  return new Proxy(whole, {
    get(target, name) {
      const from = Reflect.has(methods, name) ? methods : target;
      const value = Reflect.get(from, name, from);
      return typeof value === "function" ? value.bind(from) : value;
    },
  });
}

/** Whatever is to be proved of a listed part agrees. */
function trustByNumber(): Tampering {
  const listed: PartInfo[] = [];
  return {
    store: (store, side) =>
      side === "source" ? store : withMethods<Store>(store, {
        async *listParts(...asked) {
          for await (const page of store.listParts(...asked)) {
            listed.push(...page.parts);
            yield page;
          }
        },
      }),
    wire: (wire) =>
      withMethods<Wire>(wire, {
        async digest(side, request, signal) {
          const digests = await wire.digest(side, request, signal);
          const part = side === "source" && request.range && listed.findLast((one) => liesAt(one, request.range as Range));
          return part ? claimed(part) : digests;
        },
      }),
  };
}

function liesAt({ partNumber, sizeBytes }: PartInfo, { first, last }: Range): boolean {
  if (last - first + 1 !== sizeBytes) return false;
  return partNumber === 1 ? first === 0 : first % (partNumber - 1) === 0 && first / (partNumber - 1) >= sizeBytes;
}

function claimed(part: PartInfo): Digests {
  const checksums = Object.fromEntries(part.checksums.map(({ algorithm, value }) => [algorithm, value]));
  return { ...checksums, ...(part.etag !== undefined && { md5: part.etag }) };
}

function readUnpinned(): Tampering {
  const unpinned = <T extends { readonly pin: object }>(asked: T): T => ({ ...asked, pin: {} });
  return {
    store: (store) =>
      withMethods<Store>(store, {
        copyObject: (source, key, options) => store.copyObject(unpinned(source), key, options),
        copyPart: (source, key, options) => store.copyPart(unpinned(source), key, options),
      }),
    wire: (wire) =>
      withMethods<Wire>(wire, {
        movePart: (move, signal) => wire.movePart(unpinned(move), signal),
        moveObject: (move, signal) => {
          const { etag: _etag, local: _local, ...source } = move.source;
          return wire.moveObject({ ...move, source }, signal);
        },
      }),
  };
}

function believeComplete(): Tampering {
  return {
    store: (store) =>
      withMethods<Store>(store, {
        async completeUpload(key, uploadId, options) {
          try {
            return await store.completeUpload(key, uploadId, options);
          } catch {
            const worked = combineMd5(options.parts.map(({ checksums }) => fullValue(checksums, "md5")));
            return { checksums: [options.checksum, worked].filter((one) => one !== undefined) };
          }
        },
      }),
    wire: (wire) => wire,
  };
}

function retryWithoutRewind(): Tampering {
  return {
    store: (store) => store,
    wire: (wire) => {
      const begun = new Set<string>();
      return withMethods<Wire>(wire, {
        async movePart(move, signal) {
          const name = `${move.uploadId} ${move.partNumber}`;
          const read = begun.has(name) ? 1 : 0;
          begun.add(name);
          const answer = await wire.movePart({ ...move, range: { first: move.range.first + read, last: move.range.last + read } }, signal);
          begun.delete(name);
          return answer;
        },
      });
    },
  };
}

function tornIsComplete(): Tampering {
  return {
    store: (store, side) =>
      side === "destination" ? store : withMethods<Store>(store, {
        async *list(options: ListOptions) {
          try {
            // Without its retries, so that a page that breaks off is what the walk sees.
            const { repeat: _repeat, ...once } = options;
            yield* store.list(once);
          } catch {
            // The planted fault: what was told until here is taken for everything.
            return;
          }
        },
      }),
    wire: (wire) => wire,
  };
}
