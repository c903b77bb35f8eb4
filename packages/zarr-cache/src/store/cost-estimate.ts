import type { Key } from "../key.ts";
import type { Source } from "./source.ts";

/** Share of the weight that an observation keeps with each one that follows: the last fifty or so count. */
const DECAY = 0.98;
/** Observations before anything is estimated. */
const FEWEST = 8;
/** Largest spread of the times around the line, as a share of their mean, for which the line is believed. */
const MOST_SPREAD = 0.5;
/** A time that is so many times above or below the line is not explained by it. */
const FAR = 4;

/**
 * Tells what getting a value again would cost, which decides what is evicted last.
 *
 * A source that has a `cost` says so itself. Of any other the time of a single read is a poor guide: on a network most
 * of its variation is chance. So the times are fitted by a line over the size, *round trip + size / bandwidth*, by least
 * squares in which older reads count less and neither term may be negative, and the cost is what the line says.
 *
 * Where a source computes, the time of each value is its own, and an average would lose what matters most. Hence the line
 * is believed only while the times lie close to it (their spread is at most half of their mean), and never for a value
 * whose own time is more than four times off; otherwise the cost is the time that was measured. Single times that are far
 * off count in the fit as four times off, so that one stalled request does not spoil it for the next fifty.
 */
export class CostEstimate {
  readonly #source: Pick<Source, "cost">;
  /** Weighted sums over the reads: of 1, size, time, size², size × time, time². */
  #sums: readonly number[] = [];

  constructor(source: Pick<Source, "cost">) {
    this.#source = source;
  }

  /** The cost, in milliseconds, of a value that a read of so many milliseconds has brought; learns from it. */
  of(key: Key, bytes: number, milliseconds: number): number {
    if (typeof this.#source.cost === "function") {
      const reported: unknown = this.#source.cost(key, milliseconds);
      return typeof reported === "number" && reported >= 0 ? reported : milliseconds;
    }
    const before = this.#line();
    const expected = before && before.roundTrip + before.perByte * bytes;
    const isFar = expected !== undefined && (milliseconds > FAR * expected || milliseconds < expected / FAR);
    this.#learn(
      bytes,
      expected === undefined
        ? milliseconds
        : Math.min(Math.max(milliseconds, expected / FAR), FAR * expected),
    );
    if (isFar) return milliseconds;
    const line = this.#line();
    return line === undefined || line.spread > MOST_SPREAD
      ? milliseconds
      : line.roundTrip + line.perByte * bytes;
  }

  #learn(x: number, y: number): void {
    const terms = [1, x, y, x * x, x * y, y * y];
    this.#sums = terms.map((term, i) => (this.#sums[i] ?? 0) * DECAY + term);
  }

  /** The best line with two terms ≥ 0, and how far the times lie from it, as a share of their mean. */
  #line(): { roundTrip: number; perByte: number; spread: number } | undefined {
    const [n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0] = this.#sums;
    if (n < (1 - DECAY ** FEWEST) / (1 - DECAY) || y === 0) return undefined;
    const variance = n * xx - x * x;
    // Where all sizes are the same there is nothing to tell the two terms apart by.
    let perByte = variance > 1e-9 * n * xx ? Math.max(0, (n * xy - x * y) / variance) : 0;
    let roundTrip = (y - perByte * x) / n;
    if (roundTrip < 0) {
      roundTrip = 0;
      perByte = xy / xx;
    }
    const squares =
      yy -
      2 * (roundTrip * y + perByte * xy) +
      n * roundTrip ** 2 +
      2 * roundTrip * perByte * x +
      perByte ** 2 * xx;
    return { roundTrip, perByte, spread: Math.sqrt(Math.max(0, squares / n)) / (y / n) };
  }
}
