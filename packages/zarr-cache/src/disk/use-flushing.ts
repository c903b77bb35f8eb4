import type { Timers } from "../clock.ts";
import type { Ledger } from "./ledger.ts";
import { UseBuffer } from "./use-buffer.ts";

/** Runs a step in a transaction; rejects when the index is closed. */
export type RunStep = (step: (ledger: Ledger) => void) => Promise<void>;

/** The least milliseconds between two flushes. */
const FLUSH_MILLISECONDS = 1000;
/** The most, however long one took. */
const LONGEST_PAUSE = 60_000;
/** A flush is followed by a pause of so many times the processor time that it took. */
const SPARSENESS = 32;

/**
 * Counts uses in memory and writes them down now and then, a bounded number each time. Where that takes long, as on a
 * machine with more to do than it has processors for, it is done less often.
 */
export class UseFlushing {
  readonly #uses = new UseBuffer();
  readonly #run: RunStep;
  readonly #timers: Timers;
  readonly #spent: () => number;
  #pause = FLUSH_MILLISECONDS;
  #timer: unknown;
  #flushing: Promise<void> | undefined;

  /** `spent` tells the milliseconds of processor time that this process has taken. */
  constructor(run: RunStep, timers: Timers, spent: () => number = processorTime) {
    this.#run = run;
    this.#timers = timers;
    this.#spent = spent;
  }

  /** Counts a use; `tick` is that of the latest transaction. */
  use(id: string, token: string, now: () => number, tick: number): void {
    this.#uses.use(id, token, now, tick);
    this.#timer ??= this.#timers.set(() => void this.#flushSome(), this.#pause, { background: true });
  }

  /** Adds the time that reading took. */
  read(id: string, token: string, milliseconds: number): void {
    this.#uses.read(id, token, milliseconds);
  }

  /** Writes some uses within a transaction that runs anyway. */
  flushInto(ledger: Ledger): void {
    this.#uses.flush(ledger);
  }

  /** Writes all, in transactions that somebody waits for. */
  flush(run: RunStep): Promise<void> {
    this.#flushing ??= this.#flushAll(run).finally(() => {
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
    const before = this.#spent();
    try {
      await this.#run((ledger) => this.#uses.flush(ledger));
    } catch {
      // They stay pending.
    } finally {
      const rest = SPARSENESS * (this.#spent() - before);
      this.#pause = Math.min(Math.max(rest, FLUSH_MILLISECONDS), LONGEST_PAUSE);
      this.#timer = undefined;
    }
  }

  async #flushAll(run: RunStep): Promise<void> {
    try {
      while (!this.#uses.isEmpty) await run((ledger) => this.#uses.flush(ledger));
    } catch {
      // Uses that are lost make some entries a little older than they are.
    }
  }
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
