import { describe, expect, test } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { RegionalCacheStorage } from "../src/index.ts";
import { partOf } from "../src/storage/part-name.ts";

const right = { region: "fra", nats: "nats://127.0.0.1:1" };

describe("options that are not right are refused by name", () => {
  test.each([
    [{ nats: "nats://127.0.0.1:1" }, '"region" is undefined'],
    [{ region: "fra" }, '"nats" is undefined; allowed: an address such as'],
    [{ ...right, region: "Fra" }, '"region" is "Fra"'],
    [{ ...right, region: "a.b" }, '"region" is "a.b"'],
    [{ ...right, namespace: "a_b" }, '"namespace" is "a_b"'],
    [{ ...right, url: "10.0.0.7:80" }, '"url" is "10.0.0.7:80"'],
    [{ ...right, heartbeat: 0 }, '"heartbeat" is 0'],
    [{ ...right, replicate: "always" }, '"replicate.*" is "always"'],
    [{ ...right, replicate: { era5: "always" } }, '"replicate.era5" is "always"'],
    [{ ...right, whenRegionDown: "wait" }, '"whenRegionDown" is "wait"'],
    [{ ...right, limits: { documents: { maxBytes: 10 } } }, '"limits.documents.maxBytes" is 10'],
    [{ ...right, limits: { drops: { replicas: 2 } } }, '"limits.drops.replicas" is 2'],
    [{ ...right, limits: { other: {} } }, '"limits.other"'],
    [{ ...right, transferTimeout: -1 }, '"transferTimeout" is -1'],
    [
      { ...right, sharedTiers: "redis" },
      '"sharedTiers" is "redis"; allowed: a name of this storage beside it',
    ],
    [{ ...right, token: "" }, '"token"'],
    [{ ...right, regions: ["iad"] }, '"RegionalCacheStorage.regions"'],
  ])("%j", (options, message) => {
    const local = new IndexedCacheStorage(new MemoryStoreIndex(), new MemoryStoreOpener());
    expect(() => new RegionalCacheStorage(local, options as never)).toThrow(message);
  });

  test("a storage that is none", () => {
    expect(() => new RegionalCacheStorage({} as never, right)).toThrow('"local" is {}');
  });
});

test.each(["", "s", "s\n/k", "s\n/k\n1", "s\n/k\n1+", "s\n/k\n-", "s\n/k\n1+2\n", "\n/k\n"])(
  "%j is no part",
  (text) => {
    expect(partOf(text)).toBeUndefined();
  },
);
