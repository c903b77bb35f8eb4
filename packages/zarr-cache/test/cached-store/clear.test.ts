import { expect, it } from "vitest";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";

it("empties the source and the copy when the source is named", async () => {
  const values = new Map([
    ["/a", counted(3)],
    ["/b/c", counted(4)],
  ]);
  const { store, storage } = cached(values);
  await store.get("/a");
  await store.getRange("/b/c", { offset: 0, length: 2 });
  await store.clear({ source: true });
  expect(values.size).toBe(0);
  expect(await store.get("/a")).toBeUndefined();
  await store.invalidate();
  await store.idle();
  expect((await storage.usage()).bytes).toBe(0);
});

it("lists no more keys than it can hold before it deletes them, and none while it deletes", async () => {
  const values = new Map(Array.from({ length: 20_001 }, (_, at) => [`/${at}`, counted(1)]));
  const counts = { ahead: 0, mostAhead: 0, listings: 0, open: 0 };
  const { store } = cached({
    get: async (key: string) => values.get(key),
    async *keys() {
      counts.listings++;
      counts.open++;
      try {
        for (const key of values.keys()) {
          counts.mostAhead = Math.max(counts.mostAhead, ++counts.ahead);
          yield key;
        }
      } finally {
        counts.open--;
      }
    },
    delete(key: string) {
      expect(counts.open).toBe(0);
      counts.ahead--;
      values.delete(key);
    },
  });
  await store.clear({ source: true });
  expect(values.size).toBe(0);
  expect(counts).toEqual({ ahead: 0, mostAhead: 10_000, listings: 3, open: 0 });
});

it("ends where the source goes on listing what it has deleted", async () => {
  const keys = Array.from({ length: 10_000 }, (_, at) => `/${at}`);
  let deleted = 0;
  const { store } = cached({
    get: async () => undefined,
    keys: () => keys,
    delete: async () => {
      deleted++;
    },
  });
  await expect(store.clear({ source: true })).rejects.toMatchObject({
    tag: "UnsupportedError",
    message: expect.stringContaining('"/0"'),
  });
  expect(deleted).toBe(10_000);
});

it("does nothing for a call that might mean the copy", async () => {
  const values = new Map([["/a", counted(3)]]);
  const { store } = cached(values);
  for (const options of [undefined, {}, { source: false }, { source: 1 }, null, true])
    await expect(store.clear(options as { source: true })).rejects.toMatchObject({
      tag: "InvalidOptionError",
      message: expect.stringContaining("invalidate()"),
    });
  expect(values.size).toBe(1);
});

it("leaves everything where the source cannot delete", async () => {
  const values = new Map([["/a", counted(3)]]);
  const { store } = cached({ get: async (key: string) => values.get(key), keys: () => values.keys() });
  await expect(store.clear({ source: true })).rejects.toMatchObject({ tag: "UnsupportedError" });
  expect(values.size).toBe(1);
});
