import { describe, expect, it } from "vitest";
import * as zarr from "zarrita";
import { CACHES } from "./support/cached.ts";
import { hashValues } from "./support/checksums.ts";
import { allDataSets, type DataSet } from "./support/data-sets.ts";
import { recording } from "./support/recording-source.ts";

const dataSets = allDataSets();

/** Reads all arrays of a hierarchy, each opened anew, and hashes their values. */
async function readAll(store: zarr.Readable, { arrays }: DataSet): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const path of Object.keys(arrays)) {
    const array = await zarr.open(zarr.root(store).resolve(path), { kind: "array" });
    hashes[path] = hashValues(await zarr.get(array));
  }
  return hashes;
}

function checksums({ arrays }: DataSet): Record<string, string> {
  return Object.fromEntries(Object.entries(arrays).map(([path, { sha256 }]) => [path, sha256]));
}

describe.each(dataSets)("$name", (dataSet) => {
  it("has the values of its checksums when read directly", async () => {
    expect(await readAll(dataSet.open(), dataSet)).toEqual(checksums(dataSet));
  });

  describe.each(Object.entries(CACHES))("through %s", (_, openTestCache) => {
    it("has the same values, and is read from the source once", async () => {
      const cache = await openTestCache();
      const source = recording(dataSet.open());
      const store = cache.wrap(source, "data");
      expect(await readAll(store, dataSet)).toEqual(checksums(dataSet));
      await store.idle();
      expect(source.reads, "each thing once").toEqual([...new Set(source.reads)]);

      source.reads.length = 0;
      expect(await readAll(store, dataSet)).toEqual(checksums(dataSet));
      expect(source.reads, "the same store again").toEqual([]);

      const unread = recording(dataSet.open());
      expect(await readAll(cache.wrap(unread, "data"), dataSet)).toEqual(checksums(dataSet));
      expect(unread.reads, "a new store object").toEqual([]);
    });

    it("has the same values below consolidated metadata", async () => {
      const cache = await openTestCache();
      const source = recording(dataSet.open());
      const consolidated = async (store: zarr.Readable) =>
        zarr.withConsolidatedMetadata(store as zarr.AsyncReadable);
      const store = cache.wrap(source, "data");
      expect(await readAll(await consolidated(store), dataSet)).toEqual(checksums(dataSet));
      await store.idle();

      source.reads.length = 0;
      expect(await readAll(await consolidated(cache.wrap(source, "data")), dataSet)).toEqual(
        checksums(dataSet),
      );
      expect(source.reads).toEqual([]);
    });
  });
});
