import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { countingSource } from "../../src/testing/index.ts";
import { seededBytes } from "../../src/testing/random.ts";
import { sealSize } from "../../src/tier/seal.ts";
import { counted } from "../support/bytes.ts";
import { testTier } from "../support/memory-tier.ts";
import { passTime } from "../support/pass-time.ts";
import { plainSource } from "../support/plain-source.ts";

/** Two frames and a bit. */
const value = seededBytes(140_000, 1);

/** Compares with {@link value}; comparing byte by byte would take longer than all the rest. */
function expectValue(read: Uint8Array | undefined): void {
  expect(read && Buffer.compare(read, value)).toBe(0);
}

/** A store over a sealed tier that holds `/a`. */
async function holding() {
  const source = countingSource(plainSource(new Map([["/a", value]])));
  const tier = testTier({ sealed: true });
  const store = new CachedStore(source, "s", tier.storage);
  await store.get("/a");
  await store.idle();
  const corrupt: unknown[] = [];
  store.on("corrupt", (event) => corrupt.push(event));
  return { source, store, corrupt, ...tier };
}

for (const kind of ["flipBit", "truncate"] as const)
  describe(`bytes that come back from the medium after ${kind}`, () => {
    it("are never handed out: they are quarantined, fetched again and counted", async () => {
      const { source, store, corrupt, byteFaults, storage } = await holding();
      byteFaults.add({ kind, on: "get", times: 1 });
      expectValue(await store.get("/a"));
      await store.idle();
      expect(source.requests).toHaveLength(2);
      expect(corrupt).toEqual([{ tier: "memory", part: { storeId: "s", key: "/a" } }]);
      expect(store.stats().tiers[0]?.corrupt).toBe(1);
      expectValue(await store.get("/a"));
      expect(source.requests).toHaveLength(2);
      expect((await storage.usage()).entries).toBe(1);
    });

    it("are never handed out as a range either", async () => {
      const { source, store, byteFaults } = await holding();
      byteFaults.add({ kind, on: "get", times: 1 });
      expect(await store.getRange("/a", { offset: 100_000, length: 10 })).toEqual(
        value.slice(100_000, 100_010),
      );
      expect(source.requests).toHaveLength(2);
    });

    it("are found by verify, and taken away by its repair", async () => {
      const { byteFaults, storage } = await holding();
      byteFaults.add({ kind, on: "get", times: 2 });
      expect(await storage.verify()).toMatchObject({ checked: 1, corrupt: 1, lost: 0, repaired: false });
      expect(await storage.verify({ repair: true })).toMatchObject({ corrupt: 1, repaired: true });
      expect(await storage.verify()).toMatchObject({ checked: 0, corrupt: 0 });
    });
  });

it("quarantines the damaged entry only, not the one that has replaced it", async () => {
  const { store, byteFaults, storage } = await holding();
  byteFaults.add({ kind: "flipBit", on: "get", times: 1 });
  await Promise.all([store.get("/a"), store.get("/a"), store.getRange("/a", { suffixLength: 5 })]);
  await store.idle();
  expect(await storage.has({ storeId: "s", key: "/a" })).toBe(true);
});

it("never takes the bytes of one key for those of another, though they are whole and sealed", async () => {
  const values = new Map([
    ["/a", counted(100, 1)],
    ["/b", counted(100, 2)],
  ]);
  const { storage, opener } = testTier({ sealed: true });
  const store = new CachedStore(plainSource(values), "s", storage);
  for (const key of ["/a", "/b"] as const) await store.get(key);
  await store.idle();
  const { entries } = await storage.entries();
  const [a = "", b = ""] = entries.map(({ token }) => token);
  const bytes = opener.open("s");
  const other = await bytes.get(b, 100, sealSize({ storeId: "s", key: "/b" }, 100));
  await bytes.set(a, other?.value ?? counted(0), other?.seal);
  expect(await store.get("/a")).toEqual(counted(100, 1));
  expect(store.stats().tiers[0]?.corrupt).toBe(1);
});

