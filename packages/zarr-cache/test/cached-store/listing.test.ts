import { describe, expect, it } from "vitest";
import type { CachedStore } from "../../src/cached-store.ts";
import { isUnder } from "../../src/key.ts";
import type { Source } from "../../src/store/source.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";

const KEYS = ["/zarr.json", "/t/zarr.json", "/t/c/0/0", "/t/c/0/1", "/t/c/1/0", "/tx/zarr.json"];
const values = () => new Map(KEYS.map((key, i) => [key, counted(i + 1)]));

async function keysOf(store: CachedStore, prefix?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.keys(prefix)) keys.push(key);
  return keys.sort();
}

/** Direct children, as a file system lists them. */
function listOnly(): Source {
  const map = values();
  return {
    get: async (key) => map.get(key),
    has: async (key) => map.has(key),
    list: async (prefix = "/") => {
      const children = new Set<string>();
      for (const key of map.keys())
        if (key.startsWith(prefix)) {
          const slash = key.indexOf("/", prefix.length);
          children.add(slash < 0 ? key : key.slice(0, slash + 1));
        }
      return children;
    },
  };
}

function keysOnly(): Source {
  const map = values();
  return {
    get: async (key) => map.get(key),
    keys: async function* (prefix = "/") {
      for (const key of map.keys()) if (isUnder(key, prefix)) yield key;
    },
  };
}

const SOURCES: Readonly<Record<string, () => Source | Map<string, Uint8Array>>> = {
  "a Map": values,
  "a source that has only list": listOnly,
  "a source that has only keys": keysOnly,
};

for (const [name, make] of Object.entries(SOURCES))
  describe(name, () => {
    it("tells all its keys", async () => {
      expect(await keysOf(cached(make()).store)).toEqual([...KEYS].sort());
    });

    it("tells the keys under a path, which is never a mere prefix", async () => {
      const { store } = cached(make());
      expect(await keysOf(store, "/t")).toEqual(["/t/c/0/0", "/t/c/0/1", "/t/c/1/0", "/t/zarr.json"]);
      expect(await keysOf(store, "/t/c/0/")).toEqual(["/t/c/0/0", "/t/c/0/1"]);
      expect(await keysOf(store, "/t/zarr.json")).toEqual(["/t/zarr.json"]);
      expect(await keysOf(store, "/nothing/")).toEqual([]);
    });

    it("lists direct children, sorted, deeper paths with a slash at their end", async () => {
      const { store } = cached(make());
      expect(await store.list()).toEqual(["/t/", "/tx/", "/zarr.json"]);
      expect(await store.list("/t")).toEqual(["/t/c/", "/t/zarr.json"]);
      expect(await store.list("/t/c/")).toEqual(["/t/c/0/", "/t/c/1/"]);
      expect(await store.list("/nothing")).toEqual([]);
    });

    it("counts its keys", async () => {
      expect(await cached(make()).store.count()).toBe(KEYS.length);
    });
  });

it("adds up the sizes of a Map under a path", async () => {
  const { store } = cached(values());
  expect(await store.getSize()).toBe(1 + 2 + 3 + 4 + 5 + 6);
  expect(await store.getSize("/t")).toBe(2 + 3 + 4 + 5);
  expect(await store.getSize("/t/c/0/")).toBe(3 + 4);
});

it("answers from the source, not from what happens to be cached", async () => {
  const map = values();
  const { store } = cached(map);
  await store.get("/zarr.json");
  map.delete("/zarr.json");
  map.set("/new", counted(2));
  expect(await keysOf(store)).toEqual([...map.keys()].sort());
});

it("does not add up sizes by reading every value", async () => {
  const { store } = cached(keysOnly());
  await expect(store.getSize()).rejects.toMatchObject({ tag: "UnsupportedError", operation: "getSize()" });
});

it("rejects prefixes that are no paths", async () => {
  const { store } = cached(values());
  for (const prefix of ["", "t", "/../x", "/t//c", "//"]) {
    await expect(keysOf(store, prefix)).rejects.toMatchObject({ tag: "InvalidKeyError" });
    await expect(store.list(prefix)).rejects.toMatchObject({ tag: "InvalidKeyError" });
    await expect(store.getSize(prefix)).rejects.toMatchObject({ tag: "InvalidKeyError" });
  }
});
