import { crc32 } from "node:zlib";
import { onTestFinished } from "vitest";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import type { MemoryStoreIndexOptions } from "../../src/memory/memory-index-options.ts";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import type { CacheStorage } from "../../src/storage.ts";
import type { StoreIndex } from "../../src/store-index.ts";
import type { StoreOpener } from "../../src/store-opener.ts";
import {
  checkInvariants,
  type FakeClock,
  type FaultPlan,
  fakeClock,
  faultPlan,
  faultyIndex,
  faultyOpener,
} from "../../src/testing/index.ts";
import type { IndexedCacheStorageOptions } from "../../src/tier/tier-options.ts";

/** A tier in memory whose index and bytes can be made to fail, on a clock that stands still. */
export interface TestTier {
  readonly storage: IndexedCacheStorage;
  readonly index: StoreIndex;
  readonly opener: StoreOpener;
  readonly clock: FakeClock;
  /** Faults of the index. */
  readonly indexFaults: FaultPlan;
  /** Faults of the bytes. */
  readonly byteFaults: FaultPlan;
}

/** How a test wants its tier. */
export interface TestTierOptions {
  readonly index?: MemoryStoreIndexOptions;
  readonly storage?: IndexedCacheStorageOptions;
  /** Whether the medium returns other bytes than were written, so that they are sealed. Default no. */
  readonly sealed?: boolean;
  readonly clock?: FakeClock;
}

/** Makes a tier for one test. Afterwards the faults end, and the tier must be in order. */
export function testTier(options: TestTierOptions = {}): TestTier {
  const { clock = fakeClock(), sealed = false } = options;
  const indexFaults = faultPlan();
  const byteFaults = faultPlan();
  const index = new MemoryStoreIndex({ maxBytes: "10 MB", clock: clock.now, ...options.index });
  const opener = sealed ? new SealedMemoryOpener() : new MemoryStoreOpener();
  const storage = new IndexedCacheStorage(faultyIndex(index, indexFaults), faultyOpener(opener, byteFaults), {
    timers: clock.timers,
    monotonic: clock.now,
    ...options.storage,
  });
  onTestFinished(async () => {
    for (const plan of [indexFaults, byteFaults]) {
      plan.clear();
      plan.letGo();
    }
    await settleAndCheck(storage);
  });
  return { storage, index, opener, clock, indexFaults, byteFaults };
}

/** Checks that a storage is in order and closes it; one that the test has closed is left alone. */
export async function settleAndCheck(storage: CacheStorage): Promise<void> {
  try {
    await checkInvariants(storage);
  } catch (error) {
    if ((error as Error).name !== "ClosedError") throw error;
  } finally {
    await storage.close();
  }
}

/** Memory that is treated like a disk: sealed, and verified on each read. */
class SealedMemoryOpener extends MemoryStoreOpener {
  readonly crc32: (bytes: Uint8Array, seed?: number) => number = crc32;
}
