import type { Clock } from "zarr-cache";

/** Steps of the counter within a millisecond. */
const STEPS = 1024;

/**
 * A hybrid logical clock (Kulkarni et al., 2014): the time of the machine while that moves forward, and a count beyond
 * the latest stamp that was seen where it does not. So what is written after something was read has a later stamp,
 * whatever the clocks of the machines say.
 *
 * A stamp is one whole number, milliseconds since 1970 × 1024 + a count, which is exact in a `number` until 2248.
 */
export class HybridClock {
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A stamp later than every one that this clock gave or was shown. */
  next(seen = 0): number {
    this.#last = Math.max(Math.floor(this.#clock()) * STEPS, this.#last + 1, seen + 1);
    return this.#last;
  }

  /** Learns of a stamp that was made elsewhere. */
  see(stamp: number): void {
    if (stamp > this.#last) this.#last = stamp;
  }
}
