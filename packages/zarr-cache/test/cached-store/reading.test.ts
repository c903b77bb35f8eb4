import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";

it("asks the source once for a value that is read ten times", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(100)]])));
  const { store } = cached(source);
  for (let i = 0; i < 10; i++) expect(await store.get("/a")).toEqual(counted(100));
  expect(source.countOf("/a")).toBe(1);
});

it("answers an empty value as an empty value", async () => {
  const { store } = cached(new Map([["/empty", new Uint8Array(0)]]));
  for (let i = 0; i < 2; i++) expect(await store.get("/empty")).toEqual(new Uint8Array(0));
});

it("hands out bytes that own their buffer, whatever the source hands out", async () => {
  const large = counted(64);
  const view = {
    get: async () => large.subarray(8, 24),
    getRange: async () => Buffer.from(large.buffer, 8, 4),
  };
  const { store } = cached(view);
  for (let i = 0; i < 3; i++)
    for (const value of [await store.get("/a"), await store.getRange("/b", { offset: 0, length: 4 })]) {
      expect(value?.byteOffset).toBe(0);
      expect(value?.buffer.byteLength).toBe(value?.byteLength);
      expect(value?.constructor).toBe(Uint8Array);
    }
});

it("rejects what the source answers if it is not bytes, and asks again the next time", async () => {
  const answers: unknown[] = ["text", null, [1, 2], new ArrayBuffer(3)];
  const { store } = cached({
    get: async () => (answers.length > 0 ? answers.shift() : counted(3)) as Uint8Array,
  });
  for (let i = 0; i < 4; i++)
    await expect(store.get("/a")).rejects.toMatchObject({ tag: "InvalidValueError" });
  expect(await store.get("/a")).toEqual(counted(3));
});

it("hands the source's own error on, and asks again the next time", async () => {
  const failure = Object.assign(new Error("503"), { status: 503 });
  let calls = 0;
  const source = {
    get: async () => {
      if (calls++ === 0) throw failure;
      return counted(3);
    },
  };
  const { store } = cached(source);
  await expect(store.get("/a")).rejects.toBe(failure);
  expect(await store.get("/a")).toEqual(counted(3));
});

it("hands on the error of a source that throws at once", async () => {
  const failure = new TypeError("not even a promise");
  const { store } = cached({
    get: () => {
      throw failure;
    },
  });
  await expect(store.get("/a")).rejects.toBe(failure);
});

it("keeps the keys of two stores on one storage apart", async () => {
  const { store, storage } = cached(new Map([["/a", counted(3)]]));
  const other = new CachedStore(new Map([["/a", counted(5)]]), "other", storage);
  for (let i = 0; i < 2; i++) {
    expect(await store.get("/a")).toEqual(counted(3));
    expect(await other.get("/a")).toEqual(counted(5));
  }
});

it("reads through a store that is itself cached", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(100)]])));
  const inner = cached(source);
  const outer = cached(inner.store);
  expect(await outer.store.getRange("/a", { offset: 10, length: 5 })).toEqual(counted(5, 10));
  expect(await outer.store.get("/a")).toEqual(counted(100));
  inner.clock.advance(1);
  expect(await outer.store.get("/a")).toEqual(counted(100));
  expect(source.requests).toHaveLength(2);
});
