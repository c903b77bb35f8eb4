import { type Ledger, TICK } from "./ledger.ts";

/** Uses of one entry that have not been written. */
interface PendingUse {
  readonly token: string;
  uses: number;
  usedAt: number;
  tick: number;
  reads: number;
  milliseconds: number;
}

/** Entries that one transaction updates. */
const MOST_PER_FLUSH = 1000;
/** Entries whose uses are kept between flushes; those of others are forgotten. */
const MOST_ENTRIES = 2000;

/**
 * Collects uses in memory, since writing each would cost a transaction per read of the cache. They are written a
 * thousand entries a second at most; of a process that reads more different entries than that, some uses are lost.
 */
export class UseBuffer {
  #pending = new Map<string, PendingUse>();
  #count = 0;

  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  /** Counts a use; `tick` is that of the latest transaction. */
  use(id: string, token: string, now: number, tick: number): void {
    const pending = this.#of(id, token);
    pending.uses++;
    pending.usedAt = now;
    this.#count++;
    pending.tick = tick + Math.min(this.#count, TICK - 1);
  }

  /** Adds the time that reading took. */
  read(id: string, token: string, milliseconds: number): void {
    const pending = this.#of(id, token);
    pending.reads++;
    pending.milliseconds += milliseconds;
    this.#count++;
  }

  /** Writes a bounded number of uses; those of entries that are gone are dropped. */
  flush(ledger: Ledger): void {
    if (this.isEmpty) return;
    ledger.nextTick();
    let left = MOST_PER_FLUSH;
    for (const [id, { token, uses, usedAt, tick, reads, milliseconds }] of this.#pending) {
      if (left-- === 0) return;
      this.#pending.delete(id);
      this.#count -= uses + reads;
      const entry = ledger.entry(id);
      if (entry?.token !== token) continue;
      const total = entry.accessDuration * entry.reads + milliseconds;
      entry.reads = Math.min(entry.reads + reads, 0xffffffff);
      entry.accessDuration = entry.reads === 0 ? 0 : total / entry.reads;
      if (uses > 0) ledger.useEntry(id, entry, uses, usedAt, tick);
      else ledger.rerank(id, entry, entry.rank);
    }
    this.#count = 0;
  }

  #of(id: string, token: string): PendingUse {
    let pending = this.#pending.get(id);
    if (pending === undefined || pending.token !== token) {
      pending = { token, uses: 0, usedAt: 0, tick: 0, reads: 0, milliseconds: 0 };
      if (this.#pending.size < MOST_ENTRIES) this.#pending.set(id, pending);
    }
    return pending;
  }
}
