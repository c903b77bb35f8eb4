import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { LmdbStoreIndex } from "../../src/disk/index.ts";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import { drainLocation } from "../../src/locations/drain-location.ts";
import { LocatedStoreOpener, type StoreLocation } from "../../src/locations/located-store-opener.ts";
import { chooseFor } from "../../src/locations/rendezvous.ts";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import type { StoreIndex } from "../../src/store-index.ts";
import { countingSource, describeStoreOpener } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { settleAndCheck } from "../support/memory-tier.ts";

/** Memory that is sealed, and gives its bytes out as its own. */
class SealedMemory extends MemoryStoreOpener {
  readonly crc32: (bytes: Uint8Array, seed?: number) => number = crc32;
}

const place = (name: string, more: Partial<StoreLocation> = {}): StoreLocation => ({
  name,
  opener: new SealedMemory(),
  ...more,
});

async function tokensIn({ opener }: StoreLocation): Promise<string[]> {
  const tokens: string[] = [];
  for await (const { token } of opener.names?.() ?? []) tokens.push(token);
  return tokens;
}

const INDEXES: Readonly<Record<string, () => Promise<StoreIndex>>> = {
  memory: async () => new MemoryStoreIndex({ maxBytes: "20 MB" }),
  async LMDB() {
    const directory = await mkdtemp(join(tmpdir(), "locations-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    return new LmdbStoreIndex(directory, { maxBytes: "20 MB" });
  },
};

const KEYS = Array.from({ length: 60 }, (_, i) => `/c/${i}` as const);
const contentOf = (key: string) => counted(3000, Number(key.slice(3)));

/** A store over a tier with these places. Afterwards everything must be in order. */
async function overPlaces(index: StoreIndex, places: readonly StoreLocation[]) {
  const opener = new LocatedStoreOpener(places);
  const storage = new IndexedCacheStorage(index, opener, { deadline: "1m" });
  onTestFinished(() => settleAndCheck(storage));
  const source = countingSource({ get: async (key: string) => contentOf(key) });
  const store = new CachedStore(source, "s", storage);
  const readAll = async () => {
    for (const key of KEYS)
      expect(Buffer.compare((await store.get(key)) ?? new Uint8Array(0), contentOf(key))).toBe(0);
    await store.idle();
  };
  await readAll();
  source.forget();
  return { opener, storage, store, source, readAll };
}

describe("weighted rendezvous hashing", () => {
  const keys = Array.from({ length: 20_000 }, (_, i) => `0123456789abcdef${i.toString(36)}`);
  const shares = (choices: readonly { name: string; weight?: number }[]) => {
    const counts: Record<string, number> = {};
    for (const key of keys) {
      const { name = "" } = chooseFor(key, choices) ?? {};
      counts[name] = (counts[name] ?? 0) + 1 / keys.length;
    }
    return counts;
  };

  it("gives each its share", () => {
    const {
      a = 0,
      b = 0,
      c = 0,
    } = shares([{ name: "a" }, { name: "b", weight: 2 }, { name: "c", weight: 0.5 }]);
    for (const [share, wanted] of [
      [a, 1 / 3.5],
      [b, 2 / 3.5],
      [c, 0.5 / 3.5],
    ] as const)
      expect(Math.abs(share - wanted)).toBeLessThan(0.02);
  });

  it("moves only what comes to the newcomer, whatever the order", () => {
    const before = [{ name: "a" }, { name: "b" }];
    const after = [{ name: "c" }, { name: "b" }, { name: "a" }];
    const moved = keys.filter((key) => chooseFor(key, before)?.name !== chooseFor(key, after)?.name);
    expect(moved.every((key) => chooseFor(key, after)?.name === "c")).toBe(true);
    expect(Math.abs(moved.length / keys.length - 1 / 3)).toBeLessThan(0.02);
  });
});

describeStoreOpener("LocatedStoreOpener over two places", {
  describe,
  it,
  open: async () => ({ opener: new LocatedStoreOpener([place("a"), place("b")]), dispose: async () => {} }),
});

describe.each(Object.entries(INDEXES))("locations under an index in %s", (_, openIndex) => {
  it("share what is new, and each entry is read where it is", async () => {
    const [a, b] = [place("a"), place("b")];
    const { storage, readAll, source, store } = await overPlaces(await openIndex(), [a, b]);
    const { entries } = await storage.entries({ limit: 100 });
    expect(new Set(entries.map(({ location }) => location))).toEqual(new Set(["a", "b"]));
    for (const from of [a, b])
      expect(
        entries
          .filter(({ location }) => location === from.name)
          .map(({ token }) => token)
          .sort(),
      ).toEqual((await tokensIn(from)).sort());
    await readAll();
    expect(await store.getRange("/c/7", { offset: 2990, length: 10 })).toEqual(contentOf("/c/7").slice(2990));
    expect(source.requests).toEqual([]);
  });

  it("that are added take their share of what is new; all others stay where they are", async () => {
    const [a, b] = [place("a"), place("b")];
    const { opener, storage, readAll, source, store } = await overPlaces(await openIndex(), [a]);
    opener.setLocations([a, b]);
    await readAll();
    expect(source.requests).toEqual([]);
    expect(await tokensIn(b)).toEqual([]);
    await store.invalidate("/");
    await readAll();
    await storage.idle();
    const [inA, inB] = [await tokensIn(a), await tokensIn(b)];
    expect(inA.length + inB.length).toBe(KEYS.length);
    expect(Math.min(inA.length, inB.length)).toBeGreaterThan(10);
  });

  it("that are drained under load give all their entries away, and no read is lost", async () => {
    const [a, b] = [place("a"), place("b")];
    const { opener, storage, source, store, readAll } = await overPlaces(await openIndex(), [a, b]);
    opener.setLocations([{ ...a, draining: true }, b]);
    let isDraining = true;
    const reading = (async () => {
      while (isDraining) {
        await readAll();
        // A turn of the event loop: with everything in memory, reading alone would keep it from going on.
        await setImmediate();
      }
    })();
    const writing = (async () => {
      for (let i = 0; i < 10; i++) await store.invalidate(KEYS[i] ?? "/c/0");
    })();
    const report = await drainLocation(storage, "a");
    isDraining = false;
    await Promise.all([reading, writing]);
    await storage.idle();
    expect(report).toMatchObject({ dropped: 0, left: 0 });
    expect(report.moved).toBeGreaterThan(10);
    expect(await tokensIn(a)).toEqual([]);
    expect(source.requests.length, "nothing but what was invalidated was read again").toBeLessThanOrEqual(10);
    await readAll();
    opener.setLocations([b]);
    source.forget();
    await readAll();
    expect(source.requests).toEqual([]);
  });

  it("that are left out without draining are misses, which are filled again elsewhere", async () => {
    const [a, b] = [place("a"), place("b")];
    const { opener, storage, source, readAll } = await overPlaces(await openIndex(), [a, b]);
    const lost = (await tokensIn(a)).length;
    opener.setLocations([b]);
    await readAll();
    await storage.idle();
    expect(source.requests).toHaveLength(lost);
    expect(await tokensIn(b)).toHaveLength(KEYS.length);
  });

  it("may move: what counts is the name", async () => {
    const [a, b] = [place("a"), place("b")];
    const { opener, source, readAll } = await overPlaces(await openIndex(), [a, b]);
    opener.setLocations([b, { name: "a", opener: { ...wrapped(a) } }]);
    await readAll();
    expect(source.requests).toEqual([]);
  });

  it("keep what an opener of one place has written, in the first", async () => {
    const index = await openIndex();
    const only = new SealedMemory();
    const storage = new IndexedCacheStorage(index, only, { deadline: "1m" });
    expect(await storage.put({ storeId: "s", key: "/c/1" }, contentOf("/c/1"))).toBe(true);
    const entry = (await storage.entries()).entries[0];
    expect(entry?.location).toBeUndefined();
    const located = new LocatedStoreOpener([place("a", { opener: only }), place("b")]);
    const read = await located.open("s").get(entry?.token ?? "", 3000, 4 + 7 + 20, entry?.location);
    expect(read?.value).toEqual(contentOf("/c/1"));
    await storage.close();
  });
});

describe("draining", () => {
  it("drops what finds no room elsewhere", async () => {
    const [a, b] = [place("a"), place("b")];
    const { opener, storage } = await overPlaces(new MemoryStoreIndex({ maxBytes: "20 MB" }), [a, b]);
    const entries = (await tokensIn(a)).length;
    const broken = wrapped(b);
    opener.setLocations([
      { ...a, draining: true },
      {
        name: "b",
        opener: {
          ...broken,
          open: (id) => ({ ...storeOf(broken, id), set: () => Promise.reject(new Error("full")) }),
        },
      },
    ]);
    const { moved, dropped, left } = await drainLocation(storage, "a");
    await storage.idle();
    // After some failures in a row the tier takes a rest, and what is left waits for the next time.
    expect([moved, dropped + left]).toEqual([0, entries]);
    expect(dropped).toBeGreaterThan(0);
    expect(await tokensIn(a)).toHaveLength(left);
  });

  it("can be stopped, and goes on with what is left", async () => {
    const [a, b] = [place("a"), place("b")];
    const { opener, storage } = await overPlaces(new MemoryStoreIndex({ maxBytes: "20 MB" }), [a, b]);
    const entries = (await tokensIn(a)).length;
    opener.setLocations([{ ...a, draining: true }, b]);
    const stop = new AbortController();
    let moved = 0;
    const onProgress = () => {
      moved += 1;
      if (moved === 3) stop.abort(new Error("enough"));
    };
    const draining = drainLocation(storage, "a", { concurrency: 1, signal: stop.signal, onProgress });
    await expect(draining).rejects.toThrow("enough");
    await storage.idle();
    expect(await tokensIn(a)).toHaveLength(entries - 3);
    expect(await drainLocation(storage, "a")).toEqual({ moved: entries - 3, dropped: 0, left: 0 });
  });
});

/** The same place behind another opener. */
function wrapped({ opener }: StoreLocation) {
  return {
    medium: opener.medium,
    crc32,
    open: (storeId: string) => opener.open(storeId),
    footprint: (size: number, sealSize: number) => opener.footprint(size, sealSize),
    names: () => opener.names?.() ?? none(),
  };
}

function storeOf(opener: ReturnType<typeof wrapped>, storeId: string) {
  const store = opener.open(storeId);
  return {
    retains: true,
    get: (token: string, size: number, sealSize: number) => store.get(token, size, sealSize),
    delete: (token: string) => store.delete(token),
  };
}

async function* none() {}
