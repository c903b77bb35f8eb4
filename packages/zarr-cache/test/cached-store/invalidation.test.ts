import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { gatedSource } from "../support/gated-source.ts";
import { plainSource } from "../support/plain-source.ts";

const KEYS = ["/a", "/a/0", "/a/b/1", "/ab", "/ab/0", "/b"] as const;

/** The keys that have to be fetched again once a path was invalidated. */
async function droppedBy(path: string | undefined): Promise<string[]> {
  const source = countingSource(plainSource(new Map(KEYS.map((key) => [key, counted(4)]))));
  const { store } = cached(source);
  for (const key of KEYS) await store.get(key);
  source.forget();
  await store.invalidate(path);
  for (const key of KEYS) await store.get(key);
  return source.requests.map(({ key }) => key);
}

it("drops everything by default", async () => {
  expect(await droppedBy(undefined)).toEqual([...KEYS]);
  expect(await droppedBy("/")).toEqual([...KEYS]);
});

it("drops a key and everything below it, never what only begins alike", async () => {
  expect(await droppedBy("/a")).toEqual(["/a", "/a/0", "/a/b/1"]);
});

it("drops only what is below a path that ends with a slash", async () => {
  expect(await droppedBy("/a/")).toEqual(["/a/0", "/a/b/1"]);
});

it("drops one key alone where nothing is below it", async () => {
  expect(await droppedBy("/a/b/1")).toEqual(["/a/b/1"]);
});

it("drops nothing for a path that nothing is under", async () => {
  expect(await droppedBy("/c")).toEqual([]);
});

it("drops ranges and missing keys too", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(9)]])));
  const { store } = cached(source);
  await store.getRange("/a", { suffixLength: 3 });
  await store.get("/missing");
  await store.invalidate();
  await store.getRange("/a", { suffixLength: 3 });
  await store.get("/missing");
  expect(source.requests).toHaveLength(4);
});

it("leaves other stores of the storage alone", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(9)]])));
  const { store, storage } = cached(source);
  const other = new CachedStore(source, "other", storage);
  await store.get("/a");
  await other.get("/a");
  await store.invalidate();
  await other.get("/a");
  expect(source.requests).toHaveLength(2);
});

it("never makes a fill visible that began before it, and lets nobody join it", async () => {
  const gate = gatedSource();
  const { store } = cached(gate);
  const before = store.get("/a");
  const first = await gate.arrived(0);
  await store.invalidate("/a");
  const after = store.get("/a");
  const second = await gate.arrived(1);
  first.resolve(counted(1, 1));
  expect(await before).toEqual(counted(1, 1));
  second.resolve(counted(1, 2));
  expect(await after).toEqual(counted(1, 2));
  await store.idle();
  expect(await store.get("/a")).toEqual(counted(1, 2));
  expect(gate.reads).toHaveLength(2);
});

it("waits in idle for a read that began before it", async () => {
  const gate = gatedSource();
  const { store } = cached(gate);
  const before = store.get("/a");
  const read = await gate.arrived(0);
  await store.invalidate("/a");
  let isIdle = false;
  const idle = store.idle().then(() => {
    isIdle = true;
  });
  for (let i = 0; i < 50; i++) await Promise.resolve();
  expect(isIdle).toBe(false);
  read.resolve(counted(1));
  await before;
  await idle;
});

it("rejects when the index cannot be reached, and drops nothing", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(9)]])));
  const { store, indexFaults } = cached(source);
  await store.get("/a");
  await store.idle();
  indexFaults.add({ kind: "fail", on: "invalidate", times: 1 });
  await expect(store.invalidate("/a")).rejects.toMatchObject({ tag: "CacheUnavailableError" });
  await store.get("/a");
  expect(source.requests).toHaveLength(1);
  await store.invalidate("/a");
  await store.get("/a");
  expect(source.requests).toHaveLength(2);
});

it("rejects paths that are none", async () => {
  const { store } = cached(new Map());
  for (const path of ["", "a", "/a//b", "/../x", "/a/.", "//", "/a\\b", "/a\n"])
    await expect(store.invalidate(path)).rejects.toMatchObject({ tag: "InvalidKeyError" });
});
