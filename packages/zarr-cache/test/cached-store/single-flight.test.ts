import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { gatedSource } from "../support/gated-source.ts";
import { holdCall } from "../support/hold-call.ts";
import { plainSource } from "../support/plain-source.ts";

it("asks the source once for 100 readers of one key that come at once", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(1000)]])));
  const { store } = cached(source);
  const values = await Promise.all(Array.from({ length: 100 }, () => store.get("/a")));
  for (const value of values) expect(value).toEqual(counted(1000));
  expect(source.countOf("/a")).toBe(1);
  expect(store.stats()).toMatchObject({ reads: 100, misses: 1, coalesced: 99 });
});

it("asks the source once for each of many keys, all of them at the same time", async () => {
  const gate = gatedSource();
  const source = countingSource(gate);
  const { store } = cached(source);
  const keys = Array.from({ length: 20 }, (_, i) => `/${i}` as const);
  const reads = keys.flatMap((key) => [store.get(key), store.get(key)]);
  await gate.arrived(19);
  expect(source.maxInFlight).toBe(20);
  for (const read of gate.reads) read.resolve(counted(10));
  await Promise.all(reads);
  expect(source.requests).toHaveLength(20);
});

it("gives every reader of one flight bytes of its own", async () => {
  const { store } = cached(new Map([["/a", counted(8)]]));
  const values = await Promise.all(Array.from({ length: 3 }, () => store.get("/a")));
  values[0]?.fill(255);
  expect(values[1]).toEqual(counted(8));
  expect(await store.get("/a")).toEqual(counted(8));
});

it("gives every reader of one flight the source's own error, and begins anew for the next one", async () => {
  const gate = gatedSource();
  const { store } = cached(gate);
  const reads = Array.from({ length: 5 }, () => store.get("/a"));
  const failure = new Error("the source is down");
  (await gate.arrived(0)).reject(failure);
  for (const read of reads) await expect(read).rejects.toBe(failure);
  const again = [store.get("/a"), store.get("/a")];
  (await gate.arrived(1)).resolve(counted(2));
  expect(await Promise.all(again)).toEqual([counted(2), counted(2)]);
  expect(gate.reads).toHaveLength(2);
});

it("asks the source once for readers of two stores that share a storage", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(10)]])));
  const { store, storage } = cached(source);
  const other = new CachedStore(source, "s", storage);
  const values = await Promise.all([store.get("/a"), other.get("/a"), store.get("/a"), other.get("/a")]);
  for (const value of values) expect(value).toEqual(counted(10));
  expect(source.countOf("/a")).toBe(1);
});

it("tells the reader of another store what the source failed with", async () => {
  const gate = gatedSource();
  const { store, storage, indexFaults } = cached(gate);
  const other = new CachedStore(gate, "s", storage);
  const own = store.get("/a");
  const read = await gate.arrived(0);
  const wait = holdCall(indexFaults, "settled");
  const waiting = other.get("/a");
  await wait.come;
  wait.go();
  read.reject(new Error("out of order"));
  await expect(own).rejects.toThrow("out of order");
  await expect(waiting).rejects.toMatchObject({ tag: "FillFailedError", key: "/a" });
  await expect(waiting).rejects.toThrow("out of order");
  expect(gate.reads).toHaveLength(1);
});
