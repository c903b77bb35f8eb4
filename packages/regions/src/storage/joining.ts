import type { Timers } from "zarr-cache";
import { ClosedError } from "../errors.ts";

/** Milliseconds before joining is tried again: the first time, and at most. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** What joining takes. */
export interface JoiningOptions<T> {
  /** Joins; may reject, and is then called again. */
  readonly join: () => Promise<T>;
  readonly timers: Timers;
  readonly warn: (message: string) => void;
}

/** Joins once; where that fails, again by itself, after pauses that become longer. */
export class Joining<T> {
  readonly #options: JoiningOptions<T>;
  readonly #done: Promise<T>;
  #tellDone: (it: T) => void = () => {};
  #opening: Promise<T> | undefined;
  #joined: T | undefined;
  #isTrying = false;
  #isClosed = false;
  #retry: unknown;

  constructor(options: JoiningOptions<T>) {
    this.#options = options;
    this.#done = new Promise((resolve) => {
      this.#tellDone = resolve;
    });
  }

  /** What was joined; `undefined` while it was not. */
  get joined(): T | undefined {
    return this.#joined;
  }

  /** Resolves once it is joined; stays pending while it cannot be. */
  done(): Promise<T> {
    return this.#done;
  }

  /** Joins now, with others who want it at the same time; rejects where that fails. */
  now(): Promise<T> {
    if (this.#isClosed) return Promise.reject(new ClosedError("The storage of a region"));
    this.#opening ??= this.#options.join().then(
      (it) => {
        this.#joined = it;
        this.#tellDone(it);
        return it;
      },
      (error: unknown) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }

  /** Joins now or later; resolves after the first try. A failure is a warning. */
  async nowOrLater(pause: number = FIRST_PAUSE): Promise<void> {
    if (this.#isTrying || this.#isClosed || this.#joined !== undefined) return;
    this.#isTrying = true;
    try {
      await this.now();
      this.#isTrying = false;
    } catch (error) {
      const { timers, warn } = this.#options;
      warn(error instanceof Error ? error.message : String(error));
      const again = () => {
        this.#isTrying = false;
        void this.nowOrLater(Math.min(2 * pause, LONGEST_PAUSE));
      };
      this.#retry = timers.set(again, pause, { background: true });
    }
  }

  /** Tries no more; resolves to what was joined, or is being joined at this moment. */
  async close(): Promise<T | undefined> {
    this.#isClosed = true;
    this.#options.timers.clear(this.#retry);
    return this.#opening?.catch(() => undefined);
  }
}
