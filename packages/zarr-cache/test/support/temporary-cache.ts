import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type ChunkCache, type OpenCacheOptions, openCache } from "../../src/node/index.ts";
import { checkInvariants, fakeClock } from "../../src/testing/index.ts";

/** Opens caches in one directory, on one clock, for one test. What the test leaves open is checked and closed. */
export async function temporaryCache() {
  const directory = await mkdtemp(join(tmpdir(), "zarr-cache-"));
  const clock = fakeClock();
  const opened: ChunkCache[] = [];
  onTestFinished(async () => {
    try {
      for (const cache of opened) await check(cache);
    } finally {
      for (const cache of opened) await cache.close();
      await rm(directory, { recursive: true, force: true });
    }
  });
  return {
    directory,
    clock,
    /** Opens the directory, as the next process would. */
    async open(options: OpenCacheOptions = {}): Promise<ChunkCache> {
      const cache = await openCache(directory, { clock: clock.now, minFreeBytes: 0, ...options });
      opened.push(cache);
      return cache;
    },
  };
}

async function check(cache: ChunkCache): Promise<void> {
  try {
    await cache.idle();
    await checkInvariants(cache.storage);
  } catch (error) {
    if ((error as Error).name !== "ClosedError") throw error;
  }
}
