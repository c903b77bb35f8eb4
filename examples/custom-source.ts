/** A data API dressed as a Zarr store: its answers are chunks, made on demand and kept like any other. */
import assert from "node:assert/strict";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import * as zarr from "zarrita";

/** One request per day of a year, as many services want it; here it only computes. */
let calls = 0;
const temperaturesOf = async (day: number): Promise<Float32Array> => {
  calls += 1;
  return Float32Array.from({ length: 24 }, (_, hour) => 10 + day / 36.5 + Math.sin(hour / 4));
};

const metadata = {
  zarr_format: 3,
  node_type: "array",
  shape: [365, 24],
  data_type: "float32",
  chunk_grid: { name: "regular", configuration: { chunk_shape: [1, 24] } },
  chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
  fill_value: "NaN",
  codecs: [{ name: "bytes", configuration: { endian: "little" } }],
};
const source = {
  async get(key: string): Promise<Uint8Array | undefined> {
    if (key === "/zarr.json") return new TextEncoder().encode(JSON.stringify(metadata));
    const chunk = /^\/c\/(\d+)\/0$/.exec(key);
    return chunk ? new Uint8Array((await temperaturesOf(Number(chunk[1]))).buffer) : undefined;
  },
};

const storage = new IndexedCacheStorage(new MemoryStoreIndex({ maxBytes: "64 MB" }), new MemoryStoreOpener());
const year = await zarr.open.v3(new CachedStore(source, "station_7", storage), { kind: "array" });
const noon = async () => (await zarr.get(year, [zarr.slice(0, 31), 12])).data;
assert.deepEqual(await noon(), await noon());
assert.equal(calls, 31, "each day was asked for once");
console.log(`January at noon, twice, from ${calls} calls of the API`);
