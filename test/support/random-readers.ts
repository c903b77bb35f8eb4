import { CachedStore, type CacheStorage } from "zarr-cache";
import { countingSource } from "zarr-cache/testing";

/** Bytes of every value. */
export const VALUE_BYTES = 100_000;
const KEYS = 200;
const READERS = 4;

/** Readers that read keys of a source at random, more than a cache holds, until they are told to rest. */
export interface RandomReaders {
  /** Lets them read. */
  start(): void;
  /** Resolves when no read, fill, deletion or eviction is under way. */
  rest(): Promise<void>;
}

/** Makes readers of a storage. A read that answers other bytes than the source's makes `rest` reject. */
export function randomReaders(storage: CacheStorage): RandomReaders {
  const source = countingSource({
    get: async (key: string) => new Uint8Array(VALUE_BYTES).fill(Number(key.slice(3))),
  });
  const store = new CachedStore(source, "s", storage);
  let isReading = false;
  let reading: Promise<unknown> = Promise.resolve();
  const read = async () => {
    while (isReading) {
      // Lets others have their turn: in memory everything is answered at once.
      await new Promise(setImmediate);
      const number = Math.floor(Math.random() * KEYS);
      const value = await store.get(`/c/${number}`);
      if (value?.byteLength !== VALUE_BYTES || value.some((byte) => byte !== number))
        throw new Error(`/c/${number} is not what the source has`);
    }
  };
  return {
    start() {
      if (isReading) return;
      isReading = true;
      reading = Promise.all(Array.from({ length: READERS }, read));
      reading.catch(() => {});
    },
    async rest() {
      isReading = false;
      await reading;
      await store.idle();
      await storage.idle();
    },
  };
}
