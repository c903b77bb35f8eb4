import { describe, expect, it } from "vitest";
import { countingSource, faultPlan, faultySource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";
import { temporaryCache } from "../support/temporary-cache.ts";

/** What the `CacheStore` of zarr-python got wrong, with the same inputs. */
describe("unlike zarr-python's CacheStore", () => {
  it("20 parallel cold gets of one key are one get of the source", async () => {
    const source = countingSource(plainSource(new Map([["/a", counted(100)]])));
    const { store } = cached(source);
    await Promise.all(Array.from({ length: 20 }, () => store.get("/a")));
    expect(source.requests).toHaveLength(1);
  });

  it("set and delete of 100 bytes, five times, leave a size of 0", async () => {
    const { store, storage } = cached(new Map());
    for (let i = 0; i < 5; i++) {
      await store.get("/a");
      await store.set("/a", counted(100));
      await store.delete("/a");
    }
    await store.idle();
    expect((await storage.usage()).bytes).toBe(0);
  });

  it("a value of 5000 bytes under a limit of 1000 is passed through, counted and not kept", async () => {
    const source = countingSource(plainSource(new Map([["/a", counted(5000)]])));
    const { store, storage } = cached(source, {}, { index: { maxBytes: 1000, maxEntryBytes: 1000 } });
    expect(await store.get("/a")).toEqual(counted(5000));
    await store.idle();
    expect(await storage.usage()).toMatchObject({ bytes: 0, entries: 0 });
    expect(store.stats().tiers[0]?.refusals).toEqual({ oversized: 1 });
  });

  it("a restart on the same directory with a smaller limit keeps no more than that (zarr-python#4282)", async () => {
    const values = new Map(Array.from({ length: 20 }, (_, i) => [`/${i}`, counted(100_000, i)] as const));
    const place = await temporaryCache();
    const before = await place.open({ maxBytes: "4 MB", maxEntryBytes: "1 MB" });
    const store = before.wrap(plainSource(values), "s");
    await store.warm(values.keys());
    await before.idle();
    expect((await before.usage()).bytes).toBeGreaterThan(2e6);
    await before.close();
    const after = await place.open({ maxBytes: "1 MB" });
    await after.idle();
    const { bytes, maxBytes } = await after.usage();
    expect(maxBytes).toBe(1e6);
    expect(bytes).toBeLessThanOrEqual(1e6);
  });

  it("the age survives a restart", async () => {
    const source = countingSource(plainSource(new Map([["/a", counted(10)]])));
    const place = await temporaryCache();
    const before = await place.open();
    await before.wrap(source, "s", { maxAge: 1000 }).get("/a");
    await before.close();
    place.clock.advance(600);
    const after = await place.open();
    const store = after.wrap(source, "s", { maxAge: 1000 });
    place.clock.advance(400);
    await store.get("/a");
    expect(source.requests).toHaveLength(1);
    place.clock.advance(1);
    await store.get("/a");
    expect(source.requests).toHaveLength(2);
  });

  it("a range of a fully cached key is cut from it", async () => {
    const source = countingSource(plainSource(new Map([["/a", counted(100)]])));
    const { store } = cached(source);
    await store.get("/a");
    expect(await store.getRange("/a", { offset: 20, length: 5 })).toEqual(counted(5, 20));
    expect(source.requests).toHaveLength(1);
  });

  it("an absent key read 10 times is asked for once within its age", async () => {
    const source = countingSource(plainSource(new Map()));
    const { store } = cached(source);
    for (let i = 0; i < 10; i++) expect(await store.get("/a")).toBeUndefined();
    expect(source.requests).toHaveLength(1);
  });

  it("a cache that cannot be written to does not fail the read", async () => {
    const { store, byteFaults } = cached(plainSource(new Map([["/a", counted(10)]])));
    byteFaults.add({
      kind: "fail",
      on: "set",
      error: Object.assign(new Error("disk full"), { code: "ENOSPC" }),
    });
    expect(await store.get("/a")).toEqual(counted(10));
    await store.idle();
    expect(await store.get("/a")).toEqual(counted(10));
  });

  it("an expired entry is served when the source is down, within staleIfError", async () => {
    const plan = faultPlan();
    const source = faultySource(plainSource(new Map([["/a", counted(10)]])), plan);
    const { store, clock } = cached(source, { maxAge: "1s", staleIfError: "1h" });
    await store.get("/a");
    plan.add({ kind: "fail" });
    clock.advance(60_000);
    expect(await store.get("/a")).toEqual(counted(10));
  });

  it("reads inside a shard are cached", async () => {
    const source = countingSource(plainSource(new Map([["/c/0", counted(1000)]])));
    const { store } = cached(source);
    const read = async () => {
      expect(await store.getRange("/c/0", { suffixLength: 36 })).toEqual(counted(36, 964));
      for (let offset = 0; offset < 900; offset += 100)
        expect(await store.getRange("/c/0", { offset, length: 100 })).toEqual(counted(100, offset));
    };
    await read();
    await read();
    expect(source.requests).toHaveLength(10);
  });
});
