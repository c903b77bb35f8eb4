import { expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import {
  IndexedCacheStorage,
  MemoryStoreIndex,
  MemoryStoreOpener,
  TieredCacheStorage,
} from "../../src/index.ts";
import { counted } from "../support/bytes.ts";
import { testTier } from "../support/memory-tier.ts";
import { VersionedSource } from "../support/versioned-source.ts";

it("asks once for all stores with memory of their own over one shared tier", async () => {
  const source = new VersionedSource().put("/c/0", counted(100));
  const shared = testTier();
  const { clock } = shared;
  const stores = Array.from({ length: 8 }, () => {
    const own = new IndexedCacheStorage(new MemoryStoreIndex({ clock: clock.now }), new MemoryStoreOpener());
    return new CachedStore(source, "s", new TieredCacheStorage([own, shared.storage]), { maxAge: "1m" });
  });
  const readAll = async () => {
    for (const value of await Promise.all(stores.map((store) => store.get("/c/0"))))
      expect(value).toEqual(counted(100));
    await Promise.all(stores.map((store) => store.idle()));
  };
  await readAll();
  for (let round = 0; round < 3; round++) {
    clock.advance(60_001);
    await readAll();
  }
  expect(source.taken().map(({ status }) => status)).toEqual([
    "value",
    "unchanged",
    "unchanged",
    "unchanged",
  ]);
});
