import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStorage, type Driver } from "unstorage";
import fsLite from "unstorage/drivers/fs-lite";
import memory from "unstorage/drivers/memory";
import { describe, expect, it } from "vitest";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex } from "zarr-cache";
import { UnstorageStoreOpener, type UnstorageStoreOpenerOptions } from "zarr-cache/unstorage";
import { checkInvariants, countingSource, describeStoreOpener } from "../../src/testing/index.ts";
import * as unstorage from "../../src/unstorage/index.ts";
import { counted } from "../support/bytes.ts";

const TOKEN = `0123456789abcdef${"12".repeat(12)}`;
const opener = (driver: Driver, options?: UnstorageStoreOpenerOptions) =>
  new UnstorageStoreOpener(createStorage({ driver }), options);

describe("zarr-cache/unstorage", () => {
  it("exports what is listed here and nothing else", () => {
    expect(Object.keys(unstorage)).toEqual(["UnstorageStoreOpener"]);
  });
});

describeStoreOpener("UnstorageStoreOpener over memory", {
  describe,
  it,
  open: async () => ({ opener: opener(memory()), dispose: async () => {} }),
});

describeStoreOpener("UnstorageStoreOpener over fs-lite", {
  describe,
  it,
  async open() {
    const base = await mkdtemp(join(tmpdir(), "unstorage-"));
    return {
      opener: opener(fsLite({ base })),
      again: async () => opener(fsLite({ base })),
      async truncate(storeId, token) {
        const file = join(base, "zarr-cache", storeId, token.slice(-2), token);
        await writeFile(file, (await readFile(file)).subarray(0, -1));
      },
      dispose: () => rm(base, { recursive: true, force: true }),
    };
  },
});

/** A driver that knows texts only, as many do: unstorage writes raw items in base64 there. */
function textDriver(): Driver {
  const items = new Map<string, string>();
  return {
    hasItem: (key) => items.has(key),
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    getKeys: () => [...items.keys()],
  };
}

describeStoreOpener("UnstorageStoreOpener over a driver of texts", {
  describe,
  it,
  open: async () => ({ opener: opener(textDriver()), dispose: async () => {} }),
});

describe("an UnstorageStoreOpener", () => {
  it.each([undefined, {}, { getItemRaw() {} }])("refuses %j in place of a storage", (storage) => {
    expect(() => new UnstorageStoreOpener(storage as never)).toThrow(/createStorage/);
  });

  it.each(["", "a::b", ":a", "a/b", "..", 7])("refuses the base %j", (base) => {
    expect(() => opener(memory(), { base: base as string })).toThrow(/base/);
  });

  it("leaves the items of others alone, and does not list them", async () => {
    const storage = createStorage({ driver: memory() });
    await storage.setItemRaw(`cache:a:00:${TOKEN}`, Uint8Array.of(1));
    await storage.setItemRaw(`other:a:12:${TOKEN}`, Uint8Array.of(1));
    await storage.setItem("cache:a:x", "mine");
    const own = new UnstorageStoreOpener(storage, { base: "cache" });
    await own.open("a.b").set(TOKEN, Uint8Array.of(7), undefined);
    const names = [];
    for await (const name of own.names()) names.push(name);
    expect(names).toEqual([{ storeId: "a.b", token: TOKEN }]);
    expect(await storage.getItemRaw(`cache:a.b:12:${TOKEN}`)).toEqual(Uint8Array.of(7));
  });

  it("carries a cache", async () => {
    const storage = new IndexedCacheStorage(new MemoryStoreIndex(), opener(memory()));
    const source = countingSource({ get: async () => counted(100_000) });
    const store = new CachedStore(source, "s", storage);
    for (let i = 0; i < 3; i++) {
      expect(await store.get("/a")).toEqual(counted(100_000));
      await store.idle();
    }
    expect(await store.getRange("/a", { offset: 5, length: 3 })).toEqual(counted(3, 5));
    expect(source.requests).toHaveLength(1);
    await checkInvariants(storage);
    await storage.close();
  });
});
