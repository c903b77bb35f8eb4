import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { isZarrCacheError, PinLimitError } from "../../src/index.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted, json } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";
import { temporaryCache } from "../support/temporary-cache.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const SIZE = 10_000;
const ARRAY = json({
  zarr_format: 3,
  node_type: "array",
  shape: [40],
  chunk_grid: { name: "regular", configuration: { chunk_shape: [10] } },
  chunk_key_encoding: { name: "default" },
});
const CHUNKS = Array.from({ length: 4 }, (_, i) => `/t/c/${i}` as const);
const OTHERS = Array.from({ length: 20 }, (_, i) => `/other/${i}` as const);

function values() {
  return new Map([
    ["/t/zarr.json", ARRAY],
    ...[...CHUNKS, ...OTHERS].map((key, i) => [key, counted(SIZE, i)] as const),
  ]);
}

function setUp() {
  const source = countingSource({ ...plainSource(values()), cost: () => 10 });
  const made = cached(source, {}, { index: { maxBytes: 10 * (SIZE + 256) } });
  const readOthers = async () => {
    for (const key of OTHERS) await made.store.get(key);
    await made.store.idle();
  };
  return { source, readOthers, ...made };
}

describe("what is warmed with a pin", () => {
  it("stays, whatever is read, until it is unpinned", async () => {
    const { source, store, readOthers } = setUp();
    expect(await store.warm({ arrays: ["t"] }, { pin: true })).toMatchObject({ done: 5, failed: 0 });
    await readOthers();
    source.forget();
    for (const key of CHUNKS) await store.get(key);
    expect(source.requests).toEqual([]);
    expect(await store.unpin({ pattern: "/t/c/[0]" }).catch((error: unknown) => error)).toMatchObject({
      tag: "UnsupportedError",
    });
    expect(await store.unpin(["/t/c/0"])).toBe(1);
    expect(await store.unpin()).toBe(4);
    await readOthers();
    source.forget();
    for (const key of CHUNKS) await store.get(key);
    expect(source.requests).toHaveLength(4);
  });

  it.each([false, true])("is not looked for outside of the store (offline: %s)", async (offline) => {
    const source = countingSource(plainSource(values()));
    const { store } = cached(source, { offline });
    for (const array of ["../t", "a//t", "t\\u"])
      for (const work of ["unpin", "warm"] as const)
        await expect(store[work]({ arrays: [array] })).rejects.toMatchObject({ tag: "InvalidKeyError" });
    expect(source.requests).toEqual([]);
  });

  it("may have been cached before, or be read at the same moment", async () => {
    const { source, store, storage } = setUp();
    await store.get("/t/c/0");
    await Promise.all([store.warm(CHUNKS, { pin: true }), ...CHUNKS.map((key) => store.get(key))]);
    expect(source.requests).toHaveLength(4);
    const { entries } = await storage.entries();
    expect(entries.map(({ pinned }) => pinned)).toEqual([true, true, true, true]);
  });

  it("is refused with the key and the limit where it is too much, and what came before stays pinned", async () => {
    const { store, storage } = setUp();
    const error: unknown = await store
      .warm(OTHERS, { pin: true, concurrency: 1 })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PinLimitError);
    expect(isZarrCacheError(error, "PinLimitError")).toBe(true);
    expect(error).toMatchObject({ key: "/other/5", maxPinnedBytes: 51_280 });
    expect((error as Error).message).toMatch(/maxPinnedBytes/);
    expect((await storage.usage()).pinnedBytes).toBe(5 * (SIZE + 256));
  });

  it("is reported as failed where it is not kept at all", async () => {
    const source = plainSource(values());
    const { store } = cached(source, { shouldCache: (key) => key !== "/t/c/1" });
    const { failed, failures } = await store.warm(CHUNKS, { pin: true });
    expect([failed, failures.map(({ key }) => key)]).toEqual([1, ["/t/c/1"]]);
    expect(failures[0]?.error).toMatchObject({ tag: "NotKeptError" });
  });

  it("stays pinned when its value changes at the source", async () => {
    const source = new VersionedSource().put("/c/0", counted(SIZE));
    const { store, storage, clock } = cached(source, { maxAge: 1000 });
    await store.warm(["/c/0"], { pin: true });
    source.put("/c/0", counted(SIZE, 7));
    clock.advance(2000);
    expect(await store.get("/c/0")).toEqual(counted(SIZE, 7));
    await store.idle();
    expect((await storage.entries()).entries.map(({ pinned, validator }) => [pinned, validator])).toEqual([
      [true, '"2"'],
    ]);
  });

  it("outlives its process, and a cache of two tiers", async () => {
    const { open } = await temporaryCache();
    const options = { maxBytes: 400_000, memory: "1 MB" } as const;
    const source = countingSource({ ...plainSource(values()), cost: () => 10 });
    const first = await open(options);
    const store = first.wrap(source, "s");
    // In memory too, so that the pin has to find it below.
    for (const key of CHUNKS) await store.get(key);
    await store.idle();
    await store.warm({ arrays: ["t"] }, { pin: true });
    await first.close();
    const second = await open(options);
    const again = second.wrap(source, "s");
    for (let round = 0; round < 3; round++)
      for (const key of OTHERS) {
        await again.get(key);
        await again.idle();
      }
    source.forget();
    for (const key of CHUNKS) await again.get(key);
    expect(source.requests).toEqual([]);
    const { pinnedBytes, maxPinnedBytes } = await second.storage.usage();
    expect([pinnedBytes > 4 * SIZE, pinnedBytes < maxPinnedBytes]).toEqual([true, true]);
    expect(await again.unpin()).toBe(5);
  });

  it("may be what only a tier above has", async () => {
    const { open } = await temporaryCache();
    const source = countingSource({ ...plainSource(values()), cost: () => 10 });
    const cache = await open({ maxBytes: 1_000_000, memory: "1 MB" });
    const store = cache.wrap(source, "s");
    await store.get("/t/c/0");
    await store.idle();
    const { token } = (await cache.storage.entries()).entries[0] ?? {};
    expect(token).toBeDefined();
    await store.warm(["/t/c/0"], { pin: true });
    expect((await cache.storage.entries()).entries[0]).toMatchObject({ pinned: true, token });
    expect(source.requests).toHaveLength(1);
  });
});

it("rejects a pin that is none", async () => {
  const { store } = cached(new Map());
  await expect(store.warm(["/a"], { pin: "yes" as never })).rejects.toMatchObject({ option: "pin" });
  expect(store).toBeInstanceOf(CachedStore);
});
