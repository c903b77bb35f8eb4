import type { Clock } from "../clock.ts";

/** After so long a sample that took longer may replace one that took less: clocks drift. */
const SAMPLE_KEPT = 60_000;

/**
 * Tells Redis' time without asking: the difference to the local clock is estimated from answers that carry the time,
 * the quickest of the last minute. It is wrong by half of that round trip at most.
 */
export class ServerClock {
  readonly #monotonic: () => number;
  /** Redis' time at the monotonic time 0. */
  #offset: number | undefined;
  #roundTrip = Number.POSITIVE_INFINITY;
  #sampledAt = 0;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** Learns from an answer to a question that was sent at a monotonic time. */
  sample(sentAt: number, serverTime: number): void {
    const receivedAt = this.#monotonic();
    const roundTrip = receivedAt - sentAt;
    if (roundTrip > this.#roundTrip && receivedAt - this.#sampledAt < SAMPLE_KEPT) return;
    this.#offset = serverTime - (sentAt + receivedAt) / 2;
    this.#roundTrip = roundTrip;
    this.#sampledAt = receivedAt;
  }

  /**
   * Learns of a moment that has been, by Redis' time: that something was asked for then. Where the estimate, within what it
   * may be wrong by, is before that, it is set right: an entry that another process has just filled would seem to be of a
   * time to come, and so be taken for stale.
   */
  hasBeen(serverTime: number): void {
    const behind = serverTime - this.now();
    if (this.#offset !== undefined && behind > 0 && behind <= this.#roundTrip / 2 + 1) this.#offset += behind;
  }

  readonly now: Clock = () =>
    this.#offset === undefined ? Date.now() : Math.round(this.#monotonic() + this.#offset);
}
