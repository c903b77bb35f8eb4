// Runs in an empty project that has only the packed `zarr-cache` and zarrita: what a user has after `npm install`.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { memo } from "zarr-cache/memo";
import { openCache } from "zarr-cache/node";
import { cacheDecodedChunks } from "zarr-cache/zarrita";
import * as zarr from "zarrita";

const metadata = {
  zarr_format: 3,
  node_type: "array",
  shape: [4],
  data_type: "uint8",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [2] } },
  chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
  fill_value: 0,
  codecs: [{ name: "bytes" }],
  attributes: {},
};

/** A source that counts the reads that reach it. */
function countingSource() {
  const source = new Map([
    ["/zarr.json", new TextEncoder().encode(JSON.stringify(metadata))],
    ["/c/0", Uint8Array.of(1, 2)],
    ["/c/1", Uint8Array.of(3, 4)],
  ]);
  let reads = 0;
  return {
    get reads() {
      return reads;
    },
    get(/** @type {string} */ key) {
      reads += 1;
      return source.get(key);
    },
  };
}

async function readTwice(/** @type {CachedStore} */ store, /** @type {{ reads: number }} */ source) {
  const read = async () => {
    const array = await zarr.open.v3(zarr.root(store), { kind: "array" });
    return Array.from((await zarr.get(array)).data);
  };
  assert.deepEqual(await read(), [1, 2, 3, 4]);
  await store.idle();
  const reads = source.reads;
  assert.deepEqual(await read(), [1, 2, 3, 4]);
  assert.equal(source.reads, reads, "the second read came from the cache");
}

{
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "64 MB" }),
    new MemoryStoreOpener(),
  );
  const source = countingSource();
  const store = new CachedStore(source, "in_memory", storage);
  await readTwice(store, source);
  const chunks = cacheDecodedChunks();
  const array = zarr.extendArray(await zarr.open.v3(zarr.root(store), { kind: "array" }), chunks.extension);
  for (let time = 0; time < 2; time++)
    assert.deepEqual(Array.from((await zarr.get(array)).data), [1, 2, 3, 4]);
  assert.equal(chunks.stats().hits, 2, "the second time no chunk was decoded");
  const square = memo(storage, "square", (/** @type {number} */ n) => n * n);
  assert.deepEqual([await square(3), await square(3), await square.has(3)], [9, 9, true]);
  await store.close();
  await storage.close();
  console.log("read through memory");
}

{
  const directory = await mkdtemp(join(tmpdir(), "zarr-cache-"));
  try {
    const cache = await openCache(directory, { maxBytes: "64 MB" });
    const source = countingSource();
    await readTwice(cache.wrap(source, "on_disk"), source);
    await cache.close();

    const again = await openCache(directory, { maxBytes: "64 MB" });
    const unread = countingSource();
    const chunk = await again.wrap(unread, "on_disk").get("/c/1");
    assert.deepEqual(chunk, Uint8Array.of(3, 4));
    assert.equal(unread.reads, 0, "the chunk outlived the process's first cache");
    await again.close();
    console.log("read through a directory, and again after reopening it");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
