import { expect, it } from "vitest";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";

const values = new Map([
  ["/small", counted(1000)],
  ["/large", counted(1001)],
]);

it("passes on what is larger than an entry may be, counts it and does not keep it", async () => {
  const source = countingSource(plainSource(values));
  const { store, storage } = cached(source, {}, { index: { maxEntryBytes: 1000 } });
  for (let i = 0; i < 2; i++) {
    expect(await store.get("/large")).toEqual(counted(1001));
    expect(await store.get("/small")).toEqual(counted(1000));
    await store.idle();
  }
  expect(source.countOf("/small")).toBe(1);
  expect(source.countOf("/large")).toBe(2);
  expect((await storage.usage()).entries).toBe(1);
  expect(store.stats().tiers[0]?.refusals["oversized"]).toBe(1);
});

it("allows an eighth of the budget for an entry by default", async () => {
  const { store, storage } = cached(plainSource(values), {}, { index: { maxBytes: 8 * 1000 } });
  await store.get("/large");
  await store.get("/small");
  await store.idle();
  const { entries } = await storage.entries();
  expect(entries.map(({ key }) => key)).toEqual(["/small"]);
});

it("keeps the ranges of a value that is too large as a whole", async () => {
  const source = countingSource(plainSource(values));
  const { store } = cached(source, {}, { index: { maxEntryBytes: 1000 } });
  for (let i = 0; i < 2; i++)
    expect(await store.getRange("/large", { suffixLength: 16 })).toEqual(counted(16, 985));
  expect(source.requests).toHaveLength(1);
});

it("keeps nothing at all with a budget of no bytes, and still reads", async () => {
  const source = countingSource(plainSource(values));
  const { store, storage } = cached(source, {}, { index: { maxBytes: 0 } });
  for (let i = 0; i < 3; i++) expect(await store.get("/small")).toEqual(counted(1000));
  expect(await storage.usage()).toMatchObject({ bytes: 0, entries: 0 });
});

it("keeps no more entries than are allowed", async () => {
  const { store, storage } = cached(plainSource(new Map()), {}, { index: { maxEntries: 3 } });
  for (let i = 0; i < 10; i++) await store.get(`/${i}`);
  await store.idle();
  expect((await storage.usage()).entries).toBeLessThanOrEqual(3);
});
