import { Dataset } from "@zarr-cache/arrays";
import { expect, it, onTestFinished } from "vitest";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { seededRandom } from "../../packages/zarr-cache/src/testing/random.ts";
import { shardedArray } from "../../packages/zarr-cache/test/support/sharded-array.ts";
import { VersionedSource } from "../../packages/zarr-cache/test/support/versioned-source.ts";

const SHAPE = { shards: 1, chunksPerShard: 8, elements: 16, gap: 100 };
const VALUES = Array.from({ length: SHAPE.chunksPerShard * SHAPE.elements }, (_, at) => at);

/** Consolidated metadata of a group with one array. */
function groupOf(array: Uint8Array): Uint8Array {
  const metadata = { a: JSON.parse(new TextDecoder().decode(array)) };
  const group = { zarr_format: 3, node_type: "group", attributes: {}, consolidated_metadata: { metadata } };
  return new TextEncoder().encode(JSON.stringify(group));
}

it("refuses to read by the index of a shard that was replaced, also when another array has read the new one", async () => {
  const source = new VersionedSource();
  const put = (version: number) => {
    for (const [key, value] of shardedArray(seededRandom(version), SHAPE).values)
      if (key === "/zarr.json") source.put(key, groupOf(value), '"same"');
      else source.put(`/a${key}`, value);
  };
  put(1);
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ maxBytes: "1 MB" }),
    new MemoryStoreOpener(),
  );
  onTestFinished(() => storage.close());
  const store = new CachedStore(source, "s", storage);
  const open = async () => (await Dataset.open(store)).get("a");
  const before = await open();
  expect(Array.from((await before.isel({ dim_0: 0 }).load()).toTypedArray())).toEqual([0]);
  put(2);
  await store.invalidate("/a/c/");
  const after = await open();
  expect(Array.from((await after.load()).toTypedArray())).toEqual(VALUES);
  await expect(before.load()).rejects.toMatchObject({ cause: { tag: "SourceChangedError" } });
  expect(Array.from((await (await open()).load()).toTypedArray())).toEqual(VALUES);
});
