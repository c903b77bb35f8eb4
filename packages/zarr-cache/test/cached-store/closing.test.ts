import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { gatedSource } from "../support/gated-source.ts";
import { holdCall } from "../support/hold-call.ts";
import { plainSource } from "../support/plain-source.ts";

it("rejects every use after close", async () => {
  const { store } = cached(new Map([["/a", counted(3)]]));
  await store.get("/a");
  await store.close();
  const closed = { tag: "ClosedError", message: expect.stringContaining('"s"') };
  await expect(store.get("/a")).rejects.toMatchObject(closed);
  await expect(store.getRange("/a", { offset: 0, length: 1 })).rejects.toMatchObject(closed);
  await expect(store.has("/a")).rejects.toMatchObject(closed);
  await expect(store.set("/a", counted(1))).rejects.toMatchObject(closed);
  await expect(store.delete("/a")).rejects.toMatchObject(closed);
  await expect(store.invalidate()).rejects.toMatchObject(closed);
  await expect(store.clear({ source: true })).rejects.toMatchObject(closed);
  await expect(store.warm(["/a"])).rejects.toMatchObject(closed);
});

it("leaves the storage and the other stores alone", async () => {
  const source = countingSource(plainSource(new Map([["/a", counted(3)]])));
  const { store, storage } = cached(source);
  await store.get("/a");
  await store.idle();
  await store.close();
  const next = new CachedStore(source, "s", storage);
  expect(await next.get("/a")).toEqual(counted(3));
  expect(source.requests).toHaveLength(1);
});

it("can be closed twice, and by await using", async () => {
  const { store } = cached(new Map());
  await store.close();
  await store.close();
  const other = cached(new Map()).store;
  await other[Symbol.asyncDispose]();
  await expect(other.get("/a")).rejects.toMatchObject({ tag: "ClosedError" });
});

it("lets reads that have begun end, and keeps nothing of them", async () => {
  const gate = gatedSource();
  const { store, storage } = cached(gate);
  const reading = store.get("/a");
  const read = await gate.arrived(0);
  await store.close();
  read.resolve(counted(3));
  expect(await reading).toEqual(counted(3));
  await store.idle();
  expect((await storage.usage()).entries).toBe(0);
});

it("is idle once what was read is kept, not before", async () => {
  const { store, storage, byteFaults } = cached(plainSource(new Map([["/a", counted(3)]])));
  const write = holdCall(byteFaults, "set");
  expect(await store.get("/a")).toEqual(counted(3));
  let isIdle = false;
  const idle = store.idle().then(() => {
    isIdle = true;
  });
  await write.come;
  expect(isIdle).toBe(false);
  write.go();
  await idle;
  expect((await storage.usage()).entries).toBe(1);
});

it("is idle at once when nothing was asked of it", async () => {
  await cached(new Map()).store.idle();
});
