import { afterEach, describe, expect, it, vi } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { ChunkCache } from "../../src/node/index.ts";
import type { StorageEvents } from "../../src/storage.ts";
import { TieredCacheStorage } from "../../src/tiered-cache-storage.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { testTier } from "../support/memory-tier.ts";

type On = (event: never, listener: never) => () => void;

/** Everything that has an `on`. */
function emitters(): Readonly<Record<string, { readonly on: On }>> {
  const { store, storage } = cached(new Map());
  const tiers = new TieredCacheStorage([testTier().storage, testTier().storage]);
  return { store, storage, tiers, cache: new ChunkCache(tiers) };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(["store", "storage", "tiers", "cache"])("the %s", (name) => {
  it.each(["nosuch", "", "Hit", "toString", "__proto__", undefined, null, 5, {}])(
    "refuses to tell of the event %j, naming those that there are",
    (event) => {
      const on = () => emitters()[name]?.on(event as never, (() => {}) as never);
      expect(on).toThrow(expect.objectContaining({ tag: "InvalidOptionError", option: "event" }));
      expect(on).toThrow(/fault, corrupt, evict, refuse, breaker, invalidate, warning/);
    },
  );

  it.each([undefined, null, "log", {}, { handleEvent() {} }])("refuses the listener %j", (listener) => {
    for (const event of ["fault", "invalidate"])
      expect(() => emitters()[name]?.on(event as never, listener as never)).toThrow(
        expect.objectContaining({ tag: "InvalidOptionError", option: "listener" }),
      );
  });
});

describe("a listener that", () => {
  const broken = new Error("the listener is broken");
  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw broken;
      },
    ],
    ["rejects", async () => Promise.reject(broken)],
  ])(
    "%s disturbs neither the read nor the other listeners, and is told of once as a fault",
    async (_, listener) => {
      const { store } = cached(new Map([["/a", counted(3)]]));
      const faults: StorageEvents["fault"][] = [];
      let others = 0;
      store.on("fault", (fault) => faults.push(fault));
      store.on("fetch", listener as () => void);
      store.on("fetch", () => {
        others++;
      });
      for (const key of ["/a", "/b", "/c"] as const) await store.get(key);
      await store.idle();
      expect(await store.get("/a")).toEqual(counted(3));
      expect(others).toBe(3);
      expect(faults).toEqual([{ tier: "store", operation: 'listener of "fetch"', error: broken }]);
      expect(store.stats().tiers[0]?.faults, "the tier is well").toBe(0);
    },
  );

  it("throws inside a tier is told of with the tier's name", async () => {
    const tier = testTier();
    const storage = new TieredCacheStorage([tier.storage]);
    const faults: StorageEvents["fault"][] = [];
    storage.on("fault", (fault) => faults.push(fault));
    storage.on("refuse", () => {
      throw broken;
    });
    const store = new CachedStore(new Map([["/a", counted(5_000_000)]]), "s", storage);
    await store.get("/a");
    await store.idle();
    expect(faults).toEqual([{ tier: "memory", operation: 'listener of "refuse"', error: broken }]);
  });

  it("throws on a fault is shown on the console, and so is one whose faults nobody hears", async () => {
    const shown = vi.spyOn(console, "error").mockReturnValue();
    const { store, storage, indexFaults } = cached(new Map([["/a", counted(3)]]));
    storage.on("invalidate", () => {
      throw broken;
    });
    await store.invalidate();
    await store.invalidate();
    expect(shown.mock.calls).toEqual([[expect.objectContaining({ cause: broken })]]);
    storage.on("fault", () => {
      throw broken;
    });
    indexFaults.add({ kind: "fail", on: "lookup", times: 2 });
    expect(await store.get("/a")).toEqual(counted(3));
    expect(await store.get("/a")).toEqual(counted(3));
    await store.idle();
    expect(shown).toHaveBeenCalledTimes(2);
  });

  it("throws is handed to reportError where the platform has it", async () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const { store, storage } = cached(new Map());
    storage.on("invalidate", () => {
      throw broken;
    });
    await store.invalidate();
    vi.unstubAllGlobals();
    expect(reported).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ cause: broken }));
  });
});
