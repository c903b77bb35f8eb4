import { expect, it } from "vitest";
import { lruCache } from "../../src/memo/index.ts";
import { testTier } from "../support/memory-tier.ts";
import { temporaryCache } from "../support/temporary-cache.ts";

async function keysOf(cache: { keys(): AsyncIterable<string> }): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of cache.keys()) keys.push(key);
  return keys.sort();
}

it("is a map of texts to values", async () => {
  const { storage } = testTier();
  const cache = lruCache<unknown>(storage, { max: 10 });
  const odd = "a/../b c\u0000%?#\u{1f30d}";
  expect(await cache.set("a", { at: new Date(1) })).toBe(true);
  await cache.set(odd, Uint8Array.of(1));
  await cache.set("", 3);
  await cache.set("a", { at: new Date(2) });
  expect([await cache.get("a"), await cache.get(odd), await cache.get("")]).toEqual([
    { at: new Date(2) },
    Uint8Array.of(1),
    3,
  ]);
  expect(await keysOf(cache)).toEqual(["", "a", odd].sort());
  await cache.delete("a");
  expect([await cache.has("a"), await cache.has(odd), await cache.get("a"), await cache.get("b")]).toEqual([
    false,
    true,
    undefined,
    undefined,
  ]);
});

it("drops the least recently used above its bound, and never holds more", async () => {
  const { storage } = testTier();
  const cache = lruCache<number>(storage, { max: 3 });
  for (const key of ["a", "b", "c"]) await cache.set(key, 1);
  await cache.get("a");
  await cache.has("b");
  await cache.set("d", 1);
  expect(await keysOf(cache)).toEqual(["a", "c", "d"]);
  await Promise.all(Array.from({ length: 20 }, (_, at) => cache.set(`k${at}`, at)));
  expect((await keysOf(cache)).length).toBe(3);
});

it("keeps the last of several values that are set at once", async () => {
  const { storage } = testTier();
  const cache = lruCache<number>(storage, { max: 3 });
  await Promise.all([cache.set("a", 1), cache.set("a", 2), cache.set("a", 3)]);
  expect(await cache.get("a")).toBe(3);
});

it("knows what was there before, and in which order it was used", async () => {
  const { open, clock } = await temporaryCache();
  const first = await open({ memory: false });
  const before = lruCache<number>(first, { max: 3, name: "kept" });
  for (const key of ["a", "b", "c"]) {
    clock.advance(1000);
    await before.set(key, 1);
  }
  clock.advance(1000);
  await before.get("a");
  await first.close();
  const after = lruCache<number>(await open(), { max: 3, name: "kept" });
  await after.set("d", 1);
  expect(await keysOf(after)).toEqual(["a", "c", "d"]);
});

it("forgets past the age that it was given", async () => {
  const { storage, clock } = testTier();
  const cache = lruCache<number>(storage, { max: 3, maxAge: "1m" });
  await cache.set("a", 1);
  clock.advance(59_999);
  expect(await cache.get("a")).toBe(1);
  clock.advance(1);
  expect([await cache.get("a"), await cache.has("a"), await keysOf(cache)]).toEqual([undefined, false, []]);
});

it("does not see entries of another name", async () => {
  const { storage } = testTier();
  const [one, other] = ["one", "other"].map((name) => lruCache<number>(storage, { max: 3, name }));
  await one?.set("a", 1);
  expect(await other?.get("a")).toBeUndefined();
});

it("tells when the cache did not take a value, and does not show the old one", async () => {
  const { storage } = testTier({ index: { maxEntryBytes: 100 } });
  const cache = lruCache<string>(storage, { max: 3 });
  await cache.set("a", "short");
  expect(await cache.set("a", "long".repeat(100))).toBe(false);
  expect(await cache.get("a")).toBeUndefined();
});

it.each([
  [{}, "max"],
  [{ max: 0 }, "max"],
  [{ max: 1, maxAge: "old" }, "maxAge"],
  [{ max: 1, name: "a/b" }, "name"],
  [{ max: 1, cost: -1 }, "cost"],
  [{ max: 1, storeId: "/" }, "storeId"],
  [{ max: 1, ttl: 5 }, "ttl"],
  [undefined, "max"],
])("rejects %j when it is made", (options, name) => {
  expect(() => lruCache(testTier().storage, options as never)).toThrow(name);
});
