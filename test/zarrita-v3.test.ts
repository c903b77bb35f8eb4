import { describe, expect, it } from "vitest";
import * as zarr from "zarrita";
import { CACHES } from "./support/cached.ts";
import { hashValues } from "./support/checksums.ts";
import { recording } from "./support/recording-source.ts";

/** Arrays of version 3 without shards, as zarrita writes them itself. */
const ARRAYS = {
  "uncompressed, default keys": { codecs: [] },
  "compressed with blosc": {
    codecs: [
      { name: "bytes", configuration: { endian: "little" } },
      {
        name: "blosc",
        configuration: { cname: "lz4", clevel: 5, shuffle: "shuffle", typesize: 4, blocksize: 0 },
      },
    ],
  },
  "keys with dots": { codecs: [], chunkSeparator: "." as const },
} satisfies Record<string, object>;

const SHAPE = [30, 50];
const VALUES = Float32Array.from({ length: 30 * 50 }, (_, index) => Math.sin(index));

async function written(options: object): Promise<Map<`/${string}`, Uint8Array>> {
  const map = new Map<`/${string}`, Uint8Array>();
  const array = await zarr.create(zarr.root(map).resolve("group/waves"), {
    shape: SHAPE,
    chunkShape: [8, 20],
    dtype: "float32",
    ...options,
  });
  await zarr.set(array, null, { data: VALUES, shape: SHAPE, stride: [50, 1] });
  return map;
}

describe.each(Object.entries(ARRAYS))("a version 3 array: %s", (_, options) => {
  it.each(Object.entries(CACHES))("reads equal through %s, each chunk once", async (_, openTestCache) => {
    const cache = await openTestCache();
    const source = recording(await written(options));
    const read = async (): Promise<string> => {
      const store = cache.wrap(source, "waves");
      const array = await zarr.open(zarr.root(store).resolve("group/waves"), { kind: "array" });
      const hash = hashValues(await zarr.get(array));
      await store.idle();
      return hash;
    };
    expect(await read()).toBe(hashValues({ data: VALUES }));
    expect(source.reads.filter((key) => !key.includes(".z") && !key.endsWith("zarr.json"))).toHaveLength(12);

    source.reads.length = 0;
    expect(await read()).toBe(hashValues({ data: VALUES }));
    expect(source.reads).toEqual([]);
  });
});
