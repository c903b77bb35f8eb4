import { waitOrLeave } from "./shared-wait.ts";

const abandonments = new WeakSet<object>();

/**
 * One piece of work on its way, shared by everyone who wants its result.
 *
 * Who leaves ends only their own wait. When the last one has left, the signal of the work is aborted with a reason that
 * {@link isAbandonment} knows.
 */
export class SharedCall<T> {
  readonly landed: Promise<T>;
  readonly #abort = new AbortController();
  #waiting = 0;
  #joined = 0;
  #over = false;

  constructor(run: (signal: AbortSignal) => Promise<T>) {
    this.landed = run(this.#abort.signal).finally(() => {
      this.#over = true;
    });
    // Work that everybody left fails without a listener.
    this.landed.catch(() => {});
  }

  /** Whether it was given up, so that nobody may join it. */
  get aborted(): boolean {
    return this.#abort.signal.aborted;
  }

  /** How many ever waited for it. */
  get joined(): number {
    return this.#joined;
  }

  /** Waits for the result, or until one's own signal says to leave; then rejects with that signal's reason. */
  join(signal: AbortSignal | undefined): Promise<T> {
    this.#waiting++;
    this.#joined++;
    return waitOrLeave(this.landed, signal, () => {
      if (--this.#waiting === 0 && !this.#over) this.#abandon();
    });
  }

  #abandon(): void {
    const reason = new DOMException("Nobody waits for it any more.", "AbortError");
    abandonments.add(reason);
    this.#abort.abort(reason);
  }
}

/** Whether an error says that some {@link SharedCall} was left by everybody. */
export function isAbandonment(error: unknown): boolean {
  return typeof error === "object" && error !== null && abandonments.has(error);
}
