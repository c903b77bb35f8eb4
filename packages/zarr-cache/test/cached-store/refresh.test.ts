import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import type { RefreshProgress } from "../../src/index.ts";
import { countingSource, deferred } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached, type TestStore } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";
import { arrayDocument, chunkOf, KEYS, twoArrays } from "../support/two-array-dataset.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const NONE = { changed: 0, dropped: 0, failed: 0, failures: [] };

async function filled(source: VersionedSource, options = {}): Promise<TestStore> {
  const made = cached(source, options);
  for (const key of KEYS) await made.store.get(key);
  await made.store.idle();
  source.taken();
  return made;
}

describe("refresh", () => {
  it("asks about all that is cached, however young, and brings no bytes where nothing changed", async () => {
    const source = twoArrays();
    const { store, storage, clock } = await filled(source);
    clock.advance(1000);
    const reads = store.stats().reads;
    expect(await store.refresh()).toEqual({ checked: KEYS.length, unchanged: KEYS.length, ...NONE });
    expect(
      source
        .taken()
        .map(({ key, status }) => [key, status])
        .toSorted(),
    ).toEqual(KEYS.map((key) => [key, key === "/b/c/3" ? "missing" : "unchanged"]).toSorted());
    expect(store.stats().reads).toBe(reads);
    // All of it is as young as the answer.
    expect((await storage.entries({ limit: 100 })).entries.map(({ age }) => age)).toEqual(KEYS.map(() => 0));
  });

  it("only of a path", async () => {
    const source = twoArrays();
    const { store } = await filled(source);
    expect(await store.refresh("/a")).toMatchObject({ checked: 5, unchanged: 5 });
    expect(await store.refresh("/a/c/0")).toMatchObject({ checked: 1, unchanged: 1 });
    expect(await store.refresh("/a/c/9")).toMatchObject({ checked: 0 });
    expect(source.taken()).toHaveLength(6);
  });

  it("drops what has changed, what came, and what went, to be fetched when it is read next", async () => {
    const source = twoArrays();
    const { store } = await filled(source);
    source.put("/a/c/0", chunkOf(2, 0)).put("/b/c/3", chunkOf(2, 3)).remove("/a/c/1");
    expect(await store.refresh()).toEqual({
      ...NONE,
      checked: KEYS.length,
      unchanged: KEYS.length - 3,
      changed: 2,
      dropped: 1,
    });
    source.taken();
    expect(await store.get("/a/c/0")).toEqual(chunkOf(2, 0));
    expect(await store.get("/b/c/3")).toEqual(chunkOf(2, 3));
    expect(await store.get("/a/c/1")).toBeUndefined();
    expect(source.taken()).toHaveLength(3);
  });

  it("drops what is below metadata that have changed without asking about it", async () => {
    const source = twoArrays();
    const { store } = await filled(source);
    source.put("/a/zarr.json", arrayDocument(5));
    expect(await store.refresh()).toEqual({
      ...NONE,
      checked: KEYS.length,
      unchanged: 6,
      changed: 1,
      dropped: 4,
    });
    expect(source.taken().filter(({ key }) => key.startsWith("/a/c/"))).toEqual([]);
  });

  it("asks about them all the same where data are not dropped, so that an array that grew costs few bytes", async () => {
    const source = twoArrays();
    const { store } = await filled(source, { dropOnChange: false });
    source.put("/a/zarr.json", arrayDocument(5)).put("/a/c/3", chunkOf(2, 3));
    expect(await store.refresh()).toEqual({
      ...NONE,
      checked: KEYS.length,
      unchanged: KEYS.length - 2,
      changed: 2,
    });
  });

  it("compares bytes where the source has no validators", async () => {
    const values = new Map([
      ["/c/0", counted(10)],
      ["/c/1", counted(10)],
    ]);
    const { store } = cached(countingSource(plainSource(values)));
    for (const key of ["/c/0", "/c/1", "/c/2"] as const) await store.get(key);
    await store.getRange("/s", { suffixLength: 2 });
    await store.idle();
    values.set("/c/1", counted(10, 1));
    expect(await store.refresh()).toEqual({ ...NONE, checked: 4, unchanged: 3, changed: 1 });
    expect(await store.get("/c/1")).toEqual(counted(10, 1));
  });

  it("asks once about all ranges of a value, and drops those of one that has changed", async () => {
    const source = new VersionedSource().put("/s", counted(100), '"1"').put("/t", counted(100), '"1"');
    const { store, storage, clock } = cached(source);
    for (const key of ["/s", "/t"] as const)
      for (const offset of [0, 10, 20]) await store.getRange(key, { offset, length: 5 });
    await store.idle();
    source.taken();
    source.put("/t", counted(100, 1), '"2"');
    clock.advance(1000);
    expect(await store.refresh()).toEqual({ ...NONE, checked: 6, unchanged: 3, changed: 1, dropped: 2 });
    expect(source.taken().map(({ key }) => key)).toEqual(["/s", "/t"]);
    const { entries } = await storage.entries();
    expect(entries.map(({ key, age }) => [key, age])).toEqual([
      ["/s", 0],
      ["/s", 0],
      ["/s", 0],
    ]);
    expect(await new CachedStore(source, "s", storage).getRange("/t", { offset: 0, length: 5 })).toEqual(
      counted(5, 1),
    );
  });

  it("counts what the source fails for, and leaves it as it is", async () => {
    const source = twoArrays();
    const { store } = await filled(source);
    source.failure = new Error("down");
    const report = await store.refresh("/a");
    expect(report).toMatchObject({ checked: 5, failed: 5, unchanged: 0 });
    expect(report.failures[0]).toMatchObject({ key: "/a/zarr.json", error: { message: "down" } });
    source.taken();
    expect(await store.get("/a/c/0")).toEqual(chunkOf(1, 0));
    expect(source.taken()).toEqual([]);
  });

  it("has as many requests under way as it is told, tells how far it is, and stops when it is told", async () => {
    const values = new Map(Array.from({ length: 50 }, (_, n) => [`/c/${n}`, counted(4)] as const));
    const source = countingSource(plainSource(values));
    const { store } = cached(source);
    await store.warm([...values.keys()]);
    await store.idle();
    const steps: RefreshProgress[] = [];
    await store.refresh("/", { concurrency: 3, onProgress: (progress) => steps.push(progress) });
    expect(source.maxInFlight).toBeGreaterThan(1);
    expect(steps.map(({ checked }) => checked)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));

    const abort = new AbortController();
    const before = store.stats().source.reads;
    const stopped = store.refresh("/", {
      concurrency: 1,
      signal: abort.signal,
      onProgress: ({ checked }) => checked === 10 && abort.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
    await store.idle();
    expect(store.stats().source.reads - before).toBe(10);
  });

  it("ends when it is told to, though the source does not listen", async () => {
    let reads = 0;
    const { store } = cached({ get: () => (reads++ === 0 ? counted(4) : deferred<Uint8Array>().promise) });
    await store.get("/c/0");
    await store.idle();
    const stop = new AbortController();
    const refreshing = store.refresh("/", { signal: stop.signal });
    while (reads < 2) await setImmediate();
    stop.abort(new Error("enough"));
    await expect(refreshing).rejects.toThrow("enough");
  });

  it("is one question with the reads of the same key, whoever asks", async () => {
    const source = twoArrays();
    const { store, clock } = await filled(source, { maxAge: "1m" });
    clock.advance(60_001);
    const gate = deferred();
    const read = source.read.bind(source);
    source.read = async (...asked) => {
      await gate.promise;
      return read(...asked);
    };
    const first = store.refresh("/a/c/0");
    await setImmediate();
    const others = [store.get("/a/c/0"), store.refresh("/a/c/0")];
    await setImmediate();
    gate.resolve();
    const one = { ...NONE, checked: 1, unchanged: 1 };
    expect(await first).toEqual(one);
    expect(await Promise.all(others)).toEqual([chunkOf(1, 0), one]);
    expect(source.taken()).toHaveLength(1);
  });

  it("is refused offline, after the end, and for paths and options that are none", async () => {
    const { store, storage } = cached(new Map());
    await expect(store.refresh("a")).rejects.toMatchObject({ tag: "InvalidKeyError" });
    await expect(store.refresh("/", { every: 5 } as never)).rejects.toMatchObject({
      tag: "InvalidOptionError",
    });
    const offline = new CachedStore(new Map(), "s", storage, { offline: true });
    await expect(offline.refresh()).rejects.toMatchObject({ tag: "UnsupportedError" });
    await store.close();
    await expect(store.refresh()).rejects.toMatchObject({ tag: "ClosedError" });
  });
});
