import { describe, expect, it } from "vitest";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import { MemoryStoreIndex } from "../../src/memory/memory-store-index.ts";
import { MemoryStoreOpener } from "../../src/memory/memory-store-opener.ts";
import { sliceRange } from "../../src/range.ts";
import type { CacheStorage } from "../../src/storage.ts";
import type { StoreOpener } from "../../src/store-opener.ts";
import { describeCacheStorage, type TestRunner } from "../../src/testing/index.ts";
import { verdictOf } from "./collect-tests.ts";
import { replaceMembers } from "./replace-members.ts";

interface Defect {
  readonly storage?: (sound: CacheStorage) => Partial<CacheStorage>;
  readonly opener?: (sound: StoreOpener) => Partial<StoreOpener>;
}

const DEFECTS: readonly (readonly [what: string, title: string, defect: Defect])[] = [
  [
    "bytes that outlive what charges for them",
    "invalidate / drops what is under it and nothing else",
    { opener: (sound) => ({ open: (storeId) => replaceMembers(sound.open(storeId), { delete: () => {} }) }) },
  ],
  [
    "an invalidation that is not heard",
    "a fill that began before invalidate does not become visible",
    { storage: () => ({ invalidate: async () => {} }) },
  ],
  [
    "a delete that drops everything below too",
    "delete drops all parts of one key",
    { storage: (sound) => ({ delete: (storeId, key) => sound.invalidate(storeId, key) }) },
  ],
  [
    "a shared buffer that is called owned",
    "a hit that is owned can be written to without harm",
    {
      storage: (sound) => ({
        get: async (part) => {
          const hit = await sound.get(part);
          return hit && { ...hit, owned: true };
        },
      }),
    },
  ],
  [
    "a failure that those who wait are not told",
    "a failure is told to those who wait, and the next one may try",
    {
      storage: (sound) => ({
        claim: async (part, options) => {
          const claim = await sound.claim(part, options);
          if (claim.state !== "wait") return claim;
          return { ...claim, settled: () => claim.settled().then(() => ({ state: "look" })) };
        },
      }),
    },
  ],
  [
    "a range that is not clipped",
    "a whole serves its ranges by the rules of RFC 9110",
    {
      storage: (sound) => ({
        get: async (part) => {
          const hit = await sound.get({ storeId: part.storeId, key: part.key });
          if (hit?.value === undefined || part.range === undefined) return hit;
          const clipped = sliceRange(hit.value, part.range);
          const length = "length" in part.range ? part.range.length : clipped.byteLength;
          const value = new Uint8Array(length);
          value.set(clipped);
          return { ...hit, value };
        },
      }),
    },
  ],
  [
    "written bytes that are kept where nobody had them",
    "written bytes are not kept where no copy existed",
    {
      storage: (sound) => ({
        openWrite: async (storeId, key) => {
          const write = await sound.openWrite(storeId, key);
          return {
            close: async (value) => {
              await write.close();
              if (value !== undefined) await sound.put({ storeId, key }, value);
            },
          };
        },
      }),
    },
  ],
  [
    "a listener that is told nothing",
    "a listener is told what was dropped, until it is stopped",
    { storage: () => ({ on: () => () => {} }) },
  ],
  [
    "a read that throws after close",
    "after close reads find nothing or pass, and never throw",
    {
      storage: (sound) => {
        let closed = false;
        return {
          close: () => {
            closed = true;
            return sound.close();
          },
          get: (part) => {
            if (closed) throw new Error("closed");
            return sound.get(part);
          },
        };
      },
    },
  ],
  [
    "a storage that holds less than half of what fits",
    "the budget holds while more is filled than fits",
    { opener: (sound) => ({ footprint: (size, seal) => 3 * sound.footprint(size, seal) }) },
  ],
];

describe("describeCacheStorage finds", () => {
  const suiteOver =
    ({ storage, opener }: Defect) =>
    (runner: TestRunner): void =>
      describeCacheStorage("broken", {
        create: async ({ maxBytes, clock }) => {
          const index = new MemoryStoreIndex({ maxBytes, clock: clock.now, maxEntryBytes: maxBytes });
          const memory = new MemoryStoreOpener();
          const times = { timers: clock.timers, monotonic: clock.now };
          const sound = new IndexedCacheStorage(index, replaceMembers(memory, opener?.(memory) ?? {}), times);
          return { storage: replaceMembers(sound, storage?.(sound) ?? {}), dispose: async () => {} };
        },
        ...runner,
      });

  it.each(DEFECTS)("%s", async (_, title, defect) => {
    expect(await verdictOf(suiteOver({}), title)).toBeUndefined();
    expect(await verdictOf(suiteOver(defect), title)).toBeDefined();
  });
});
