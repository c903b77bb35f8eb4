import type { Emitter } from "../events.ts";
import type { CacheStorage } from "../storage.ts";
import type { Freshness } from "./freshness.ts";
import type { Source } from "./source.ts";
import type { StoreCounters } from "./statistics.ts";
import type { StoreEvents } from "./store-events.ts";

/** What the read path needs of its store. */
export interface ReaderContext {
  readonly source: Source;
  readonly storeId: string;
  readonly storage: CacheStorage;
  readonly freshness: Freshness;
  readonly shouldCache: ((key: string, value: Uint8Array | undefined, cost: number) => boolean) | undefined;
  /** Bytes of the blocks that ranges are read in; absent: as they are asked for. */
  readonly blockBytes: number | undefined;
  readonly counters: StoreCounters;
  readonly events: Emitter<StoreEvents>;
  /** Whether readers get the very bytes that are kept. */
  readonly isShared: boolean;
  /** Binds the store id to the source; rejects when it is another's. */
  bound(): Promise<void>;
}
