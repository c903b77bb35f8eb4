import type { Job, JobGround, JobWork, Tell } from "./job.ts";

/** How a job ended. */
type Outcome = Pick<Job, "state"> & Partial<Pick<Job, "result" | "reason">>;

/** A job as the process that does it has it. It goes on through reloads, as long as what it is about is configured. */
export class JobRun {
  readonly #store: string | null;
  readonly #work: JobWork;
  readonly #ending = new AbortController();
  #attempt = new AbortController();
  #ground: JobGround;
  #reason: string | null = null;

  /** Of the store with this id, or of the whole cache. */
  constructor(store: string | null, ground: JobGround, work: JobWork) {
    this.#store = store;
    this.#ground = ground;
    this.#work = work;
  }

  /** Ends it; what it has done stays done. */
  cancel(reason: string | null = null): void {
    this.#reason ??= reason;
    this.#ending.abort();
  }

  /**
   * Goes on over another configuration: undisturbed where that goes on using what it works on, else from the beginning over
   * what is there instead. Where its store is not configured any more, it is cancelled.
   */
  goOnOver(ground: JobGround): void {
    const before = this.#ground;
    this.#ground = ground;
    if (this.#store !== null && !ground.stores.has(this.#store))
      this.cancel(`The store ${this.#store} is not configured any more.`);
    else if (workedOn(before, this.#store) !== workedOn(ground, this.#store)) this.#attempt.abort();
  }

  /** Does it; called once. */
  async outcome(tell: Tell): Promise<Outcome> {
    for (;;) {
      const attempt = new AbortController();
      this.#attempt = attempt;
      const signal = AbortSignal.any([this.#ending.signal, attempt.signal]);
      try {
        signal.throwIfAborted();
        return { state: "done", result: await this.#work(this.#ground, tell, signal) };
      } catch (error) {
        if (this.#ending.signal.aborted) return { state: "cancelled", reason: this.#reason };
        if (!attempt.signal.aborted) return { state: "failed", reason: (error as Error).message };
      }
    }
  }
}

function workedOn({ cache, stores }: JobGround, store: string | null): object | undefined {
  return store === null ? cache : stores.get(store)?.store;
}
