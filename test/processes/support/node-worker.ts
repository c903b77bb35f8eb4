/** A process that evaluates a pipeline through a shared cache; its source counts in the process of the test. */
import { Coordinates, UnitsDataArray } from "@zarr-cache/arrays";
import { Arithmetic, FunctionSource, type Node, resource } from "@zarr-cache/nodes";
import type { ChunkCache } from "zarr-cache/node";
import { connect } from "./calls.ts";
import { type NodeWorkerPlace, openPlace } from "./node-worker-place.ts";

/** What a worker may ask of the test. */
export interface SourceCalls {
  /** The values of latitudes. */
  heights(latitudes: readonly number[]): Promise<readonly number[]>;
}

/** What a worker can be told to do. */
export interface NodeWorkerCalls {
  open(place: NodeWorkerPlace): Promise<void>;
  /** The values of the pipeline at so many latitudes, chunk by chunk as a Zarr array. */
  readChunks(size: number, chunk: number): Promise<readonly number[]>;
  /** The values of the pipeline at these latitudes. */
  evaluate(latitudes: readonly number[]): Promise<readonly number[]>;
  /** Every stage that is kept: address, key, values. */
  stages(): Promise<readonly (readonly [address: string, key: string, values: readonly number[]])[]>;
  put(): Promise<void>;
  kinds(): Promise<readonly unknown[]>;
  /** Hits of each tier so far, memory first, once everything that is being kept is. */
  hits(): Promise<readonly number[]>;
  /** Something that is expensive to find, which is this number unless it was found before. */
  found(number: number): Promise<number>;
  close(): Promise<void>;
}

let cache: ChunkCache;
let node: Node;

const fn = resource("heights", async (coordinates: Coordinates) => [
  ...(await test.call("heights", Array.from(coordinates.get("lat")))),
]);

const array = new UnitsDataArray([1, Number.NaN], Coordinates.grid({ lat: [1] }), {
  bands: ["a", "b"],
  units: { a: "m", b: "K" },
  name: "x",
});

const mine: NodeWorkerCalls & Readonly<Record<string, unknown>> = {
  async open(place) {
    cache = await openPlace(place, { lockAge: "1m" });
    const source = new FunctionSource({ fn, dims: ["lat"], units: "m" });
    node = new Arithmetic({ eqn: "2 * A", operands: { A: source }, units: "m" }, { cache: cache.storage });
  },
  async readChunks(size, chunk) {
    const coordinates = Coordinates.grid({ lat: { start: 0, step: 1, size } });
    const store = node.using({}).cached(cache.storage, { coordinates, chunks: { lat: chunk } });
    const chunks = Array.from({ length: size / chunk }, (_, at) => store.get(`/data/c/${at}`));
    const bytes = await Promise.all(chunks);
    return bytes.flatMap((each) => Array.from(new Float64Array((each as Uint8Array).slice().buffer)));
  },
  async evaluate(latitudes) {
    return Array.from((await node.eval(Coordinates.grid({ lat: [...latitudes] }))).toTypedArray());
  },
  async stages() {
    const entries = (await node.cacheEntries()).filter(({ key }) => key === "output");
    return Promise.all(
      entries.map(async ({ address, key, read }) => {
        const values = (await read()) as UnitsDataArray;
        return [address, key, Array.from(values.toTypedArray())] as const;
      }),
    );
  },
  async put() {
    const at = Coordinates.grid({ lat: [1] });
    await node.putCache("array", at, array);
    await node.putCache("plain", undefined, {
      data: Int16Array.of(1, 2),
      shape: [2],
      stride: [1],
      offset: 0,
    });
    await node.putCache("node", undefined, node);
    await node.putCache("json", at, { deep: [1, null] });
    await node.putCache("tiff", at, Uint8Array.of(1, 2, 3));
  },
  async kinds() {
    const at = Coordinates.grid({ lat: [1] });
    const kept = await node.getCache("array", at);
    return [
      kept instanceof UnitsDataArray && JSON.stringify(kept) === JSON.stringify(array),
      await node.getCache("plain"),
      await node.getCache("node"),
      await node.getCache("json", at),
      await node.getCache("tiff", at),
    ];
  },
  async hits() {
    await cache.storage.idle();
    return cache.storage.tierStatistics().map(({ hits }) => hits);
  },
  found: (number) => node.cachedProperty("found", () => number),
  close: () => cache.close(),
};

const test = connect<SourceCalls>(process, mine);
process.on("disconnect", () => process.exit());
process.send?.("ready");
