/**
 * A small S3 server over a bucket in memory. By itself it does what Amazon does; a bend changes how it differs. It is the test's own:
 * must never use code of the program, whose misreading would be repeated here. Signatures are not looked at.
 */
import { type Asked, join, type OddServer, type OddTls, type Reply, serveOdd } from "./odd_http.ts";
import {
  byBytes,
  carried,
  checksumsOf,
  cut,
  encodeKey,
  escapeXml,
  etagOfParts,
  failure,
  md5,
  partAt,
  payloadOf,
  plain,
  rangeOf,
  type S3Asked,
  sameEtag,
  tagsOf,
  understand,
  unescapeXml,
  xml,
} from "./odd_s3.ts";

/** An object, with the sizes of the parts it was written in; one that came in one request has none. */
export interface OddObject {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  readonly partSizes?: readonly number[];
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly modifiedMs: number;
}

/** How a store differs from Amazon. */
export interface Bend {
  /** Responds instead of the store; undefined: the store responds. */
  instead?(asked: S3Asked, store: OddStore): Reply | undefined;
  /** What the response becomes. */
  after?(reply: Reply, asked: S3Asked, store: OddStore): Reply;
  /** The order in which this page of a listing is cut out of all keys. */
  order?(keys: readonly string[], page: number): readonly string[];
  /** An ETag out of what Amazon's would be. */
  etag?(etag: string): string;
  /** Conditions of requests are not looked at. */
  readonly ignoresConditions?: boolean;
  /** Stands in front of the bucket in the path, without a slash at its end. */
  readonly basePath?: string;
  /** Keys of the store's section in the job file. */
  readonly storeKeys?: Readonly<Record<string, string>>;
  /** Keys of the job. */
  readonly jobKeys?: Readonly<Record<string, string>>;
  /** The store speaks HTTPS. */
  readonly tls?: OddTls;
  /** Name of the bucket. */
  readonly bucket?: string;
  /** An upload id out of what it would be. */
  uploadId?(id: string): string;
}

interface Upload {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, Uint8Array<ArrayBuffer>>;
}

/** Objects of a page of a listing: few, so that small trees have many pages. */
const PAGE_ENTRIES = 7;
const decoder = new TextDecoder();

/** A running store. */
export class OddStore {
  readonly objects = new Map<string, OddObject>();
  readonly uploads = new Map<string, Upload>();
  readonly asked: S3Asked[] = [];
  readonly bucket: string;
  readonly #bends: readonly Bend[];
  readonly #server: OddServer;
  #second: OddServer | undefined;
  #count = 0;

  constructor(bends: readonly Bend[] = []) {
    this.#bends = bends;
    this.bucket = bends.find(({ bucket }) => bucket !== undefined)?.bucket ?? "bucket";
    this.#server = serveOdd((asked) => this.respond(asked), bends.find(({ tls }) => tls !== undefined)?.tls);
  }

  /** As a job names it. */
  get endpoint(): string {
    return this.#server.endpoint + this.#basePath;
  }

  /** A second address of the same store, where redirects lead. */
  secondEndpoint(): string {
    this.#second ??= serveOdd((asked) => this.respond(asked, true));
    return this.#second.endpoint;
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    await this.#second?.stop();
  }

  /** Puts an object behind everybody's back, in parts of these sizes when there are any. */
  place(key: string, bytes: Uint8Array<ArrayBuffer>, rest: Partial<Omit<OddObject, "bytes" | "etag">> = {}): void {
    const etag = this.#etag(rest.partSizes === undefined ? md5(bytes) : etagOfParts(cut(bytes, rest.partSizes)));
    this.objects.set(key, { bytes, etag, headers: {}, tags: {}, modifiedMs: Date.now() - 60_000, ...rest });
  }

