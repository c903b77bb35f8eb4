import type { Timers } from "../clock.ts";

/** Milliseconds that a value which a reader has is held back: others, in other processes, may wait for it. */
const MOST_DELAY = 25;

/**
 * Holds back what is done behind the readers while others of them wait for the source.
 *
 * Answers of a burst come one after the other. Reserving, writing and committing the first of them would take the
 * processor, the threads of Node's pool and the lock of the index from those whose bytes are just arriving.
 */
export class ReadersFirst {
  readonly #timers: Timers;
  readonly #waiting = new Set<object>();
  readonly #heldBack = new Set<() => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Somebody waits for the source. */
  waits(reader: object): void {
    this.#waiting.add(reader);
  }

  /** They have got what they waited for, or will not. */
  served(reader: object): void {
    this.#waiting.delete(reader);
    if (this.#waiting.size > 0) return;
    for (const goOn of this.#heldBack) goOn();
  }

  /** Resolves when nobody waits, or after {@link MOST_DELAY}. */
  async pass(): Promise<void> {
    if (this.#waiting.size === 0) return;
    await new Promise<void>((resolve) => {
      const goOn = () => {
        this.#timers.clear(timer);
        this.#heldBack.delete(goOn);
        resolve();
      };
      const timer = this.#timers.set(goOn, MOST_DELAY);
      this.#heldBack.add(goOn);
    });
  }
}
