import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";

it("writes through to the source", async () => {
  const values = new Map<string, Uint8Array>();
  const { store } = cached(values);
  await store.set("/a", counted(3));
  expect(values.get("/a")).toEqual(counted(3));
  expect(store.stats().source.writes).toBe(1);
});

it("refreshes the copy where there was one, so that the next read asks nobody", async () => {
  const source = countingSource(new Map([["/a", counted(3)]]));
  const { store } = cached(source);
  await store.get("/a");
  await store.set("/a", counted(5, 7));
  for (let i = 0; i < 2; i++) expect(await store.get("/a")).toEqual(counted(5, 7));
  expect(await store.getRange("/a", { suffixLength: 2 })).toEqual(counted(2, 10));
  expect(source.countOf("/a")).toBe(1);
});

it("keeps nothing of a key that nobody has read", async () => {
  const { store, storage } = cached(new Map());
  await store.set("/a", counted(3));
  await store.idle();
  expect((await storage.usage()).entries).toBe(0);
});

it("drops the ranges of a key that is written", async () => {
  const values = new Map([["/a", counted(20)]]);
  const source = {
    get: async (key: string) => values.get(key),
    getRange: async (key: string, { offset, length }: { offset: number; length: number }) =>
      values.get(key)?.slice(offset, offset + length),
    set: async (key: string, value: Uint8Array) => void values.set(key, value),
  };
  const { store } = cached(source as never);
  expect(await store.getRange("/a", { offset: 2, length: 4 })).toEqual(counted(4, 2));
  await store.set("/a", counted(20, 100));
  expect(await store.getRange("/a", { offset: 2, length: 4 })).toEqual(counted(4, 102));
});

it("counts the age of a refreshed copy from before the write", async () => {
  const values = new Map([["/a", counted(3)]]);
  const { store, clock } = cached(values, { maxAge: 1000 });
  await store.get("/a");
  await store.set("/a", counted(3, 5));
  await store.idle();
  values.set("/a", counted(3, 9));
  clock.advance(1000);
  expect(await store.get("/a")).toEqual(counted(3, 5));
  clock.advance(1);
  expect(await store.get("/a")).toEqual(counted(3, 9));
});

it("reads undefined after a delete, and asks the source for it at most once", async () => {
  const source = countingSource(new Map([["/a", counted(3)]]));
  const { store } = cached(source);
  await store.get("/a");
  source.forget();
  await store.delete("/a");
  for (let i = 0; i < 3; i++) expect(await store.get("/a")).toBeUndefined();
  expect(source.requests).toHaveLength(1);
});

it("drops the copy when the source fails to write, and hands its failure on", async () => {
  const values = new Map([["/a", counted(3)]]);
  const failure = new Error("disk full");
  const source = {
    get: async (key: string) => values.get(key),
    set: async (key: string) => {
      values.set(key, counted(1));
      throw failure;
    },
  };
  const { store } = cached(source);
  await store.get("/a");
  await expect(store.set("/a", counted(5))).rejects.toBe(failure);
  expect(await store.get("/a")).toEqual(counted(1));
});

it("does not touch the source when the index cannot be reached", async () => {
  const values = new Map([["/a", counted(3)]]);
  const { store, indexFaults } = cached(values);
  await store.get("/a");
  await store.idle();
  indexFaults.add({ kind: "fail", on: "openWrite" });
  await expect(store.set("/a", counted(5))).rejects.toMatchObject({ tag: "CacheUnavailableError" });
  await expect(store.delete("/a")).rejects.toMatchObject({ tag: "CacheUnavailableError" });
  expect(values.get("/a")).toEqual(counted(3));
  expect(await store.get("/a")).toEqual(counted(3));
});

it("makes a write that another store of the same storage reads at once", async () => {
  const values = new Map([["/a", counted(3)]]);
  const { store, storage } = cached(values);
  const other = new CachedStore(values, "s", storage);
  await other.get("/a");
  await store.set("/a", counted(3, 9));
  expect(await other.get("/a")).toEqual(counted(3, 9));
});

it("can be deaf to the bytes of the cache: a copy that cannot be written is only dropped", async () => {
  const values = new Map([["/a", counted(3)]]);
  const { store, byteFaults } = cached(values);
  await store.get("/a");
  await store.idle();
  byteFaults.add({ kind: "fail", on: "set" });
  await store.set("/a", counted(3, 9));
  expect(await store.get("/a")).toEqual(counted(3, 9));
});

it("rejects writes where the source cannot write, naming what it lacks", async () => {
  const { store } = cached({ get: async () => undefined });
  await expect(store.set("/a", counted(1))).rejects.toMatchObject({
    tag: "UnsupportedError",
    message: expect.stringContaining("no set()"),
  });
  await expect(store.delete("/a")).rejects.toMatchObject({
    tag: "UnsupportedError",
    message: expect.stringContaining("no delete()"),
  });
});

it("rejects values that are not bytes before anything is touched", async () => {
  const values = new Map([["/a", counted(3)]]);
  const { store } = cached(values);
  for (const value of ["text", undefined, null, 5, [1], new ArrayBuffer(2), new Uint16Array(2), {}])
    await expect(store.set("/a", value as Uint8Array)).rejects.toMatchObject({ tag: "InvalidValueError" });
  expect(values.get("/a")).toEqual(counted(3));
  expect(store.stats().source.writes).toBe(0);
});

it("keeps the storage's books in order over a hundred writes and deletes", async () => {
  const { store, storage } = cached(new Map());
  for (let i = 0; i < 50; i++) {
    await store.set("/a", counted(100, i));
    expect(await store.get("/a")).toEqual(counted(100, i));
    if (i % 3 === 0) await store.delete("/a");
  }
  await store.invalidate();
  await store.idle();
  expect(await storage.usage()).toMatchObject({ entries: 0, bytes: 0 });
});

it("tells apart a write that was not begun and one whose end could not be told", async () => {
  const values = new Map([["/a", counted(3)]]);
  const { store, indexFaults } = cached(values);
  await store.get("/a");
  const once = { kind: "fail", times: 1, error: new Error("broken") } as const;
  indexFaults.add({ ...once, on: "openWrite" });
  await expect(store.set("/a", counted(3, 1))).rejects.toMatchObject({
    tag: "CacheUnavailableError",
    begun: false,
    message: expect.stringMatching(/was not begun: .*broken.*Try again/),
  });
  expect(values.get("/a")).toEqual(counted(3));
  indexFaults.add({ ...once, on: "closeWrite" });
  await expect(store.set("/a", counted(3, 2))).rejects.toMatchObject({
    tag: "CacheUnavailableError",
    begun: true,
    message: expect.stringMatching(/reached the source.*broken.*need not be written again/),
  });
  expect(values.get("/a")).toEqual(counted(3, 2));
  expect(await store.get("/a")).toEqual(counted(3, 2));
});
