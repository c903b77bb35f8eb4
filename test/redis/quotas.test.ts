import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RedisStoreIndex, type RedisStoreIndexOptions } from "zarr-cache/redis";
import { nextTurn } from "../support/event-loop.ts";
import { hasRedis, type ReachableRedis, startRedis } from "../support/reachable-redis.ts";
import { fillPart, takeClaim, whole } from "./fill-part.ts";

/** What an entry of 1000 bytes is charged. */
const CHARGE = 1512;

describe.runIf(await hasRedis())("quotas of single stores in RedisStoreIndex", () => {
  let server: ReachableRedis;
  const open: RedisStoreIndex[] = [];
  let namespaces = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    for (const index of open.splice(0)) await index.close();
    namespaces++;
  });
  afterAll(() => server.stop());

  async function openIndex(options: Partial<RedisStoreIndexOptions>): Promise<RedisStoreIndex> {
    const index = new RedisStoreIndex({
      redis: server.url,
      namespace: `n${namespaces}`,
      maxBytes: 1000 * CHARGE,
      maxEntryBytes: 20_000,
      deadline: 5000,
      ...options,
    });
    open.push(index);
    if (!(await index.open()).clean) await index.markClean();
    return index;
  }

  async function keysOf(index: RedisStoreIndex, storeId: string): Promise<string[]> {
    const { entries } = await index.entries({ storeId, limit: 10_000 });
    return entries.map(({ key }) => key);
  }

  const freeAll = async (index: RedisStoreIndex) => {
    for (;;) {
      const names = await index.condemned(500);
      if (names.length === 0) return;
      await index.free(names.map(({ token }) => token));
    }
  };

  it("a store over its quota drives out its own, although others rank lower", async () => {
    const index = await openIndex({ quotas: { s: 5 * CHARGE } });
    for (let i = 0; i < 20; i++) await fillPart(index, whole(`/${i}`, "other"), 1000, 0.001);
    // What cost most is kept.
    for (let i = 0; i < 12; i++) {
      await fillPart(index, whole(`/${i}`), 1000, i < 3 ? 1e6 : 100);
      expect((await index.usage("s")).bytes).toBeLessThanOrEqual(5 * CHARGE);
    }
    expect(await keysOf(index, "other")).toHaveLength(20);
    const kept = await keysOf(index, "s");
    expect(kept).toHaveLength(5);
    expect(kept).toEqual(expect.arrayContaining(["/0", "/1", "/2"]));
    expect((await index.usage()).evictions).toBe(7);
    expect(await index.verify({ repair: false })).toEqual([]);
  });

  it("what is larger than a quota is refused and drives out nothing", async () => {
    const index = await openIndex({ quotas: { s: 3 * CHARGE } });
    for (let i = 0; i < 3; i++) await fillPart(index, whole(`/${i}`));
    const claim = await takeClaim(index, whole("/large"));
    const want = { footprint: 10_000, size: 10_000, cost: 1e6, weight: 1 };
    expect(await index.reserve(claim, want)).toBe("refused");
    await index.release(claim);
    expect(await keysOf(index, "s")).toHaveLength(3);
  });

  it("a store within its quota yields to others as the policy says", async () => {
    const index = await openIndex({ maxBytes: 10 * CHARGE, quotas: { s: 8 * CHARGE } });
    for (let i = 0; i < 8; i++) await fillPart(index, whole(`/${i}`), 1000, 1);
    for (let i = 0; i < 8; i++) await fillPart(index, whole(`/${i}`, "other"), 1000, 1e6);
    expect(await keysOf(index, "other")).toHaveLength(8);
    expect(await keysOf(index, "s")).toHaveLength(2);
  });

  for (const shards of [1, 4])
    it(`a quota that was lowered holds when the index is opened, with ${shards} shards`, async () => {
      const before = await openIndex({ shards });
      for (let i = 0; i < 700; i++) await fillPart(before, whole(`/${i}`), 1000, i < 50 ? 1e6 : 1 + i);
      for (let i = 0; i < 100; i++) await fillPart(before, whole(`/${i}`, "other"), 1000, 0.001);
      const index = await openIndex({ shards, quotas: { s: 100 * CHARGE } });
      const { bytes, condemnedBytes } = await index.usage("s");
      expect(bytes - condemnedBytes).toBeLessThanOrEqual(100 * CHARGE);
      expect(await keysOf(index, "other")).toHaveLength(100);
      const kept = await keysOf(index, "s");
      expect(kept.length).toBeGreaterThan(100 - 2 * shards);
      // The dearest stay.
      if (shards === 1) for (let i = 0; i < 50; i++) expect(kept).toContain(`/${i}`);
      await freeAll(index);
      expect((await index.usage("s")).bytes).toBeLessThanOrEqual(100 * CHARGE);
      expect(await index.verify({ repair: false })).toEqual([]);
    });

  it("what a lowered quota drives out is looked for behind all other entries, a bounded number at a time", async () => {
    const before = await openIndex({ maxBytes: 1e9 });
    // All others rank lower.
    for (let i = 0; i < 2500; i++) await fillPart(before, whole(`/${i}`, "other"), 1000, 0.001);
    for (let i = 0; i < 600; i++) await fillPart(before, whole(`/${i}`), 1000, 1e6);
    const index = await openIndex({ maxBytes: 1e9, quotas: { s: 10 * CHARGE } });
    expect(await keysOf(index, "s")).toHaveLength(10);
    expect(await keysOf(index, "other")).toHaveLength(2500);
  });

  it("what is left to do at the opening is done behind it", async () => {
    const before = await openIndex({ maxBytes: 1e9 });
    const fills = Array.from({ length: 5000 }, (_, i) => fillPart(before, whole(`/${i}`)));
    await Promise.all(fills);
    const index = await openIndex({ maxBytes: 1e9, quotas: { s: 10 * CHARGE } });
    while ((await index.usage("s")).entries > 10) await nextTurn();
    expect(await index.verify({ repair: false })).toEqual([]);
  });

  it("a quota ends with the next opener that does not have it", async () => {
    const before = await openIndex({ quotas: { s: 3 * CHARGE } });
    for (let i = 0; i < 5; i++) await fillPart(before, whole(`/${i}`));
    expect(await keysOf(before, "s")).toHaveLength(3);
    const index = await openIndex({});
    for (let i = 5; i < 10; i++) await fillPart(index, whole(`/${i}`));
    expect(await keysOf(index, "s")).toHaveLength(8);
  });
});
