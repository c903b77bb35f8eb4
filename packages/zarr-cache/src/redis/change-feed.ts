import type { Timers } from "../clock.ts";
import type { Changes } from "../store-index.ts";
import { type RedisConnection, STREAM_BLOCK } from "./connection.ts";
import { readMessage, type StreamPlace, showPlace } from "./stream-place.ts";

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
  #position: string;
  #isClosed = false;

  constructor(options: ChangeFeedOptions, place: StreamPlace) {
    this.#options = options;
    this.#place = place;
    this.#position = showPlace(place);
    this.#heardAt = options.monotonic();
    void this.#listen();
  }

  /** Names the place up to which {@link changes} tells, to whoever opens the index later. */
  get position(): string {
    return this.#position;
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
    if (since === cursor || since === undefined) return { cursor, lost: false, paths: NOTHING };
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
    this.#moveTo(place);
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

  #moveTo(place: StreamPlace): void {
    this.#place = place;
    this.#position = showPlace(place);
  }

  #hear(id: string, fields: Buffer[]): void {
    const message = readMessage(fields);
    const { number, storeId, path } = message;
    if (number !== this.#place.number + 1) this.lose();
    this.#moveTo({ ...this.#place, id, number });
    if (message.origin === this.#options.origin) return;
    this.#ring.push({ storeId, path });
    if (this.#ring.length <= RING) return;
    const forgotten = this.#ring.length >> 1;
    this.#ring.splice(0, forgotten);
    this.#first += forgotten;
    this.#lostBelow = this.#first - 1;
  }
}
