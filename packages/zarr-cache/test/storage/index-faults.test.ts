import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import type { FaultKind } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { testTier } from "../support/memory-tier.ts";
import { passTime } from "../support/pass-time.ts";
import { plainSource } from "../support/plain-source.ts";

const values = new Map([
  ["/a", counted(100)],
  ["/b", counted(200)],
]);

/** Every read of a store, missing keys and ranges included. */
async function readEverything(store: CachedStore): Promise<void> {
  expect(await store.get("/a")).toEqual(counted(100));
  expect(await store.get("/b")).toEqual(counted(200));
  expect(await store.get("/missing")).toBeUndefined();
  expect(await store.getRange("/a", { offset: 10, length: 5 })).toEqual(counted(5, 10));
  expect(await store.getRange("/b", { suffixLength: 5 })).toEqual(counted(5, 195));
  expect(await store.has("/a")).toBe(true);
}

const READING = [
  "open",
  "bind",
  "markClean",
  "lookup",
  "peek",
  "claim",
  "reserve",
  "commit",
  "release",
  "makeRoom",
  "condemn",
  "condemned",
  "free",
];

describe("a read never fails when the index", () => {
  for (const kind of ["fail", "loseReply"] satisfies FaultKind[])
    for (const on of [...READING, undefined]) {
      // A claim that an index in memory has granted and not told of would live for ever.
      if (kind === "loseReply" && on === "claim") continue;
      it(`is made to ${kind} ${on ?? "everything"}, and it heals afterwards`, async () => {
        const { storage, indexFaults, clock } = testTier();
        indexFaults.add({ kind, ...(on !== undefined && { on }) });
        const store = new CachedStore(plainSource(values), "s", storage);
        for (let i = 0; i < 3; i++) {
          await readEverything(store);
          await store.idle();
        }
        indexFaults.clear();
        clock.advance(60_000);
        await readEverything(store);
        await store.idle();
        await readEverything(store);
        expect(store.stats().failures).toBe(0);
      });
    }

  it("throws at once instead of rejecting", async () => {
    const { storage, index } = testTier();
    const store = new CachedStore(plainSource(values), "s", storage);
    await readEverything(store);
    const { lookup } = index;
    index.lookup = () => {
      throw new TypeError("broken");
    };
    await readEverything(store);
    expect(storage.tierStatistics()[0]?.faults).toBeGreaterThan(0);
    index.lookup = lookup;
  });
});

describe("a read is answered within the deadline when the index", () => {
  for (const on of ["open", "bind", "lookup", "claim"] as const)
    it(`hangs in ${on}`, async () => {
      const tier = testTier();
      const store = new CachedStore(plainSource(values), "s", tier.storage);
      if (on === "lookup" || on === "claim") await store.get("/b");
      tier.indexFaults.add({ kind: "hang", on });
      const value = store.get("/a");
      expect(await passTime(tier.clock, value)).toBeLessThanOrEqual(1000);
      expect(await value).toEqual(counted(100));
      expect(tier.storage.tierStatistics()[0]?.faults).toBeGreaterThan(0);
    });

  for (const on of ["reserve", "commit", "release", "condemned"] as const)
    it(`hangs in ${on}, and so is the next one of the same key`, async () => {
      const tier = testTier();
      const store = new CachedStore(plainSource(values), "s", tier.storage);
      tier.indexFaults.add({ kind: "hang", on });
      expect(await store.get("/a")).toEqual(counted(100));
      const again = store.get("/a");
      expect(await passTime(tier.clock, again)).toBeLessThanOrEqual(30_000);
      expect(await again).toEqual(counted(100));
      tier.indexFaults.clear();
      tier.indexFaults.letGo();
      await tier.storage.idle();
    });
});

describe("a write is refused before the source is touched when the index", () => {
  for (const [kind, on] of [
    ["fail", "openWrite"],
    ["loseReply", "openWrite"],
    ["fail", "open"],
    ["hang", "openWrite"],
  ] as const)
    it(`is made to ${kind} ${on}`, async () => {
      const tier = testTier();
      const held = new Map([["/a", counted(3)]]);
      const store = new CachedStore(held, "s", tier.storage);
      tier.indexFaults.add({ kind, on });
      const writing = store.set("/a", counted(9));
      writing.catch(() => {});
      await passTime(tier.clock, writing);
      await expect(writing).rejects.toMatchObject({ tag: "CacheUnavailableError" });
      expect(held.get("/a")).toEqual(counted(3));
    });
});

it("reports every fault with its tier, its operation and the error", async () => {
  const { storage, indexFaults } = testTier();
  const faults: unknown[] = [];
  storage.on("fault", (fault) => faults.push(fault));
  const error = new Error("broken");
  await storage.open();
  indexFaults.add({ kind: "fail", on: "lookup", times: 1, error });
  expect(await storage.get({ storeId: "s", key: "/a" })).toBeUndefined();
  expect(faults).toEqual([{ tier: "memory", operation: "get", error }]);
  expect(storage.tierStatistics("s")[0]?.faults).toBe(1);
});
