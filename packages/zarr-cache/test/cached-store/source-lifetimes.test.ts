import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import {
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  type SourceFreshness,
} from "../../src/index.ts";
import type { CachedStoreOptions } from "../../src/store/store-options.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const VALUE = counted(10);

/** How many requests reads of a key take, so many milliseconds after the first. */
async function requestsAt(
  freshness: SourceFreshness | undefined,
  after: readonly number[],
  options: CachedStoreOptions = {},
  key: `/${string}` = "/c/0",
): Promise<number[]> {
  const source = new VersionedSource().put("/c/0", VALUE).put("/zarr.json", VALUE);
  source.facts = { ...(freshness && { freshness }) };
  const { store, clock } = cached(source, { maxAge: "source", ...options });
  const begin = clock.now();
  await store.get(key);
  await store.idle();
  source.taken();
  const counts: number[] = [];
  for (const time of after) {
    clock.set(begin + time);
    expect(await store.get(key)).toEqual(key === "/absent" ? undefined : VALUE);
    await store.idle();
    counts.push(source.taken().length);
  }
  return counts;
}

describe('with maxAge: "source"', () => {
  it("keeps an answer as long as the source says, less the age that it had when it was asked for", async () => {
    expect(await requestsAt({ age: 0, freshFor: 5000 }, [4999, 5000, 9999])).toEqual([0, 1, 0]);
    expect(await requestsAt({ age: 4000, freshFor: 5000 }, [999, 1000])).toEqual([0, 1]);
    expect(await requestsAt({ age: 6000, freshFor: 5000 }, [0])).toEqual([1]);
  });

  it("asks each time where the source says no-cache, and never where it says immutable", async () => {
    expect(await requestsAt({ age: 0, freshFor: 0 }, [0, 0, 1])).toEqual([1, 1, 1]);
    expect(await requestsAt({ age: 0, freshFor: 1000, immutable: true }, [1e12])).toEqual([0]);
  });

  it("keeps nothing that must not be kept", async () => {
    expect(await requestsAt({ age: 0, freshFor: 5000, noStore: true }, [0, 1])).toEqual([1, 1]);
  });

  it("falls back to the default ages where the source does not say, with the age that it tells", async () => {
    expect(await requestsAt(undefined, [300_000, 300_001], {}, "/zarr.json")).toEqual([0, 1]);
    expect(await requestsAt({ age: 200_000 }, [100_000, 100_001], {}, "/zarr.json")).toEqual([0, 1]);
    expect(await requestsAt(undefined, [1e12])).toEqual([0]);
    expect(await requestsAt({ age: 0, freshFor: 5000 }, [4999, 5000], {}, "/absent")).toEqual([0, 1]);
  });

  it("goes by class, and not by what the source says elsewhere", async () => {
    const options = { maxAge: { metadata: "source", data: "1m" } } as const;
    const freshness = { age: 30_000, freshFor: 40_000, noStore: false };
    expect(await requestsAt(freshness, [60_000, 60_001], options)).toEqual([0, 1]);
    expect(await requestsAt(freshness, [9_999, 10_000], options, "/zarr.json")).toEqual([0, 1]);
  });
});

it("does not trust entries from before the source was asked for ages", async () => {
  const source = new VersionedSource().put("/zarr.json", VALUE);
  const { store, storage, clock } = cached(source, { maxAge: "source" });
  await storage.bind("s", undefined);
  await storage.put({ storeId: "s", key: "/zarr.json" }, VALUE);
  clock.advance(300_001);
  await store.get("/zarr.json");
  expect(source.taken()).toHaveLength(1);
});

describe("rules", () => {
  const options = {
    maxAge: "1d",
    rules: [
      { match: "/forecast/**", maxAge: { data: "10m" } },
      { match: "/*/.zattrs", maxAge: 5 },
    ],
  } as const;

  it("give keys that a pattern means another age", async () => {
    const source = new VersionedSource();
    const keys = ["/forecast/c/0", "/forecast/.zattrs", "/a/.zattrs", "/a/b/.zattrs"] as const;
    for (const key of keys) source.put(key, VALUE);
    const { store, clock } = cached(source, options);
    const readAll = async () => {
      for (const key of keys) await store.get(key);
      await store.idle();
      return source.taken().map(({ key }) => key);
    };
    await readAll();
    clock.advance(600_001);
    expect(await readAll()).toEqual(["/forecast/c/0", "/a/.zattrs"]);
  });

  it("tell when a pattern has meant no key", async () => {
    const source = new VersionedSource().put("/forecast/c/0", VALUE);
    const { store } = cached(source, options);
    const warnings: string[] = [];
    store.on("warning", ({ message }) => warnings.push(message));
    await store.get("/forecast/c/0");
    await store.close();
    expect(warnings).toEqual([expect.stringContaining('"/*/.zattrs"')]);
  });
});

it("shortens ages by chance, each key's the same way every time", async () => {
  const source = new VersionedSource();
  const keys = Array.from({ length: 100 }, (_, i) => `/c/${i}` as const);
  for (const key of keys) source.put(key, VALUE);
  const { store, clock } = cached(source, { maxAge: 1000, jitter: 0.5, random: () => 0.25 });
  const readAll = async () => {
    for (const key of keys) await store.get(key);
    await store.idle();
    return source.taken().length;
  };
  expect(await readAll()).toBe(100);
  clock.advance(500);
  expect(await readAll()).toBe(0);
  clock.advance(250);
  const early = await readAll();
  expect(early).toBeGreaterThan(25);
  expect(early).toBeLessThan(75);
  clock.advance(250);
  expect(await readAll()).toBe(100 - early);
});

it.each([
  [{ staleWhileRevalidate: "1h", staleIfError: "1m" }, "staleIfError"],
  [{ rules: [{ match: "forecast", maxAge: 1 }] }, "rules[0].match"],
  [
    {
      rules: [
        { match: "/**", maxAge: 1 },
        { match: "/a", maxAge: 2 },
      ],
    },
    "rules[1].match",
  ],
  [{ rules: [{ match: "/a", maxAge: "soon" }] }, "rules[0].maxAge"],
  [{ jitter: 1 }, "jitter"],
] as [CachedStoreOptions, string][])("refuses %j", (options, option) => {
  expect(() => cached(new VersionedSource(), options)).toThrow(
    expect.objectContaining({ tag: "InvalidOptionError", option }),
  );
});

it("keeps what is for one user in tiers of this machine, and in none that a cluster shares", async () => {
  for (const [scope, requests] of [
    ["machine", 1],
    ["cluster", 2],
  ] as const) {
    const index = new Proxy(new MemoryStoreIndex(), {
      get(target, name) {
        if (name === "scope") return scope;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    const source = new VersionedSource().put("/c/0", VALUE);
    source.facts = { freshness: { age: 0, freshFor: 60_000, private: true } };
    const storage = new IndexedCacheStorage(index, new MemoryStoreOpener());
    const store = new CachedStore(source, "s", storage, { maxAge: "source" });
    for (let i = 0; i < 2; i++) {
      expect(await store.get("/c/0")).toEqual(VALUE);
      await store.idle();
    }
    expect(source.taken()).toHaveLength(requests);
  }
});
