/**
 * Bytes that are held at each step of a trace. Answers the most that is held anywhere in a stretch of steps, and adds
 * to a stretch, each in logarithmic time: a segment tree in which a node's `held` counts what was added to all of it.
 */
export class Occupancy {
  readonly #leaves: number;
  readonly #held: Float64Array;
  readonly #most: Float64Array;

  constructor(steps: number) {
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(2, steps)));
    this.#held = new Float64Array(2 * this.#leaves);
    this.#most = new Float64Array(2 * this.#leaves);
  }

  /** The most bytes held at any step in `[from, until)`. */
  most(from: number, until: number): number {
    return this.#query(1, 0, this.#leaves, from, until);
  }

  /** Adds bytes to every step in `[from, until)`. */
  add(from: number, until: number, bytes: number): void {
    this.#update(1, 0, this.#leaves, from, until, bytes);
  }

  #query(node: number, low: number, high: number, from: number, until: number): number {
    if (from <= low && high <= until) return this.#most[node] ?? 0;
    const middle = (low + high) / 2;
    const left = from < middle ? this.#query(2 * node, low, middle, from, until) : 0;
    const right = until > middle ? this.#query(2 * node + 1, middle, high, from, until) : 0;
    return (this.#held[node] ?? 0) + Math.max(left, right);
  }

  #update(node: number, low: number, high: number, from: number, until: number, bytes: number): void {
    if (from <= low && high <= until) {
      this.#held[node] = (this.#held[node] ?? 0) + bytes;
      this.#most[node] = (this.#most[node] ?? 0) + bytes;
      return;
    }
    const middle = (low + high) / 2;
    if (from < middle) this.#update(2 * node, low, middle, from, until, bytes);
    if (until > middle) this.#update(2 * node + 1, middle, high, from, until, bytes);
    this.#most[node] =
      (this.#held[node] ?? 0) + Math.max(this.#most[2 * node] ?? 0, this.#most[2 * node + 1] ?? 0);
  }
}
