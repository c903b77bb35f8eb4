interface Waiter {
  readonly limit: number;
  readonly start: () => void;
}

/**
 * The requests that may be under way to one origin at once, whoever makes them; the others wait in line.
 * Each brings its own limit, and the first in line is never overtaken.
 */
export class Slots {
  readonly #line = new Set<Waiter>();
  #busy = 0;

  /** Requests under way. */
  get busy(): number {
    return this.#busy;
  }

  /** Waits until fewer than `limit` requests are under way. Rejects with the signal's reason, and has left the line. */
  async take(limit: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#line.size === 0 && this.#busy < limit) {
      this.#busy++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#line.delete(waiter);
        reject(signal.reason as Error);
        this.#admit();
      };
      const waiter: Waiter = {
        limit,
        start: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      this.#line.add(waiter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  /** Ends a request that `take` let begin. */
  free(): void {
    this.#busy--;
    this.#admit();
  }

  #admit(): void {
    for (const waiter of this.#line) {
      if (this.#busy >= waiter.limit) return;
      this.#line.delete(waiter);
      this.#busy++;
      waiter.start();
    }
  }
}
