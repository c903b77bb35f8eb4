interface Waiter {
  readonly limit: number;
  readonly start: () => void;
}

/**
 * The requests that may be under way to one origin at once, whoever makes them; the others wait in line.
 *
 * Each brings its own limit, and the first in line is never overtaken. Requests that nobody waits for yet have a line of
 * their own, which moves while the other is empty; one that somebody waits for after all changes over.
 */
export class Slots {
  readonly #line = new Set<Waiter>();
  readonly #unasked = new Set<Waiter>();
  #busy = 0;

  /** Requests under way. */
  get busy(): number {
    return this.#busy;
  }

  /**
   * Waits until fewer than `limit` requests are under way. Rejects with the signal's reason, and has left the line.
   * `demanded` is there for what nobody waits for yet, and fires when somebody does.
   */
  async take(limit: number, signal: AbortSignal, demanded?: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const isUnasked = demanded?.aborted === false;
    if (this.#line.size === 0 && !(isUnasked && this.#unasked.size > 0) && this.#busy < limit) {
      this.#busy++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const end = () => {
        signal.removeEventListener("abort", leave);
        demanded?.removeEventListener("abort", changeOver);
      };
      const leave = () => {
        end();
        if (!this.#line.delete(waiter)) this.#unasked.delete(waiter);
        reject(signal.reason as Error);
        this.#admit();
      };
      const changeOver = () => {
        this.#unasked.delete(waiter);
        this.#line.add(waiter);
        this.#admit();
      };
      const waiter: Waiter = {
        limit,
        start: () => {
          end();
          resolve();
        },
      };
      (isUnasked ? this.#unasked : this.#line).add(waiter);
      signal.addEventListener("abort", leave, { once: true });
      if (isUnasked) demanded.addEventListener("abort", changeOver, { once: true });
    });
  }

  /** Ends a request that `take` let begin. */
  free(): void {
    this.#busy--;
    this.#admit();
  }

  #admit(): void {
    for (const line of [this.#line, this.#unasked])
      for (const waiter of line) {
        if (this.#busy >= waiter.limit) return;
        line.delete(waiter);
        this.#busy++;
        waiter.start();
      }
  }
}
