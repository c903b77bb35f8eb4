/** Whether somebody waits for the answer (`demand`) or nobody does (`background`). */
export type Urgency = "demand" | "background";

/**
 * Lets so many requests run at once; the others wait in line, demand before background.
 *
 * Background takes at most half of the places, so that a reader never waits for a burst of writes; and one place goes
 * to background whenever it has none, so that readers without end cannot keep what is condemned from being deleted.
 */
export class RequestTurns {
  readonly #atOnce: number;
  readonly #running = { demand: 0, background: 0 };
  readonly #waiting: Readonly<Record<Urgency, Set<() => void>>> = {
    demand: new Set(),
    background: new Set(),
  };

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Runs work when it is its turn; rejects when the signal aborts before. */
  async take<T>(urgency: Urgency, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#admits(urgency) && this.#waiting[urgency].size === 0) this.#running[urgency]++;
    else await this.#wait(urgency, signal);
    try {
      return await work();
    } finally {
      this.#running[urgency]--;
      this.#next();
    }
  }

  #wait(urgency: Urgency, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting[urgency].delete(begin);
        reject(signal.reason as Error);
      };
      this.#waiting[urgency].add(begin);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  #next(): void {
    const { background } = this.#running;
    const order =
      background === 0 ? (["background", "demand"] as const) : (["demand", "background"] as const);
    for (const urgency of order) {
      const [begin] = this.#waiting[urgency];
      if (begin === undefined || !this.#admits(urgency)) continue;
      this.#waiting[urgency].delete(begin);
      this.#running[urgency]++;
      begin();
      return;
    }
  }

  #admits(urgency: Urgency): boolean {
    const { demand, background } = this.#running;
    if (demand + background >= this.#atOnce) return false;
    return urgency === "demand" || background < Math.max(1, this.#atOnce >> 1);
  }
}
