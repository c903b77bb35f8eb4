import { expect, it } from "vitest";
import { temporaryCache } from "../support/temporary-cache.ts";

const SIZE = 200_000;

/** A value all of whose bytes are the same, so that a torn one shows. */
const version = (n: number): Uint8Array => new Uint8Array(SIZE).fill(n);

it("unlike with fsspec's simplecache (#639), no reader of one key on disk reads a torn file while writers replace it", async () => {
  const place = await temporaryCache();
  const caches = [await place.open({ memory: false }), await place.open({ memory: false })];
  const values = new Map([["/a", version(0)]]);
  const stores = caches.map((cache) => cache.wrap(values, "s"));
  let isWriting = true;
  const write = async () => {
    for (let n = 1; n <= 20; n++) await stores[n % 2]?.set("/a", version(n));
    isWriting = false;
  };
  let reads = 0;
  const read = async (which: number) => {
    while (isWriting) {
      const value = await stores[which % 2]?.get("/a");
      reads++;
      expect(value?.byteLength).toBe(SIZE);
      expect(value?.every((byte) => byte === value[0])).toBe(true);
    }
  };
  await Promise.all([write(), ...Array.from({ length: 8 }, (_, which) => read(which))]);
  expect(reads).toBeGreaterThan(20);
  for (const store of stores) expect((await store.get("/a"))?.[0]).toBe(20);
  for (const store of stores) expect(store.stats().failures).toBe(0);
});
