/**
 * Many clients that write, complete, abort, overwrite, delete and read the same few keys of a store at once, each by its own seeded
 * schedule, and judge every answer. What a body should be is known from its ETag alone, so no order of events is assumed.
 */
import { assert, assertEquals } from "@std/assert";
import { compareKeys } from "../../lib/bytes/key_order.ts";
import { seededRandom } from "../../lib/pace/random.ts";
import { encodeKey } from "../../lib/remote/encode.ts";
import { allTexts, type Answer, md5Hex, send, type Served, textOf } from "./raw_client.ts";

const KEYS = ["a", "a/b", "a0", "b b", "\u{1F600}", "\uFF5E"];
const BODY_BYTES_MAX = 40_000;

/** The clients of one store; `broke` is set by a test that kills it: from then on connections may break. */
export class WriterCrowd {
  /** MD5 of the bytes that belong to each ETag that was ever sent. */
  readonly bodies = new Map<string, string>();
  /** Keys that one client alone writes, once, with the ETag that the store had answered. */
  readonly kept = new Map<string, string>();
  broke = false;
  /** Answers so far. */
  answers = 0;
  readonly #store: Served;
  readonly #partsMax: number;

  /** `partsMax` is 1 where the store takes no small parts but the last. */
  constructor(store: Served, partsMax = 3) {
    this.#store = store;
    this.#partsMax = partsMax;
  }

  /** One client: so many steps by its seed. */
  async client(seed: number, steps: number): Promise<void> {
    const random = seededRandom(seed);
    const pick = (count: number) => Math.floor(random() * count);
    for (let step = 0; step < steps && !this.broke; step++) {
      const path = `/bkt/${encodeKey(KEYS[pick(KEYS.length)] ?? "")}`;
      const body = `${seed} ${step} `.padEnd(pick(BODY_BYTES_MAX), "x");
      const deed = pick(10);
      if (deed < 3) await this.put(path, body);
      else if (deed === 3) await this.put(path, body, { "if-none-match": "*" });
      else if (deed === 4) await this.keep(`own-${seed}-${step}`, body);
      else if (deed === 5) await this.#ask("DELETE", path, [204]);
      else if (deed < 8) await this.read(path);
      else if (deed === 8) await this.upload(path, body, pick(this.#partsMax) + 1, pick(3) === 0);
      else await this.list();
    }
  }

  /** Puts; 412 is an answer only to a condition. */
  async put(path: string, body: string, headers: Record<string, string> = {}): Promise<Answer | undefined> {
    this.bodies.set(md5Hex(body), md5Hex(body));
    return await this.#ask("PUT", path, Object.keys(headers).length > 0 ? [200, 412] : [200], body, headers);
  }

  /** Writes a key that nobody else touches, and remembers that the store took it. */
  async keep(key: string, body: string): Promise<void> {
    const answer = await this.put(`/bkt/${key}`, body);
    if (answer?.status === 200) this.kept.set(key, md5Hex(body));
  }

  /** Reads: a whole version whose ETag is that of its bytes, or nothing. */
  async read(path: string): Promise<void> {
    const answer = await this.#ask("GET", path, [200, 404]);
    if (answer?.status !== 200) return;
    const etag = (answer.headers.etag ?? "").replaceAll('"', "");
    assertEquals(md5Hex(answer.bytes), this.bodies.get(etag), `${path} is not the version that its ETag ${etag} names`);
  }

  /** Sends parts, then aborts, or completes twice at once: never two different ends. */
  async upload(path: string, body: string, partCount: number, abort: boolean): Promise<void> {
    const begun = await this.#ask("POST", `${path}?uploads`, [200]);
    const uploadId = begun && textOf(begun, "UploadId");
    if (uploadId === undefined) return;
    const parts = Array.from({ length: partCount }, (_, index) => `${index} ${body}`);
    const sent = await Promise.all(
      parts.map((part, index) => this.#ask("PUT", `${path}?partNumber=${index + 1}&uploadId=${uploadId}`, [200], part)),
    );
    if (sent.includes(undefined)) return;
    const digests = parts.map((part) => md5Hex(part));
    const etag = `${md5Hex(Uint8Array.from(digests.flatMap((digest) => [...Uint8Array.fromHex(digest)])))}-${partCount}`;
    this.bodies.set(etag, md5Hex(parts.join("")));
    const listed = digests.map((digest, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${digest}</ETag></Part>`).join("");
    const document = `<CompleteMultipartUpload>${listed}</CompleteMultipartUpload>`;
    const complete = () => this.#ask("POST", `${path}?uploadId=${uploadId}`, [200, 404], document);
    const ends = await Promise.all([complete(), abort ? this.#ask("DELETE", `${path}?uploadId=${uploadId}`, [204, 404]) : complete()]);
    if (ends.includes(undefined)) return;
    for (const end of abort ? ends.slice(0, 1) : ends) {
      if (end?.status === 200) assertEquals(textOf(end, "ETag")?.replaceAll('"', ""), etag);
    }
    assert(ends.some((end) => end !== undefined && end.status < 300), "Neither end of an upload was taken");
    await this.#ask("GET", `${path}?uploadId=${uploadId}`, [404]);
  }

  /** Lists: sorted, each key once, each with an ETag that was sent. */
  async list(): Promise<string[]> {
    const answer = await this.#ask("GET", "/bkt?list-type=2&encoding-type=url", [200]);
    if (answer === undefined) return [];
    const keys = allTexts(answer, "Key").map((key) => decodeURIComponent(key.replaceAll("+", " ")));
    assertEquals(keys, keys.toSorted(compareKeys));
    assertEquals(new Set(keys).size, keys.length);
    for (const etag of allTexts(answer, "ETag")) assert(this.bodies.has(etag.replaceAll('"', "")), `${etag} was never sent`);
    return keys;
  }

  async #ask(
    method: string,
    path: string,
    statuses: readonly number[],
    body?: string,
    headers: Record<string, string> = {},
  ): Promise<Answer | undefined> {
    try {
      const answer = await send(this.#store, method, path, { headers, ...(body !== undefined && { body }) });
      this.answers++;
      assert(statuses.includes(answer.status), `${method} ${path} was answered ${answer.status}: ${answer.text.slice(0, 500)}`);
      return answer;
    } catch (error) {
      if (this.broke) return undefined;
      throw error;
    }
  }
}
