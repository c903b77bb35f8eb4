import { setImmediate } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { fakeClock, faultPlan, faultyIndex, faultyOpener } from "zarr-cache/testing";
import { Arithmetic, FunctionSource } from "../src/index.ts";
import { countingSource, grid, memoryStorage, nested } from "./support/example.ts";

const at = grid({ lat: [1, 2] });

/** A cache on an index and bytes that can be made to fail or to hang, on a clock of its own. */
function failingCache() {
  const clock = fakeClock();
  const [index, bytes] = [faultPlan(), faultPlan()];
  const storage = new IndexedCacheStorage(
    faultyIndex(new MemoryStoreIndex({ maxBytes: "8 MB", clock: clock.now }), index),
    faultyOpener(new MemoryStoreOpener(), bytes),
    { timers: clock.timers, monotonic: clock.now },
  );
  const recover = () => {
    for (const plan of [index, bytes]) {
      plan.clear();
      plan.letGo();
    }
  };
  /** Waits for something while time goes by, so that deadlines pass. */
  const passing = async <T>(what: Promise<T>): Promise<T> => {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    what.then(over, over);
    while (!isOver) {
      clock.advance(100);
      await setImmediate();
    }
    return what;
  };
  onTestFinished(async () => {
    recover();
    await passing(storage.close());
  });
  return {
    storage,
    clocks: { timers: clock.timers, monotonic: clock.now },
    passing,
    recover,
    bytes,
    /** Lets everything go wrong that the cache does. */
    harm(kind: "fail" | "hang") {
      for (const plan of [index, bytes]) plan.add({ kind });
    },
  };
}

/** Two stages, of which the source counts. */
function pipeline() {
  const { node, points } = countingSource(["lat"]);
  return { node: new Arithmetic({ eqn: "2 * A", operands: { A: node } }), points };
}

describe.each(["fail", "hang"] as const)("with a cache whose index and bytes %s", (kind) => {
  it("evaluates anyway, stage by stage, and keeps results again once it is back", async () => {
    const { storage, clocks, passing, recover, harm } = failingCache();
    const { node, points } = pipeline();
    const cached = node.using({ cache: storage, ...clocks });
    harm(kind);
    expect(nested(await passing(cached.eval(at)))).toEqual([2, 4]);
    expect(nested(await passing(cached.eval(at, { cache: "refresh" })))).toEqual([2, 4]);
    expect(points()).toBe(4);
    expect(storage.tierStatistics()[0]?.faults).toBeGreaterThan(0);
    recover();
    const isKept = async () => {
      await cached.eval(at);
      await storage.idle();
      return cached.hasCache("output", at);
    };
    let turns = 0;
    while (!(await passing(isKept()))) expect(++turns).toBeLessThan(1000);
  });

  it("serves the pipeline as a Zarr array", async () => {
    const { storage, passing, harm } = failingCache();
    const { node } = pipeline();
    harm(kind);
    const store = node.cached(storage, { coordinates: at });
    const bytes = await passing(store.get("/data/c/0"));
    expect(new Float64Array(bytes?.buffer as ArrayBuffer)).toEqual(Float64Array.of(2, 4));
    await passing(store.close());
  });

  it("finds expensive quantities anew, and has nothing that is looked up", async () => {
    const { storage, clocks, passing, harm } = failingCache();
    const { node } = pipeline();
    const cached = node.using({ cache: storage, ...clocks });
    harm(kind);
    let found = 0;
    expect([await passing(cached.cachedProperty("n", () => ++found)), found]).toEqual([1, 1]);
    expect(await passing(cached.hasCache("output", at))).toBe(false);
    expect((await passing(cached.estimate(at))).cached).toBe(0);
  });
});

it("evaluates with a cache that is closed", async () => {
  const storage = memoryStorage();
  const { node, points } = pipeline();
  const cached = node.using({ cache: storage });
  await storage.close();
  expect(nested(await cached.eval(at))).toEqual([2, 4]);
  expect(points()).toBe(2);
});

it("makes anew what is corrupt", async () => {
  const { storage, bytes, passing } = failingCache();
  const { node, points } = countingSource(["lat"]);
  const cached = new FunctionSource({ fn: node.fn, dims: ["lat"] }, { cache: storage });
  await passing(cached.eval(at));
  await passing(storage.idle());
  bytes.add({ kind: "flipBit", on: ["get", "getRange"] });
  expect(nested(await passing(cached.eval(at)))).toEqual([1, 2]);
  expect(points()).toBe(4);
  bytes.clear();
  await passing(storage.idle());
  expect(nested(await passing(cached.eval(at)))).toEqual([1, 2]);
  expect(points()).toBe(4);
});

it("says that what is kept cannot be listed, where the cache is down", async () => {
  const { storage, harm, passing } = failingCache();
  harm("fail");
  const listing = passing(pipeline().node.using({ cache: storage }).cacheEntries());
  await expect(listing).rejects.toMatchObject({
    name: "NodeCacheError",
    message: expect.stringMatching(/cannot be listed/),
  });
});
