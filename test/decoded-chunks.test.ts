import { describe, expect, it } from "vitest";
import { cacheDecodedChunks } from "zarr-cache/zarrita";
import * as zarr from "zarrita";
import { CACHES } from "./support/cached.ts";
import { hashValues } from "./support/checksums.ts";
import { allDataSets } from "./support/data-sets.ts";
import { recording } from "./support/recording-source.ts";

describe.each(allDataSets())("decoded chunks of $name", (dataSet) => {
  it.each(Object.entries(CACHES))("are those of the arrays, read through %s", async (_, openTestCache) => {
    const cache = await openTestCache();
    const source = recording(dataSet.open());
    const store = cache.wrap(source, "data");
    const chunks = cacheDecodedChunks({ maxBytes: "500 MB" });
    for (const [path, { sha256 }] of Object.entries(dataSet.arrays)) {
      const array = await zarr.open(zarr.root(store).resolve(path), { kind: "array" });
      const extended = zarr.extendArray(array, chunks.extension);
      expect(hashValues(await zarr.get(extended)), path).toBe(sha256);
    }
    await store.idle();
    expect(source.reads, "each thing once").toEqual([...new Set(source.reads)]);

    const { misses } = chunks.stats();
    const { reads } = store.stats();
    for (const [path, { sha256 }] of Object.entries(dataSet.arrays)) {
      const array = await zarr.open(zarr.root(store).resolve(path), { kind: "array" });
      expect(hashValues(await zarr.get(zarr.extendArray(array, chunks.extension))), path).toBe(sha256);
    }
    const { entries, bytes, maxBytes, ...again } = chunks.stats();
    // Chunks of nothing but fill values are not kept.
    expect(again.misses - misses).toBe(misses - entries);
    expect(bytes).toBeLessThanOrEqual(maxBytes);
    expect(store.stats().reads - reads, "of chunks and metadata").toBeLessThan(reads);
  });
});
