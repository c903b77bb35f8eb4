import type { Emitter } from "../events.ts";
import type { CacheStorage, StorageEvents, WriteIntent } from "../storage.ts";
import type { TierTrust } from "./tier-trust.ts";

/**
 * Drops what several tiers hold, lowest tier first: otherwise a promotion could refill the upper one with what is being
 * dropped. Of each drop is told once, when every tier has heard.
 */
export class TieredDrops {
  readonly #tiers: readonly CacheStorage[];
  readonly #trust: TierTrust;
  readonly #events: Emitter<StorageEvents>;

  constructor(tiers: readonly CacheStorage[], trust: TierTrust, events: Emitter<StorageEvents>) {
    this.#tiers = [...tiers].reverse();
    this.#trust = trust;
    this.#events = events;
  }

  /** Drops a path from each tier. */
  fromBelow(storeId: string, path: string, drop: (tier: CacheStorage) => Promise<void>): Promise<void> {
    return this.#each(storeId, path, this.#tiers, drop);
  }

  /** Opens a write intent in each tier; where one fails, those that were opened are closed. */
  async openWrite(storeId: string, key: string): Promise<WriteIntent> {
    const intents: WriteIntent[] = [];
    try {
      await this.fromBelow(storeId, key, async (tier) => {
        intents.push(await tier.openWrite(storeId, key));
      });
    } catch (error) {
      await Promise.allSettled(intents.map((intent) => intent.close()));
      throw error;
    }
    return {
      // In the order in which they were opened, and each of them, whatever becomes of the others.
      close: async (value) => {
        let failure: { readonly error: unknown } | undefined;
        await this.#each(storeId, key, intents, async (intent) => {
          try {
            await intent.close(value);
          } catch (error) {
            failure ??= { error };
          }
        });
        if (failure !== undefined) throw failure.error;
      },
    };
  }

  async #each<T>(
    storeId: string,
    path: string,
    all: readonly T[],
    drop: (each: T) => Promise<void>,
  ): Promise<void> {
    this.#trust.dropping++;
    try {
      for (const each of all) await drop(each);
    } finally {
      this.#trust.dropping--;
    }
    this.#events.emit("invalidate", { storeId, path, elsewhere: false });
  }
}
