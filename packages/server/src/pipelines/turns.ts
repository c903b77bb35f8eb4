/** Nobody may wait any more. */
export class TooManyWaitError extends Error {
  constructor(queue: number) {
    super(`${queue} wait already`);
    this.name = "TooManyWaitError";
  }
}

/** Lets so many run at a time, the others in the order in which they came. */
export class Turns {
  readonly #concurrency: number;
  readonly #queue: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  /** `queue`: how many may wait. */
  constructor({ concurrency, queue }: { readonly concurrency: number; readonly queue: number }) {
    this.#concurrency = concurrency;
    this.#queue = queue;
  }

  /** Runs when it is its turn. Rejects with {@link TooManyWaitError}, or with the reason of a signal that aborts the wait. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      if (next === undefined) this.#running--;
      else next();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#running < this.#concurrency) {
      this.#running++;
      return;
    }
    if (this.#waiting.size >= this.#queue) throw new TooManyWaitError(this.#queue);
    await new Promise<void>((resolve, reject) => {
      const done = (settle: () => void) => {
        this.#waiting.delete(next);
        signal.removeEventListener("abort", leave);
        settle();
      };
      const next = () => done(resolve);
      const leave = () => done(() => reject(signal.reason));
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.add(next);
    });
  }
}
