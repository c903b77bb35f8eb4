import type { Part } from "../part.ts";
import type { Reservation, StoreIndex } from "../store-index.ts";
import type { StoredName } from "../store-opener.ts";
import type { SealedBytes } from "./sealed-bytes.ts";
import type { TierHealth } from "./tier-health.ts";
import type { TierLog } from "./tier-log.ts";

/** What a tier is made room in with. */
export interface ReclaimerContext {
  readonly index: StoreIndex;
  readonly bytes: SealedBytes;
  readonly health: TierHealth;
  readonly log: TierLog;
}

const BATCH = 64;

/**
 * Deletes the bytes of what the index condemned, and only then lets the index stop charging for them.
 * Drives eviction when a fill finds the tier full.
 */
export class Reclaimer {
  readonly #context: ReclaimerContext;
  #running: Promise<number> | undefined;
  /** The pass after the running one. */
  #next: Promise<number> | undefined;

  constructor(context: ReclaimerContext) {
    this.#context = context;
  }

  /** Makes room for one reservation, or evicts down to the low-water mark; false when it outranks nothing that is left. */
  async makeRoom(want?: Reservation, part?: Part): Promise<boolean> {
    const { index, health, log } = this.#context;
    for (;;) {
      const room = await health.atLength("makeRoom", index.makeRoom(want, part));
      if (room.evicted.length > 0) log.evicted(room.evicted);
      await this.reclaim();
      if (room.state !== "more") return room.state === "done";
    }
  }

  /**
   * Deletes condemned bytes until none are left that can be deleted; returns how many names were. Waits for no more than
   * two passes: where deleting hangs, those who come later would make it endless.
   */
  reclaim(): Promise<number> {
    if (this.#running === undefined) {
      this.#running = this.#pass().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    // What is condemned after the running pass looked is found by the next.
    const again = () => {
      this.#next = undefined;
      return this.reclaim();
    };
    this.#next ??= this.#running.then(again, again);
    return this.#next;
  }

  /** As {@link reclaim}; a failure is a fault. */
  reclaimOrFault(): Promise<void> {
    return this.#orFault("delete", this.reclaim());
  }

  /** Evicts down to the low-water mark; a failure is a fault. */
  lowerOrFault(): Promise<void> {
    return this.#orFault("evict", this.makeRoom());
  }

  /** Deletes the bytes of names, whoever charges for them; returns the tokens of those that are gone. */
  async deleteNames(names: readonly StoredName[]): Promise<string[]> {
    const { bytes, health } = this.#context;
    const gone: string[] = [];
    const remove = async ({ storeId, token }: StoredName) => {
      try {
        await health.atLength("delete", bytes.store(storeId).delete(token));
        gone.push(token);
      } catch (error) {
        // One that is late may still delete them; then deleting them again does no harm.
        health.fault(undefined, "delete", error, health.fills);
      }
    };
    await Promise.all(names.map(remove));
    return gone;
  }

  async #pass(): Promise<number> {
    const { index, health } = this.#context;
    // Names that cannot be deleted now stay charged, and must not hide those behind them.
    const stuck = new Set<string>();
    let deleted = 0;
    for (;;) {
      const condemned = await health.atLength("condemned", index.condemned(BATCH + stuck.size));
      const names = condemned.filter(({ token }) => !stuck.has(token));
      if (names.length === 0) return deleted;
      const gone = await this.deleteNames(names);
      await health.atLength("free", index.free(gone));
      deleted += gone.length;
      for (const { token } of names) stuck.add(token);
      for (const token of gone) stuck.delete(token);
    }
  }

  async #orFault(operation: string, work: Promise<unknown>): Promise<void> {
    const { health } = this.#context;
    try {
      await work;
    } catch (error) {
      health.fault(undefined, operation, error, health.fills);
    }
  }
}
