import fc from "fast-check";
import { expect, test } from "vitest";
import type { DocumentOperation } from "../src/documents/document.ts";
import { Listing } from "../src/documents/listing.ts";
import type { LogName } from "../src/names.ts";

/** Logs of several regions, and how many operations were read of them. */
class CountedLogs {
  readonly streams = new Map<string, LogName>();
  readonly #operations = new Map<string, DocumentOperation[]>();
  readings = 0;
  operations = 0;

  put(region: string, key: string, clock: number, more: Partial<DocumentOperation> = {}): void {
    this.streams.set(region, { kind: "documents", region, life: "0" });
    const log = this.#operations.get(region) ?? [];
    this.#operations.set(region, log);
    const operation = { clock, region, id: `${region} ${key} ${clock}`, seen: {}, key, ...more };
    const place = log.findIndex((it) => it.key === key);
    if (place >= 0) log.splice(place, 1);
    log.push(operation);
  }

  async *last(stream: string): AsyncGenerator<DocumentOperation> {
    this.readings++;
    for (const operation of this.#operations.get(stream) ?? []) {
      this.operations++;
      yield operation;
    }
  }
}

/** All keys of a listing, page by page. */
async function keysOf(listing: Listing, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await listing.page({ limit, ...(cursor !== undefined && { cursor }) });
    pages.push(page.documents.map(({ key }) => key));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return pages;
}

function numbered(count: number): [CountedLogs, string[]] {
  const logs = new CountedLogs();
  const keys = Array.from({ length: count }, (_, n) => `doc/${String((n * 7919) % count).padStart(6, "0")}`);
  for (const [n, key] of keys.entries()) logs.put(n % 2 === 0 ? "fra" : "iad", key, n + 1);
  return [logs, keys.sort()];
}

test("a listing of many pages reads every key once", async () => {
  const [logs, keys] = numbered(5000);
  const pages = await keysOf(new Listing(logs, () => 0), 100);
  expect(pages).toHaveLength(50);
  expect(pages.flat()).toEqual(keys);
  expect([logs.readings, logs.operations]).toEqual([2, 5000]);
});

test("what is gathered ahead is bounded, and there is a reading for each such stretch", async () => {
  const [logs, keys] = numbered(5000);
  // Some 320 bytes a document: between a tenth of them and a fifth at once.
  const pages = await keysOf(new Listing(logs, () => 0, 160_000), 100);
  expect(pages.flat()).toEqual(keys);
  expect(logs.readings / 2).toBeGreaterThanOrEqual(5);
  expect(logs.readings / 2).toBeLessThanOrEqual(10);
});

test("a first page shows what there is now, and a further one is read anew after a minute", async () => {
  const [logs] = numbered(10);
  let now = 0;
  const listing = new Listing(logs, () => now);
  const { cursor = "" } = await listing.page({ limit: 4 });
  logs.put("fra", "doc/000009", 100, { deleted: true });
  expect((await listing.page({ limit: 2 })).documents).toHaveLength(2);
  expect((await listing.page({ limit: 100 })).documents).toHaveLength(9);
  now += 60_001;
  expect((await listing.page({ limit: 100, cursor })).documents).toHaveLength(5);
});

test("what has expired since it was gathered is not listed", async () => {
  const logs = new CountedLogs();
  for (const key of ["a", "b", "c"]) logs.put("fra", key, 1, { expiresAt: 1000 });
  let now = 0;
  const listing = new Listing(logs, () => now);
  const { cursor = "" } = await listing.page({ limit: 1 });
  now = 1000;
  expect(await listing.page({ limit: 5, cursor })).toEqual({ documents: [], cursor: undefined });
});

test("pages are what a listing at once is, whatever is gathered at a time, kept, or asked for in between", async () => {
  const write = fc.record({
    region: fc.constantFrom("fra", "iad", "sin"),
    key: fc.stringMatching(/^[ab]{1,3}$/),
    deleted: fc.boolean(),
    odd: fc.boolean(),
  });
  const shape = fc.record({
    writes: fc.array(write, { maxLength: 60 }),
    ahead: fc.integer({ min: 1, max: 4000 }),
    limit: fc.integer({ min: 1, max: 7 }),
    prefix: fc.constantFrom("", "a", "ab"),
    meta: fc.constantFrom({}, { odd: true }),
  });
  await fc.assert(
    fc.asyncProperty(shape, async ({ writes, ahead, limit, prefix, meta }) => {
      const logs = new CountedLogs();
      const latest = new Map<string, boolean>();
      for (const [n, { region, key, deleted, odd }] of writes.entries()) {
        logs.put(region, key, n + 1, { ...(deleted && { deleted }), meta: { odd } });
        latest.set(key, !deleted && key.startsWith(prefix) && (odd || !("odd" in meta)));
      }
      const listing = new Listing(logs, () => 0, ahead);
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await listing.page({ prefix, meta, limit, ...(cursor !== undefined && { cursor }) });
        expect(page.documents.length).toBeLessThanOrEqual(limit);
        found.push(...page.documents.map(({ key }) => key));
        cursor = page.cursor;
        await listing.page({ prefix, limit: 1 });
      } while (cursor !== undefined);
      expect(found).toEqual(
        [...latest]
          .filter(([, isThere]) => isThere)
          .map(([key]) => key)
          .sort(),
      );
    }),
  );
});
