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
const MOST_PER_FLUSH = 500;
/** Entries whose uses are kept between flushes; those of others are forgotten. */
const MOST_ENTRIES = 1000;

/**
 * Collects uses in memory, since writing each would cost a transaction per read of the cache. Writing those of one entry
 * takes some 60 µs in an index of a million, and more where processors are short, so they are written five hundred entries a
 * second at most, and for 3 % of a processor's time at most (see `use-flushing.ts`); of a process that reads more different entries than that, some uses are lost.
 */
export class UseBuffer {
  #pending = new Map<string, PendingUse>();
  #count = 0;

  get isEmpty(): boolean {
    return this.#pending.size === 0;
  }

  /** Counts a use; `tick` is that of the latest transaction. */
  use(id: string, token: string, now: () => number, tick: number): void {
    const pending = this.#of(id, token);
    if (pending === undefined) return;
    pending.uses++;
    pending.usedAt = now();
    this.#count++;
    pending.tick = tick + Math.min(this.#count, TICK - 1);
  }

  /** Adds the time that reading took. */
  read(id: string, token: string, milliseconds: number): void {
    const pending = this.#of(id, token);
    if (pending === undefined) return;
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

  /** What is pending for an entry; `undefined` where there is no place for one more. */
  #of(id: string, token: string): PendingUse | undefined {
    const known = this.#pending.get(id);
    if (known?.token === token) return known;
    if (known === undefined && this.#pending.size >= MOST_ENTRIES) return undefined;
    const pending = { token, uses: 0, usedAt: 0, tick: 0, reads: 0, milliseconds: 0 };
    this.#pending.set(id, pending);
    return pending;
  }
}
