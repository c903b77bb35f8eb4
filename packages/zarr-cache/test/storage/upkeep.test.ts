import { expect, it } from "vitest";
import { PassMarks } from "../../src/memory/pass-marks.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { gatedSource } from "../support/gated-source.ts";

it("forgets pass marks that have ended, and the oldest of too many", () => {
  const marks = new PassMarks();
  const part = (key: string) => ({ storeId: "s", key });
  for (let i = 0; i < 20_000; i++) marks.add(part(`/${i}`), 100, 0);
  expect(marks.has(part("/0"), 1)).toBe(false);
  expect(marks.has(part("/19999"), 1)).toBe(true);
  expect(marks.expire(100)).toBe(10_000);
  marks.add(part("/a"), 200, 100);
  marks.add(part("/b"), 300, 250);
  expect(marks.expire(300)).toBe(1);
});

it("closing a store does not wait for a source that never answers", async () => {
  const source = gatedSource();
  const { store, storage } = cached(source);
  void store.get("/k").catch(() => {});
  await source.arrived(0);
  await store.close();
  expect((await storage.usage()).claims).toBe(0);
});

it("warming stops when its progress callback throws", async () => {
  const keys = Array.from({ length: 200 }, (_, i) => `/k/${i}`);
  let reads = 0;
  const { store } = cached({ get: async () => counted(++reads && 1) });
  const stop = new Error("enough");
  let calls = 0;
  const onProgress = () => {
    if (++calls === 1) throw stop;
  };
  await expect(store.warm(keys, { concurrency: 4, onProgress })).rejects.toBe(stop);
  await store.idle();
  expect(reads).toBeLessThan(20);
});
