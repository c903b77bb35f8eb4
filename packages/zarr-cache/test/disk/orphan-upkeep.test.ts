import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { DiskStoreOpener, LmdbStoreIndex } from "../../src/disk/index.ts";
import { IndexedCacheStorage } from "../../src/index.ts";
import { fakeClock } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";

it("deletes bytes that nothing charges for soon after opening, unasked", async () => {
  const directory = mkdtempSync(join(tmpdir(), "zarr-cache-orphan-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const clock = fakeClock();
  const index = new LmdbStoreIndex(join(directory, "index"), { maxBytes: "100 MB" });
  const opener = new DiskStoreOpener(join(directory, "chunks", "{store_id}"));
  const storage = new IndexedCacheStorage(index, opener, { timers: clock.timers, monotonic: clock.now });
  expect(await storage.put({ storeId: "s", key: "/k" }, counted(10))).toBe(true);
  const orphan = join(directory, "chunks", "s", "a", `${(await index.open()).epoch}${"a".repeat(24)}`);
  mkdirSync(dirname(orphan), { recursive: true });
  writeFileSync(orphan, counted(1000));
  clock.advance(index.lockAge);
  await storage.idle();
  expect(existsSync(orphan)).toBe(false);
  expect(await storage.has({ storeId: "s", key: "/k" })).toBe(true);
  await storage.close();
});
