import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { counted } from "../support/bytes.ts";
import { testTier } from "../support/memory-tier.ts";
import { plainSource } from "../support/plain-source.ts";

/** A store whose tier answers `/a`, with what its breaker does. */
async function withBreaker() {
  const tier = testTier();
  const store = new CachedStore(plainSource(new Map([["/a", counted(4)]])), "s", tier.storage);
  await store.get("/a");
  await store.idle();
  const states: string[] = [];
  store.on("breaker", ({ state }) => states.push(state));
  const read = async () => {
    expect(await store.get("/a")).toEqual(counted(4));
    await store.idle();
  };
  return { ...tier, store, states, read };
}

it("opens after five faults in a row, and then asks the index no more", async () => {
  const { indexFaults, states, read, storage } = await withBreaker();
  indexFaults.add({ kind: "fail" });
  for (let i = 0; i < 20 && states.length === 0; i++) await read();
  expect(states[0]).toBe("open");
  for (let i = 0; i < 10; i++) await read();
  const calls = indexFaults.calls();
  for (let i = 0; i < 10; i++) await read();
  expect(indexFaults.calls()).toBe(calls);
  indexFaults.clear();
  expect((await storage.usage()).tiers[0]?.sick).toBe(true);
});

it("stays closed while faults are not in a row", async () => {
  const { indexFaults, states, read } = await withBreaker();
  indexFaults.add({ kind: "fail", on: "lookup", every: 2 });
  for (let i = 0; i < 40; i++) await read();
  expect(states).toEqual([]);
});

it("probes after a while, and opens again while the index is down", async () => {
  const { indexFaults, states, read, clock } = await withBreaker();
  indexFaults.add({ kind: "fail" });
  for (let i = 0; i < 20; i++) await read();
  states.length = 0;
  const before = indexFaults.calls();
  clock.advance(5000);
  await read();
  expect(indexFaults.calls()).toBeGreaterThan(before);
  expect(indexFaults.calls()).toBeLessThanOrEqual(before + 4);
  expect(new Set(states)).toEqual(new Set(["probing", "open"]));
});

it("closes when the index is back, and serves from it again without a restart", async () => {
  const { indexFaults, states, read, clock, store, storage } = await withBreaker();
  indexFaults.add({ kind: "fail" });
  for (let i = 0; i < 20; i++) await read();
  indexFaults.clear();
  clock.advance(5000);
  for (let i = 0; i < 3; i++) await read();
  expect(states.at(-1)).toBe("closed");
  const { misses } = store.stats();
  await read();
  expect(store.stats().misses).toBe(misses);
  clock.advance(5000);
  await store.get("/new");
  await store.idle();
  expect(storage.tierStatistics()[0]?.fills).toBeGreaterThan(1);
});

it("goes on reading from a tier whose bytes cannot be written", async () => {
  const { byteFaults, store, read } = await withBreaker();
  byteFaults.add({ kind: "fail", on: "set" });
  for (let i = 0; i < 20; i++) {
    await store.get(`/${i}`);
    await store.idle();
  }
  const { hits } = store.stats();
  await read();
  expect(store.stats().hits).toBe(hits + 1);
});