  /** One request; public, so that bends can pass on what they changed. */
  respond(raw: Asked, atSecond = false): Reply {
    const asked = { ...understand(raw, this.#basePath), atSecond };
    this.asked.push(asked);
    let reply: Reply | undefined;
    for (const bend of this.#bends) reply ??= bend.instead?.(asked, this);
    reply ??= this.answer(asked);
    reply = { ...reply, headers: [["Date", new Date().toUTCString()], ["x-amz-request-id", `R${this.asked.length}`], ...reply.headers] };
    for (const bend of this.#bends) reply = bend.after?.(reply, asked, this) ?? reply;
    return reply;
  }

  get #basePath(): string {
    return this.#bends.find(({ basePath }) => basePath !== undefined)?.basePath ?? "";
  }

  #etag(etag: string): string {
    return this.#bends.reduce((text, bend) => bend.etag?.(text) ?? text, etag);
  }

  /** What the store responds by itself, before any bend changes it. */
  answer(asked: S3Asked): Reply {
    switch (asked.question) {
      case "head bucket":
        return plain(200, [["x-amz-bucket-region", "us-east-1"]]);
      case "location":
        return xml("LocationConstraint", "");
      case "list":
        return this.#list(asked);
      case "list uploads":
        return this.#listUploads(asked);
      case "deletes":
        return this.#deletes(asked);
      case "head":
      case "get":
        return this.#read(asked);
      case "put":
        return this.#put(asked);
      case "create":
        return this.#create(asked);
      case "part":
      case "complete":
      case "abort":
      case "list parts":
        return this.#upload(asked);
      case "get tags":
        return this.#tags(asked);
      case "delete":
        this.objects.delete(asked.key);
        return plain(204);
      default:
        return failure(501, "NotImplemented", "A header you provided implies functionality that is not implemented");
    }
  }

  #list({ query }: S3Asked): Reply {
    const second = query.get("list-type") === "2";
    const [page = 0, kept = ""] = second ? readToken(query.get("continuation-token")) : [];
    const behind = kept !== "" ? kept : query.get(second ? "start-after" : "marker") ?? "";
    const prefix = query.get("prefix") ?? "";
    const sorted = [...this.objects.keys()].sort(byBytes).filter((key) => key.startsWith(prefix));
    const bent = this.#bends.reduce<readonly string[]>((keys, bend) => bend.order?.(keys, page) ?? keys, sorted);
    const all = behind === "" ? bent : bent.filter((key) => byBytes(key, behind) > 0);
    const count = Math.min(PAGE_ENTRIES, Number(query.get("max-keys") ?? 1000));
    const keys = all.slice(page * PAGE_ENTRIES, page * PAGE_ENTRIES + count);
    const more = all.length > page * PAGE_ENTRIES + count;
    const encoded = query.get("encoding-type") === "url";
    const say = (key: string) => encoded ? encodeKey(key) : escapeXml(key);
    const entries = keys.map((key) => {
      const { etag, bytes, modifiedMs } = this.objects.get(key) ?? missing(key);
      const date = new Date(modifiedMs).toISOString();
      return `<Contents><Key>${say(key)}</Key><LastModified>${date}</LastModified><ETag>&quot;${escapeXml(etag)}&quot;</ETag>` +
        `<Size>${bytes.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
    });
    const next = !more ? "" : second ? `<NextContinuationToken>${page + 1}.${encodeKey(behind)}</NextContinuationToken>` : "";
    return xml(
      "ListBucketResult",
      `<Name>${this.bucket}</Name><Prefix>${say(prefix)}</Prefix>${encoded ? "<EncodingType>url</EncodingType>" : ""}` +
        `${second ? `<KeyCount>${keys.length}</KeyCount>` : `<Marker>${say(behind)}</Marker>`}<MaxKeys>1000</MaxKeys>` +
        `<IsTruncated>${more}</IsTruncated>${next}${entries.join("")}`,
    );
  }

  #listUploads({ query }: S3Asked): Reply {
    const prefix = query.get("prefix") ?? "";
    const open = [...this.uploads].filter(([, { key }]) => key.startsWith(prefix));
    const encoded = query.get("encoding-type") === "url";
    const entries = open.map(([id, { key }]) =>
      `<Upload><Key>${encoded ? encodeKey(key) : escapeXml(key)}</Key><UploadId>${escapeXml(id)}</UploadId>` +
      `<Initiated>${new Date().toISOString()}</Initiated></Upload>`
    );
    const encoding = encoded ? "<EncodingType>url</EncodingType>" : "";
    return xml("ListMultipartUploadsResult", `${encoding}<IsTruncated>false</IsTruncated>${entries.join("")}`);
  }

  #deletes({ body }: S3Asked): Reply {
    const text = decoder.decode(body);
    const keys = Array.from(text.matchAll(/<Key>([^]*?)<\/Key>/g), (found) => unescapeXml(found[1] ?? ""));
    for (const key of keys) this.objects.delete(key);
    const quiet = text.includes("<Quiet>true</Quiet>");
    return xml("DeleteResult", quiet ? "" : keys.map((key) => `<Deleted><Key>${escapeXml(key)}</Key></Deleted>`).join(""));
  }

  #read({ question, key, query, headers }: S3Asked): Reply {
    const object = this.objects.get(key);
    if (object === undefined) return question === "head" ? plain(404) : failure(404, "NoSuchKey", "The specified key does not exist.");
    const { bytes, etag, partSizes, tags } = object;
    const refused = this.#refused(headers, object);
    if (refused !== undefined) return question === "head" ? plain(refused.status) : refused;
    const shown: [string, string][] = [
      ["Last-Modified", new Date(object.modifiedMs).toUTCString()],
      ["ETag", `"${etag}"`],
      ["Accept-Ranges", "bytes"],
      ...Object.entries({ "Content-Type": "binary/octet-stream", ...object.headers }).filter(([name]) =>
        !name.startsWith("x-amz-checksum")
      ),
      ...(headers.get("x-amz-checksum-mode") === "ENABLED"
        ? Object.entries(object.headers).filter(([name]) => name.startsWith("x-amz-checksum"))
        : []),
      ...(Object.keys(tags).length > 0 ? [["x-amz-tagging-count", String(Object.keys(tags).length)] as [string, string]] : []),
    ];
    const part = query.has("partNumber") ? partAt(bytes, partSizes, Number(query.get("partNumber"))) : undefined;
    if (part === "missing") return failure(416, "InvalidPartNumber", "The requested partnumber is not satisfiable");
    const range = part ?? rangeOf(headers.get("range"), bytes.length);
    if (range === "unsatisfiable") return failure(416, "InvalidRange", "The requested range is not satisfiable");
    if (range !== undefined) shown.push(["Content-Range", `bytes ${range[0]}-${range[1]}/${bytes.length}`]);
    if (part !== undefined && partSizes !== undefined) shown.push(["x-amz-mp-parts-count", String(partSizes.length)]);
    const body = range === undefined ? bytes : bytes.subarray(range[0], range[1] + 1);
    return { status: range === undefined ? 200 : 206, headers: shown, body };
  }

  #put(asked: S3Asked): Reply {
    const { key, headers } = asked;
    const refused = this.#refused(headers, this.objects.get(key));
    if (refused !== undefined) return refused;
    const bytes = payloadOf(asked);
    if (!(bytes instanceof Uint8Array)) return bytes;
    const etag = this.#etag(md5(bytes));
    const sums = checksumsOf(headers);
    this.objects.set(key, { bytes, etag, headers: { ...carried(headers), ...sums }, tags: tagsOf(headers), modifiedMs: Date.now() });
    return plain(200, [["ETag", `"${etag}"`], ...Object.entries(sums)]);
  }

  #create({ key, headers }: S3Asked): Reply {
    const id = this.#bends.reduce((text, bend) => bend.uploadId?.(text) ?? text, `upload-${++this.#count}`);
    this.uploads.set(id, { key, headers: Object.fromEntries(headers), parts: new Map() });
    return xml(
      "InitiateMultipartUploadResult",
      `<Bucket>${this.bucket}</Bucket><Key>${escapeXml(key)}</Key><UploadId>${escapeXml(id)}</UploadId>`,
    );
  }

  #upload(asked: S3Asked): Reply {
    const id = asked.query.get("uploadId") ?? "";
    const upload = this.uploads.get(id);
    if (upload === undefined) return failure(404, "NoSuchUpload", "The specified upload does not exist.");
    switch (asked.question) {
      case "part": {
        const bytes = payloadOf(asked);
        if (!(bytes instanceof Uint8Array)) return bytes;
        upload.parts.set(Number(asked.query.get("partNumber")), bytes);
        return plain(200, [["ETag", `"${this.#etag(md5(bytes))}"`], ...Object.entries(checksumsOf(asked.headers))]);
      }
      case "list parts": {
        const parts = [...upload.parts].sort(([one], [other]) => one - other).map(([number, bytes]) =>
          `<Part><PartNumber>${number}</PartNumber><ETag>&quot;${escapeXml(this.#etag(md5(bytes)))}&quot;</ETag>` +
          `<Size>${bytes.length}</Size><LastModified>${new Date().toISOString()}</LastModified></Part>`
        );
        return xml("ListPartsResult", `<UploadId>${escapeXml(id)}</UploadId><IsTruncated>false</IsTruncated>${parts.join("")}`);
      }
      case "complete":
        return this.#complete(asked, upload, id);
      default:
        this.uploads.delete(id);
        return plain(204);
    }
  }

  #complete({ key, headers, body }: S3Asked, upload: Upload, id: string): Reply {
    const refused = this.#refused(headers, this.objects.get(key));
    if (refused !== undefined) return refused;
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (const [part] of decoder.decode(body).matchAll(/<Part>[^]*?<\/Part>/g)) {
      const bytes = upload.parts.get(Number(/<PartNumber>(\d+)</.exec(part)?.[1]));
      const etag = unescapeXml(/<ETag>([^]*?)<\/ETag>/.exec(part)?.[1] ?? "");
      if (bytes === undefined || !sameEtag(etag, this.#etag(md5(bytes)))) return failure(400, "InvalidPart", "A part could not be found.");
      pieces.push(bytes);
    }
    const bytes = join(pieces);
    const etag = this.#etag(etagOfParts(pieces));
    const from = new Map(Object.entries(upload.headers));
    const partSizes = pieces.map(({ length }) => length);
    this.objects.set(key, { bytes, etag, partSizes, headers: carried(from), tags: tagsOf(from), modifiedMs: Date.now() });
    this.uploads.delete(id);
    return xml("CompleteMultipartUploadResult", `<Key>${escapeXml(key)}</Key><ETag>&quot;${escapeXml(etag)}&quot;</ETag>`);
  }

  #tags({ key }: S3Asked): Reply {
    const tags = Object.entries(this.objects.get(key)?.tags ?? {});
    const entries = tags.map(([name, value]) => `<Tag><Key>${escapeXml(name)}</Key><Value>${escapeXml(value)}</Value></Tag>`);
    return xml("Tagging", `<TagSet>${entries.join("")}</TagSet>`);
  }

  #refused(headers: ReadonlyMap<string, string>, object: OddObject | undefined): Reply | undefined {
    if (this.#bends.some(({ ignoresConditions }) => ignoresConditions)) return undefined;
    const wanted = headers.get("if-match");
    const unwanted = headers.get("if-none-match");
    const holds = (etag: string) => object !== undefined && (etag === "*" || sameEtag(etag, object.etag));
    const well = (wanted === undefined || holds(wanted)) && (unwanted === undefined || !holds(unwanted));
    return well ? undefined : failure(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
  }
}

/** A token is the number of the next page and the key that the first one began behind. */
function readToken(token: string | null): [number, string] {
  const [page = "0", behind = ""] = (token ?? "").split(/[.](.*)/s);
  return [Number(page), decodeURIComponent(behind)];
}

function missing(key: string): never {
  throw new Error(`A bend lists ${key}, which is not there`);
}
