import type { Timers } from "zarr-cache";

/** Pauses that end at once, now and later, when whoever makes them is closed. */
export class Pauses {
  readonly #timers: Timers;
  readonly #waiting = new Map<unknown, () => void>();
  #isEnded = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Resolves after so many milliseconds, or when all pauses are ended. */
  async pause(milliseconds: number): Promise<void> {
    if (this.#isEnded) return;
    await new Promise<void>((resolve) => {
      const over = () => {
        this.#waiting.delete(timer);
        resolve();
      };
      const timer = this.#timers.set(over, milliseconds, { background: true });
      this.#waiting.set(timer, resolve);
    });
  }

  end(): void {
    this.#isEnded = true;
    for (const [timer, resolve] of this.#waiting) {
      this.#timers.clear(timer);
      resolve();
    }
    this.#waiting.clear();
  }
}
