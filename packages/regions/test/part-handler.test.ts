import { expect, it } from "vitest";
import { IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener, type Part } from "zarr-cache";
import { partHandler } from "../src/index.ts";

const PART = { storeId: "data", key: "/c/0" };
const ADDRESS = "http://region.example/parts?storeId=data&key=%2Fc%2F0";

it("hands out what is cached until it expires, and not after that", async () => {
  let now = 1_000_000;
  const storage = new IndexedCacheStorage(
    new MemoryStoreIndex({ clock: () => now }),
    new MemoryStoreOpener(),
  );
  await storage.open();
  try {
    await storage.bind("data", undefined);
    await storage.put(PART, new Uint8Array([7]), { expiresAt: storage.now() + 1000 });
    const missed: Part[] = [];
    const handle = partHandler(storage, { missed: (part) => missed.push(part) });
    now += 999;
    const before = await handle(new Request(ADDRESS));
    expect(before.status).toBe(200);
    expect(new Uint8Array(await before.arrayBuffer())).toEqual(new Uint8Array([7]));
    expect(missed).toEqual([]);
    now += 1;
    // The storage itself has it still.
    expect((await storage.get(PART))?.value).toEqual(new Uint8Array([7]));
    const after = await handle(new Request(ADDRESS));
    expect([after.status, (await after.arrayBuffer()).byteLength]).toEqual([404, 0]);
    expect(missed).toEqual([PART]);
  } finally {
    await storage.close();
  }
});
