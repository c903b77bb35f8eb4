import type { Timers } from "../clock.ts";
import type { Ledger } from "./ledger.ts";
import { UseBuffer } from "./use-buffer.ts";

/** Runs a step in a transaction; rejects when the index is closed. */
export type RunStep = (step: (ledger: Ledger) => void) => Promise<void>;

const FLUSH_MILLISECONDS = 1000;

/** Counts uses in memory and writes them down now and then, a bounded number each time. */
export class UseFlushing {
  readonly #uses = new UseBuffer();
  readonly #run: RunStep;
  readonly #timers: Timers;
  #timer: unknown;
  #flushing: Promise<void> | undefined;

  constructor(run: RunStep, timers: Timers) {
    this.#run = run;
    this.#timers = timers;
  }

  /** Counts a use; `tick` is that of the latest transaction. */
  use(id: string, token: string, now: () => number, tick: number): void {
    this.#uses.use(id, token, now, tick);
    this.#timer ??= this.#timers.set(() => void this.#flushSome(), FLUSH_MILLISECONDS, { background: true });
  }

  /** Adds the time that reading took. */
  read(id: string, token: string, milliseconds: number): void {
    this.#uses.read(id, token, milliseconds);
  }

  /** Writes some uses within a transaction that runs anyway. */
  flushInto(ledger: Ledger): void {
    this.#uses.flush(ledger);
  }

  /** Writes all. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** Writes no more. */
  stop(): void {
    this.#timers.clear(this.#timer);
  }

  /** One bounded flush each time, so that counting uses takes a fixed share of the processor at most. */
  async #flushSome(): Promise<void> {
    this.#timer = undefined;
    try {
      await this.#run((ledger) => this.#uses.flush(ledger));
    } catch {
      // They stay pending.
    }
  }

  async #flushAll(): Promise<void> {
    try {
      while (!this.#uses.isEmpty) await this.#run((ledger) => this.#uses.flush(ledger));
    } catch {
      // Uses that are lost make some entries a little older than they are.
    }
  }
}
