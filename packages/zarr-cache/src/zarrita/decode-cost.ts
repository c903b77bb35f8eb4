const KEPT = 16;

/**
 * Milliseconds that decoding a chunk of one array takes.
 *
 * A single measurement also holds the time that the bytes travelled and that other chunks were decoded meanwhile, on the
 * same thread. The chunks of an array take about the same time to decode, so the least of the last sixteen comes nearest.
 */
export class DecodeCost {
  readonly #recent: number[] = [];

  /** Takes a measurement in; answers the estimate. */
  after(milliseconds: number): number {
    this.#recent.push(milliseconds);
    if (this.#recent.length > KEPT) this.#recent.shift();
    return Math.min(...this.#recent);
  }
}
