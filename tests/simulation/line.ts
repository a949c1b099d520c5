/**
 * The way between one client (a worker, or main) and the servers: every request takes its time, and its answer may come late, twice,
 * wrong or never. A client that is dead hears nothing any more; what it had sent may still be done.
 */
import { TransferError } from "../../lib/errors.ts";
import { type Faults, NO_FAULTS } from "./scenario.ts";
import type { Timeline } from "./timeline.ts";

/** A thread that sends requests. */
export interface Client {
  readonly name: string;
  alive: boolean;
  /** Throws when its credentials are none. */
  readonly authorize: (side: "source" | "destination") => Promise<void>;
}

/** What all lines share. */
export interface LineWorld {
  readonly timeline: Timeline;
  readonly random: () => number;
  readonly latencyMs: number;
  /** Changes to none when the world calms down. */
  faults: Faults;
  /** Another run of the same job was begun. */
  together: boolean;
  /** Until when endpoints say SlowDown. */
  stormUntilMs: number;
}

/** One request. */
export interface Request<T> {
  readonly side: "source" | "destination";
  readonly operation: string;
  readonly signal: AbortSignal | undefined;
  /** A disk: it may fail and be interrupted, but it loses and repeats nothing. */
  readonly reliable?: boolean;
  /** What the server does when it arrives, and its answer. */
  readonly effect: () => T;
  /** What it does when it got only a piece of the request. */
  readonly broken?: () => void;
  /** What becomes of the first answer when the work is done twice. */
  readonly repeated?: (answer: T) => void;
  /** What becomes of an answer when the client had given up before the work was done. */
  readonly unheard?: (answer: T) => void;
  /** What the client learns just before its answer is handed over. */
  readonly heard?: (answer: T) => void;
}

/** How long a client waits for an answer. */
const TIMEOUT_MS = 60_000;

/** See the file comment. */
export class Line {
  constructor(readonly world: LineWorld, readonly client: Client) {}

  /** Sends a request. Throws only TransferError, soon after the signal fires. */
  async ask<T>(request: Request<T>): Promise<T> {
    if (request.signal?.aborted) throw interrupted();
    await this.client.authorize(request.side);
    if (request.signal?.aborted) throw interrupted();
    return await new Promise<T>((resolve, reject) => new Exchange(this, request, resolve, reject).begin());
  }
}

/** One request on its way. */
class Exchange<T> {
  #over = false;
  readonly #onAbort = () => this.#answer(() => this.reject(interrupted()));

  constructor(
    readonly line: Line,
    readonly request: Request<T>,
    readonly resolve: (answer: T) => void,
    readonly reject: (error: TransferError) => void,
  ) {}

  begin(): void {
    this.request.signal?.addEventListener("abort", this.#onAbort, { once: true });
    const { faults } = this.request.reliable === true ? { faults: diskFaults(this.line.world.faults) } : this.line.world;
    const chance = this.line.world.random();
    let sum = 0;
    const within = (probability: number) => chance < (sum += probability);
    if (this.request.reliable !== true && this.#storm()) {
      this.#fail("throttled", "SlowDown", this.#delay(), 1000 * Math.floor(this.line.world.random() * 4));
    } else if (within(faults.dropped)) this.#dropped(this.#delay());
    else if (within(faults.stall)) this.#dropped(TIMEOUT_MS);
    else if (within(faults.server)) this.#fail("server", "InternalError", this.#delay());
    else if (within(faults.lost)) this.#lost();
    else if (within(faults.late)) this.#late();
    else if (within(faults.twice)) this.#twice();
    else if (within(this.#canLie() ? faults.error200 : 0)) this.#error200();
    else this.#well();
  }

  #delay(): number {
    return this.line.world.random() * this.line.world.latencyMs;
  }

  /** A request that asks for a copy or a Complete. */
  #canLie(): boolean {
    return ["complete", "copyObject", "copyPart"].includes(this.request.operation);
  }

  #storm(): boolean {
    const { world } = this.line;
    const now = world.timeline.now();
    if (world.faults.slow > 0 && world.random() < 0.002) world.stormUntilMs = now + 5000;
    return now < world.stormUntilMs && world.random() < world.faults.slow;
  }

  #well(): void {
    this.#arrive(this.#delay(), (answer) => this.#later(this.#delay(), answer));
  }

  /** The answer is lost after the work was done. */
  #lost(): void {
    this.#arrive(this.#delay(), () => this.#later(this.#delay(), () => this.reject(broke())));
  }

  /** The client gives up before the request has arrived. */
  #late(): void {
    const gaveUpMs = this.#delay();
    this.#later(gaveUpMs, () => this.reject(broke()));
    this.line.world.timeline.after(gaveUpMs + this.#delay() * 4, () => this.#work());
  }

  #twice(): void {
    this.#arrive(this.#delay(), (_answer, first) => {
      if (first !== undefined) this.request.repeated?.(first);
      this.line.world.timeline.after(this.#delay(), () => this.#later(this.#delay(), this.#work().tell));
    });
  }

  #error200(): void {
    const done = this.line.world.random() < 0.5;
    const lie = () => this.#later(this.#delay(), () => this.reject(new TransferError("server", "InternalError", { status: 200 })));
    if (done) this.#arrive(this.#delay(), lie);
    else this.line.world.timeline.after(this.#delay(), lie);
  }

  #dropped(afterMs: number): void {
    this.line.world.timeline.after(afterMs, () => {
      this.#breakOff();
      this.#answer(() => this.reject(broke()));
    });
  }

  #fail(kind: "server" | "throttled", code: string, afterMs: number, retryAfterMs?: number): void {
    const error = new TransferError(kind, code, { code, ...(retryAfterMs !== undefined && { retryAfterMs }) });
    this.#later(afterMs, () => this.reject(error));
  }

  /** The request reaches the server, unless its sender has hung up; even then it may have been sent already. */
  #arrive(afterMs: number, then: (tell: () => void, answer: T | undefined) => void): void {
    const sent = this.line.world.random() < 0.3;
    this.line.world.timeline.after(afterMs, () => {
      if ((this.#over || !this.line.client.alive) && !sent) return this.#breakOff();
      const { tell, answer } = this.#work();
      then(tell, answer);
    });
  }

  #breakOff(): void {
    if (this.line.world.random() < this.line.world.faults.halfPart) this.request.broken?.();
  }

  /** Does the work; answers how to tell the client. */
  #work(): { readonly tell: () => void; readonly answer?: T } {
    try {
      const answer = this.request.effect();
      if (this.#over) this.request.unheard?.(answer);
      const tell = () => {
        this.request.heard?.(answer);
        this.resolve(answer);
      };
      return { tell, answer };
    } catch (error) {
      return { tell: () => this.reject(error as TransferError) };
    }
  }

  #later(afterMs: number, answer: () => void): void {
    this.line.world.timeline.after(afterMs, () => this.#answer(answer));
  }

  #answer(answer: () => void): void {
    if (this.#over) return;
    this.#over = true;
    this.request.signal?.removeEventListener("abort", this.#onAbort);
    if (this.line.client.alive) answer();
  }
}

function diskFaults({ dropped, server }: Faults): Faults {
  return { ...NO_FAULTS, dropped, server };
}

function broke(): TransferError {
  return new TransferError("network", "The connection broke");
}

function interrupted(): TransferError {
  return new TransferError("cancelled", "Interrupted");
}
