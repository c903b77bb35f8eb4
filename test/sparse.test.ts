import { describe, expect, it } from "vitest";
import * as zarr from "zarrita";
import { CACHES } from "./support/cached.ts";
import { hashValues } from "./support/checksums.ts";
import { allDataSets } from "./support/data-sets.ts";
import { recording } from "./support/recording-source.ts";

/** Arrays of a regular grid in which chunks are absent: their values are the fill value. */
const sparse = allDataSets().flatMap((dataSet) =>
  Object.entries(dataSet.arrays)
    .filter(([, { nchunks = 0, stored_chunks = nchunks }]) => stored_chunks < nchunks)
    .map(([path, facts]) => ({ name: `${dataSet.name} ${path}`, dataSet, path, facts })),
);

it("is tested with at least one sparse array", () => {
  expect(sparse.length).toBeGreaterThan(0);
});

describe.each(sparse)("$name", ({ dataSet, path, facts }) => {
  it.each(Object.entries(CACHES))("asks for each absent chunk once through %s", async (_, openTestCache) => {
    const cache = await openTestCache();
    const source = recording(dataSet.open());
    const store = cache.wrap(source, "sparse");
    const array = await zarr.open(zarr.root(store).resolve(path), { kind: "array" });
    source.reads.length = 0;

    expect(hashValues(await zarr.get(array))).toBe(facts.sha256);
    expect(source.reads).toHaveLength(facts.nchunks ?? 0);
    await store.idle();

    source.reads.length = 0;
    expect(hashValues(await zarr.get(array))).toBe(facts.sha256);
    expect(source.reads).toEqual([]);
  });
});
