import type { Timers } from "../clock.ts";
import type { Changes } from "../store-index.ts";
import { type RedisConnection, STREAM_BLOCK } from "./connection.ts";

/** Where the stream of an index stood when it was opened. */
export interface StreamPlace {
  readonly id: string;
  /** Number of its last message. */
  readonly number: number;
}

/** Options of {@link ChangeFeed}. */
export interface ChangeFeedOptions {
  readonly connection: RedisConnection;
  readonly stream: string;
  /** Names this client: what it dropped itself it need not be told. */
  readonly origin: string;
  /** Milliseconds without an answer after which nothing is known. */
  readonly coherence: number;
  readonly monotonic: () => number;
  readonly timers: Timers;
  /** Called after every answer of the stream. */
  onHeard(): void;
}

interface Dropped {
  readonly storeId: string;
  readonly path: string;
}

/** Invalidations that are kept for those who follow. */
const RING = 10_000;
const PAUSE = 100;
const NOTHING: readonly Dropped[] = [];

/**
 * Hears what other clients invalidated, and answers from memory what came since a cursor.
 *
 * Every answer of the stream, an empty one too, proves that it is heard. Who has not heard it for `coherence` is told
 * that everything is lost, and again each half of that time: what was copied in between is not older than it may be.
 * Messages are numbered, so a gap (the stream was trimmed, or began anew) is seen, and everything is lost as well.
 */
export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  /** Messages of others, the first of which has the number `#first`. */
  #ring: Dropped[] = [];
  #first = 1;
  /** Cursors below this one have missed something. */
  #lostBelow = 0;
  #heardAt: number;
  #toldLostAt = Number.NEGATIVE_INFINITY;
  #place: StreamPlace;
  #isClosed = false;

  constructor(options: ChangeFeedOptions, place: StreamPlace) {
    this.#options = options;
    this.#place = place;
    this.#heardAt = options.monotonic();
    void this.#listen();
  }

  /** What others dropped since a cursor. */
  changes(since: number | undefined): Changes {
    const now = this.#options.monotonic();
    if (
      now - this.#heardAt > this.#options.coherence &&
      now - this.#toldLostAt > this.#options.coherence / 2
    ) {
      this.#toldLostAt = now;
      this.lose();
    }
    const cursor = this.#first + this.#ring.length - 1;
    if (since === cursor) return { cursor, lost: false, paths: NOTHING };
    if (since === undefined) return { cursor, lost: false, paths: NOTHING };
    if (since < this.#lostBelow || since > cursor) return { cursor, lost: true, paths: NOTHING };
    return { cursor, lost: false, paths: this.#ring.slice(since + 1 - this.#first) };
  }

  /** Whatever was followed so far may be wrong. */
  lose(): void {
    this.#first += this.#ring.length + 1;
    this.#ring = [];
    this.#lostBelow = this.#first - 1;
  }

  /** Goes on with the stream of a new life. */
  restart(place: StreamPlace): void {
    this.#place = place;
    this.lose();
  }

  close(): void {
    this.#isClosed = true;
  }

  async #listen(): Promise<void> {
    const { connection, stream, monotonic, timers, onHeard } = this.#options;
    while (!this.#isClosed) {
      const from = this.#place;
      try {
        const reply = (await connection.xreadBuffer(
          ...(["COUNT", 1000, "BLOCK", STREAM_BLOCK, "STREAMS", stream, from.id] as const),
        )) as [Buffer, [Buffer, Buffer[]][]][] | null;
        if (this.#place !== from) continue;
        for (const [id, fields] of reply?.[0]?.[1] ?? []) this.#hear(id.toString("latin1"), fields);
        this.#heardAt = monotonic();
        onHeard();
      } catch {
        await new Promise<void>((resolve) => {
          timers.set(resolve, PAUSE, { background: true });
        });
      }
    }
  }

  #hear(id: string, fields: Buffer[]): void {
    const message = new Map<string, string>();
    for (let i = 0; i + 1 < fields.length; i += 2)
      message.set(String(fields[i]), (fields[i + 1] as Buffer).toString("utf8"));
    const number = Number(message.get("n"));
    if (number !== this.#place.number + 1) this.lose();
    this.#place = { id, number };
    if (message.get("o") === this.#options.origin) return;
    this.#ring.push({ storeId: message.get("s") ?? "", path: message.get("p") ?? "/" });
    if (this.#ring.length <= RING) return;
    const forgotten = this.#ring.length >> 1;
    this.#ring.splice(0, forgotten);
    this.#first += forgotten;
    this.#lostBelow = this.#first - 1;
  }
}
