import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { ArraySource, createRegistry, Node, type PipelineDefinition } from "@zarr-cache/nodes";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { type CacheStorage, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { openCache } from "zarr-cache/node";
import { testBucket } from "../support/s3-bucket.ts";
import { startFauxqs } from "../support/s3-server.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const s3 = await startFauxqs();
afterAll(() => s3.stop());

const places: Readonly<Record<string, () => Promise<CacheStorage>>> = {
  memory: async () =>
    new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "8 MB" }), new MemoryStoreOpener()),
  disk: async () => (await openCache(await temporaryDirectory(), { maxBytes: "8 MB", memory: 0 })).storage,
  S3: async () => {
    const opener = (await testBucket(s3)).opener();
    return new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "8 MB" }), opener, { deadline: "20s" });
  },
};

describe.each(Object.entries(places))("in %s", (_, open) => {
  it("each kind of result keeps its type", async () => {
    const storage = await open();
    onTestFinished(() => storage.close());
    const at = Coordinates.grid({ lat: [0, 1] });
    const array = new UnitsDataArray([1, Number.NaN, 3, 4], at, {
      bands: ["a", "b"],
      units: { a: "m", b: "K" },
      name: "x",
    });
    const node = new ArraySource({ data: array }, { cache: storage });
    const tiff = Uint8Array.of(0x49, 0x49, 0x2a, 0, 8, 0, 0, 0);
    await node.putCache("array", at, array);
    await node.putCache("ndarray", at, {
      data: Int32Array.of(1, 2),
      shape: [1, 2],
      stride: [2, 1],
      offset: 0,
    });
    await node.putCache("node", undefined, node);
    await node.putCache("json", undefined, [null, { a: "b" }]);
    await node.putCache("tiff", undefined, tiff);
    await storage.idle();
    const again = new ArraySource({ data: array }, { cache: storage });
    expect(((await again.getCache("array", at)) as UnitsDataArray).toJSON()).toEqual(array.toJSON());
    expect(await again.getCache("ndarray", at)).toEqual({
      data: Int32Array.of(1, 2),
      shape: [1, 2],
      stride: [2, 1],
      offset: 0,
    });
    const definition = (await again.getCache("node")) as PipelineDefinition;
    expect(Node.fromDefinition(definition, createRegistry()).hash).toBe(node.hash);
    expect([await again.getCache("json"), await again.getCache("tiff")]).toEqual([[null, { a: "b" }], tiff]);
  });
});
