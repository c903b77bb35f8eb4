import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { CostEstimate } from "../../src/store/cost-estimate.ts";
import { seededRandom } from "../../src/testing/random.ts";
import { counted } from "../support/bytes.ts";
import { testTier } from "../support/memory-tier.ts";

const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

/** Random numbers between 0 and 1, and ones about 1 that vary by a share as networks do. */
function numbers(seed: number) {
  const random = seededRandom(seed);
  const next = () => (random.below(1e9) + 0.5) / 1e9;
  const normal = () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
  return { next, about: (share: number) => Math.exp(share * normal() - share ** 2 / 2) };
}

describe("the cost of a value of a network source", () => {
  it.each(SEEDS)("is close to round trip + size / bandwidth, whatever the noise (seed %i)", (seed) => {
    const { next, about } = numbers(seed);
    const estimate = new CostEstimate({});
    const roundTrip = 5 + 200 * next();
    const perByte = 10 ** (-6 + 2 * next());
    let [ofEstimate, ofMeasured] = [0, 0];
    for (let i = 0; i < 400; i++) {
      const bytes = Math.floor(next() ** 2 * 4e6);
      const true_ = roundTrip + perByte * bytes;
      const measured = true_ * about(0.25);
      const cost = estimate.of("/a", bytes, measured);
      if (i < 100) continue;
      ofEstimate += Math.abs(Math.log(cost / true_));
      ofMeasured += Math.abs(Math.log(measured / true_));
    }
    expect(ofEstimate).toBeLessThan(ofMeasured / 2);
  });

  it("is the time that was measured until there are eight", () => {
    const estimate = new CostEstimate({});
    for (const time of [10, 12, 9, 11, 10, 12, 9]) expect(estimate.of("/a", 1000, time)).toBe(time);
    expect(estimate.of("/a", 1000, 14)).toBeCloseTo(10.9, 0);
  });

  it("is not spoilt by a single stall, whose own value keeps its time", () => {
    const { about } = numbers(1);
    const estimate = new CostEstimate({});
    for (let i = 0; i < 50; i++) estimate.of("/a", 1000, 100 * about(0.1));
    expect(estimate.of("/b", 1000, 5000)).toBe(5000);
    const next = estimate.of("/c", 1000, 130);
    expect(next).toBeGreaterThan(90);
    expect(next).toBeLessThan(120);
  });

  it("follows a source that becomes slower for good", () => {
    const estimate = new CostEstimate({});
    for (let i = 0; i < 100; i++) estimate.of("/a", 1000, 10);
    for (let i = 0; i < 300; i++) estimate.of("/a", 1000, 200);
    expect(estimate.of("/a", 1000, 200) / 200).toBeCloseTo(1, 1);
  });

  it.each(SEEDS)("is never negative nor endless (seed %i)", (seed) => {
    const { next } = numbers(seed);
    const estimate = new CostEstimate({});
    for (let i = 0; i < 300; i++) {
      const cost = estimate.of(
        "/a",
        next() < 0.3 ? 0 : Math.floor(1e9 * next() ** 8),
        next() < 0.1 ? 0 : 1e5 * next() ** 9,
      );
      expect(cost).toBeGreaterThanOrEqual(0);
      expect(cost).toBeLessThan(1e7);
    }
  });
});

describe("the cost of a value of a source that computes", () => {
  it.each(SEEDS)("stays its own where times do not follow from sizes (seed %i)", (seed) => {
    const { next } = numbers(seed);
    const estimate = new CostEstimate({});
    for (let i = 0; i < 300; i++) {
      const measured = 10 ** (4 * next());
      const cost = estimate.of("/a", 1000 + Math.floor(1e6 * next()), measured);
      if (i >= 20) expect(cost).toBe(measured);
    }
  });

  it.each(SEEDS)("is not lost where few values are expensive and all others alike (seed %i)", (seed) => {
    const { next, about } = numbers(seed);
    const estimate = new CostEstimate({});
    for (let i = 0; i < 500; i++) {
      const isExpensive = next() < 0.02;
      const measured = (isExpensive ? 5000 : 50) * about(0.05);
      const cost = estimate.of("/a", 1000, measured);
      expect(cost / measured).toBeGreaterThan(0.2);
      expect(cost / measured).toBeLessThan(5);
      if (isExpensive && i > 8) expect(cost).toBe(measured);
    }
  });

  it("is what the source says, if it says so", async () => {
    const { storage } = testTier();
    const source = {
      get: async () => counted(10),
      cost: (key: string, took: number) => (key === "/a" ? 1234 : key === "/b" ? took : Number.NaN),
    };
    const store = new CachedStore(source, "s", storage);
    for (const key of ["/a", "/b", "/c"] as const) await store.get(key);
    await store.idle();
    const { entries } = await storage.entries();
    expect(entries.map(({ cost }) => cost)).toEqual([1234, expect.any(Number), expect.any(Number)]);
    expect(entries[2]?.cost).toBeGreaterThanOrEqual(0);
  });

  it("is the measured time, and a fault, where the source throws instead", async () => {
    const { storage } = testTier();
    const error = new Error("no idea");
    const source = {
      get: async () => counted(10),
      cost: (): number => {
        throw error;
      },
    };
    const store = new CachedStore(source, "s", storage);
    const faults: unknown[] = [];
    store.on("fault", (fault) => faults.push(fault));
    expect(await store.get("/a")).toEqual(counted(10));
    await store.idle();
    expect(faults).toEqual([{ tier: "store", operation: "cost", error }]);
    expect((await storage.entries()).entries).toHaveLength(1);
  });
});
