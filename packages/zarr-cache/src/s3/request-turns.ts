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

  /**
   * Runs work when it is its turn; rejects when the signal aborts before. With `demanded`, which fires when somebody waits
   * for it, it is in the background until then.
   */
  async take<T>(
    wanted: Urgency,
    signal: AbortSignal,
    work: () => Promise<T>,
    demanded?: AbortSignal,
  ): Promise<T> {
    signal.throwIfAborted();
    let urgency = demanded?.aborted === false ? "background" : wanted;
    if (this.#admits(urgency) && this.#waiting[urgency].size === 0) this.#running[urgency]++;
    else urgency = await this.#wait(urgency, signal, demanded);
    try {
      return await work();
    } finally {
      this.#running[urgency]--;
      this.#next();
    }
  }

  #wait(urgency: Urgency, signal: AbortSignal, demanded: AbortSignal | undefined): Promise<Urgency> {
    return new Promise((resolve, reject) => {
      let line = urgency;
      const begin = () => {
        signal.removeEventListener("abort", leave);
        demanded?.removeEventListener("abort", changeOver);
        resolve(line);
      };
      const leave = () => {
        this.#waiting[line].delete(begin);
        demanded?.removeEventListener("abort", changeOver);
        reject(signal.reason as Error);
      };
      const changeOver = () => {
        this.#waiting[line].delete(begin);
        line = "demand";
        this.#waiting[line].add(begin);
        this.#next();
      };
      this.#waiting[line].add(begin);
      signal.addEventListener("abort", leave, { once: true });
      if (line === "background") demanded?.addEventListener("abort", changeOver, { once: true });
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
