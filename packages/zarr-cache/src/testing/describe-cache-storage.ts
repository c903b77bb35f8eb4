import { droppingTests } from "./cache-storage/dropping-tests.ts";
import { fillTests } from "./cache-storage/fill-tests.ts";
import { type StorageSuite, storageTests } from "./cache-storage/fixture.ts";
import { pinningTests } from "./cache-storage/pinning-tests.ts";
import { readingTests } from "./cache-storage/reading-tests.ts";
import { upkeepTests } from "./cache-storage/upkeep-tests.ts";

/**
 * Declares the tests that every `CacheStorage` passes. Uses nothing but the contract.
 *
 * The suite drives the storage through a fake clock and never sleeps. After each test the storage must be in order:
 * see `checkInvariants`.
 */
export function describeCacheStorage(name: string, suite: StorageSuite): void {
  const test = storageTests(suite);
  suite.describe(`${name} keeps the contract of CacheStorage`, () => {
    suite.describe("fills", () => fillTests(test));
    suite.describe("reading", () => readingTests(test));
    suite.describe("pinning", () => pinningTests(test));
    suite.describe("dropping", () => droppingTests(test));
    suite.describe("upkeep", () => upkeepTests(test));
  });
}
