/** Milliseconds that one slice has at least, and at most. */
const LEAST = 1;
const MOST = 4;

/** How the event loop is asked for its next turn, and the monotonic clock that tells how long one takes. */
export interface TimeSlicesOptions {
  /** Calls back in the next turn, once for each call and in their order; absent where the platform cannot. */
  readonly nextTurn: ((callback: () => void) => unknown) | undefined;
  /** Monotonic milliseconds. */
  readonly monotonic: () => number;
}

/**
 * Has what became possible all at once go on in slices, between which the event loop does what else has come.
 *
 * The answers to a burst of misses arrive together, and each takes a millisecond of work in a dozen promises. Promises go
 * before sockets: whoever asks for a value that is in memory would wait until the last miss of the burst is done with.
 * So each miss asks here before its next piece of work. One goes on at once. Those that come in the same turn wait for
 * the next, where they go on one after the other until the slice is over: a millisecond, or as long as the loop was away
 * for others since the last slice, so that a server which has much else to do leaves half of its time to misses.
 *
 * Without `setImmediate`, as in browsers, nobody waits.
 */
export class TimeSlices {
  readonly #nextTurn: ((callback: () => void) => unknown) | undefined;
  readonly #monotonic: () => number;
  readonly #waiting: (() => void)[] = [];
  /** Whether one has gone on in this turn at once. */
  #isTaken = false;
  /** When the slice of this turn began, and how long it is. */
  #slice: { readonly began: number; readonly length: number } | undefined;
  /** When the last slice ended with others still waiting. */
  #left: number | undefined;

  constructor({ nextTurn, monotonic }: TimeSlicesOptions) {
    this.#nextTurn = nextTurn;
    this.#monotonic = monotonic;
  }

  /** Resolves when it is time to go on; undefined where that is now. */
  take(): Promise<void> | undefined {
    if (this.#nextTurn === undefined) return undefined;
    if (!this.#isTaken && this.#waiting.length === 0) {
      this.#isTaken = true;
      this.#nextTurn(() => {
        this.#isTaken = false;
      });
      return undefined;
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#nextTurn?.(() => this.#goOn());
    });
  }

  /** Lets the first in line go on; called in turn once for each, and what it did is done when the next is called. */
  #goOn(): void {
    const now = this.#monotonic();
    this.#slice ??= this.#begin(now);
    if (now - this.#slice.began >= this.#slice.length) {
      this.#left ??= now;
      this.#nextTurn?.(() => this.#goOn());
    } else this.#waiting.shift()?.();
  }

  #begin(now: number): { began: number; length: number } {
    const away = this.#left === undefined ? 0 : now - this.#left;
    this.#left = undefined;
    // Asked for before whoever has to wait asks again, so it comes first in the next turn.
    this.#nextTurn?.(() => {
      this.#slice = undefined;
    });
    return { began: now, length: Math.min(Math.max(away, LEAST), MOST) };
  }
}

const platform: { readonly setImmediate?: (callback: () => void) => unknown } = globalThis;

/** Those of this process, which has one event loop. */
export const timeSlices: TimeSlices = new TimeSlices({
  nextTurn: platform.setImmediate,
  monotonic: () => performance.now(),
});