it("asks the source for bytes that are gone, and counts a fault", async () => {
  const { source, store, opener, storage } = await holding();
  const { entries } = await storage.entries();
  await opener.open("s").delete(entries[0]?.token ?? "");
  expectValue(await store.get("/a"));
  await store.idle();
  expectValue(await store.get("/a"));
  expect(source.requests).toHaveLength(2);
  expect(store.stats().tiers[0]).toMatchObject({ faults: 1, corrupt: 0 });
});

describe("a read never fails when the bytes", () => {
  for (const kind of ["fail", "loseReply"] as const)
    for (const on of ["get", "set", "delete", "names", "check"])
      it(`are made to ${kind} ${on}, and they heal afterwards`, async () => {
        const { storage, byteFaults, clock } = testTier({ sealed: true });
        byteFaults.add({ kind, on });
        const store = new CachedStore(plainSource(new Map([["/a", value]])), "s", storage);
        for (let i = 0; i < 3; i++) {
          expectValue(await store.get("/a"));
          expect(await store.getRange("/a", { offset: 5, length: 5 })).toEqual(value.slice(5, 10));
          await store.idle();
          clock.advance(6000);
        }
        byteFaults.clear();
        clock.advance(60_000);
        await store.get("/a");
        await store.idle();
        await store.get("/a");
        expect(store.stats()).toMatchObject({ failures: 0 });
        expect((await storage.usage()).entries).toBeGreaterThan(0);
      });
});

describe("bytes that hang", () => {
  it("while they are read cost the deadline, then the source answers", async () => {
    const { store, byteFaults, clock } = await holding();
    byteFaults.add({ kind: "hang", on: "get" });
    const reading = store.get("/a");
    expect(await passTime(clock, reading)).toBeLessThanOrEqual(1000);
    expectValue(await reading);
  });

  it("while they are written cost nobody anything", async () => {
    const { storage, byteFaults } = testTier({ sealed: true });
    byteFaults.add({ kind: "hang", on: "set" });
    const store = new CachedStore(plainSource(new Map([["/a", value]])), "s", storage);
    expectValue(await store.get("/a"));
  });

  it("while they are deleted do not hold up reads", async () => {
    const { store, byteFaults, clock } = await holding();
    byteFaults.add({ kind: "hang", on: "delete" });
    await store.invalidate();
    for (let i = 0; i < 3; i++) {
      const reading = store.get("/a");
      expect(await passTime(clock, reading)).toBeLessThanOrEqual(1000);
      expectValue(await reading);
    }
  });
});

it("keeps what is written late charged until the write has ended, and never shows it", async () => {
  const { storage, byteFaults, clock, opener } = testTier();
  const store = new CachedStore(plainSource(new Map([["/a", counted(1000)]])), "s", storage);
  byteFaults.add({ kind: "hang", on: "set", times: 1 });
  await store.get("/a");
  await passTime(clock, Promise.resolve());
  clock.advance(10_001);
  await passTime(clock, Promise.resolve());
  expect((await storage.usage()).bytes).toBeGreaterThan(1000);
  byteFaults.letGo();
  // Nobody waits for a write that was given up.
  await passTime(clock, Promise.resolve());
  await storage.idle();
  expect((await storage.usage()).bytes).toBe(0);
  const names: unknown[] = [];
  for await (const name of opener.names?.() ?? []) names.push(name);
  expect(names).toEqual([]);
});

it("does not make readers wait for a write that is late", async () => {
  const { storage, byteFaults, clock } = testTier();
  const store = new CachedStore(plainSource(new Map([["/a", counted(1000)]])), "s", storage);
  byteFaults.add({ kind: "hang", on: "set", times: 1 });
  await store.get("/a");
  await passTime(clock, Promise.resolve());
  clock.advance(10_001);
  const again = store.get("/a");
  expect(await passTime(clock, again)).toBeLessThanOrEqual(1000);
});
