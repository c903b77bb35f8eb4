import type { MaybePromise } from "../maybe-promise.ts";
import type { Part } from "../part.ts";
import type { Reservation, StoreIndex } from "../store-index.ts";
import type { StoredName } from "../store-opener.ts";
import type { SealedBytes } from "./sealed-bytes.ts";

/** Options of {@link Reclaimer}. */
export interface ReclaimerOptions {
  readonly index: StoreIndex;
  readonly bytes: SealedBytes;
  /** Waits for an answer, but not for ever. */
  within<T>(what: string, answer: MaybePromise<T>): MaybePromise<T>;
  readonly onEvicted: (names: readonly StoredName[]) => void;
  readonly onFault: (operation: string, error: unknown) => void;
}

const BATCH = 64;

/**
 * Deletes the bytes of what the index condemned, and only then lets the index stop charging for them.
 * Drives eviction when a fill finds the tier full.
 */
export class Reclaimer {
  readonly #options: ReclaimerOptions;
  #running: Promise<number> | undefined;
  /** The pass after the running one. */
  #next: Promise<number> | undefined;

  constructor(options: ReclaimerOptions) {
    this.#options = options;
  }

  /** Makes room for one reservation; false when it outranks nothing that is left. */
  async makeRoom(want: Reservation, part: Part): Promise<boolean> {
    const { index, within } = this.#options;
    for (;;) {
      const room = await within("makeRoom", index.makeRoom(want, part));
      if (room.evicted.length > 0) this.#options.onEvicted(room.evicted);
      await this.reclaim();
      if (room.state !== "more") return room.state === "done";
    }
  }

  /** Evicts down to the low-water mark. */
  async lower(): Promise<void> {
    const { index, within } = this.#options;
    for (;;) {
      const room = await within("makeRoom", index.makeRoom());
      if (room.evicted.length > 0) this.#options.onEvicted(room.evicted);
      await this.reclaim();
      if (room.state !== "more") return;
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

  /** Deletes the bytes of names that no index charges for by name; answers the tokens of those that are gone. */
  deleteNames(names: readonly StoredName[]): Promise<string[]> {
    return this.#deleteBytes(names);
  }

  async #pass(): Promise<number> {
    const { index, within } = this.#options;
    // Names that cannot be deleted now stay charged, and must not hide those behind them.
    const stuck = new Set<string>();
    let deleted = 0;
    for (;;) {
      const condemned = await within("condemned", index.condemned(BATCH + stuck.size));
      const names = condemned.filter(({ token }) => !stuck.has(token));
      if (names.length === 0) return deleted;
      const gone = await this.#deleteBytes(names);
      await within("free", index.free(gone));
      deleted += gone.length;
      for (const { token } of names) stuck.add(token);
      for (const token of gone) stuck.delete(token);
    }
  }

  /** Deletes bytes; returns the tokens of those that are gone. */
  async #deleteBytes(names: readonly StoredName[]): Promise<string[]> {
    const { bytes, within, onFault } = this.#options;
    const gone: string[] = [];
    const remove = async ({ storeId, token }: StoredName) => {
      try {
        await within("delete", bytes.store(storeId).delete(token));
        gone.push(token);
      } catch (error) {
        // One that is late may still delete them; then deleting them again does no harm.
        onFault("delete", error);
      }
    };
    await Promise.all(names.map(remove));
    return gone;
  }
}
