/** What a success gives back to the budget besides the retries that it took. */
const REWARD = 0.1;

/**
 * Bounds the retries of a source, so that a server that is down is not asked many times as often as one that is well.
 *
 * A bucket of tokens: a retry takes one, and a request that succeeds in the end brings back those that it took. While
 * the bucket is empty, requests fail at their first failure.
 */
export class RetryBudget {
  readonly #capacity: number;
  #tokens: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#tokens = capacity;
  }

  /** Takes the right to one retry; false when there is none left. */
  take(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** A request has succeeded after so many retries. */
  succeeded(retries: number): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + retries + REWARD);
  }
}
