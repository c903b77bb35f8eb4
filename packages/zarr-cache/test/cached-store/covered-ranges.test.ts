import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/index.ts";
import { sliceRange } from "../../src/range.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const SIZE = 1000;
const VALUE = counted(SIZE);
const at = (offset: number, length: number) => ({ offset, length });
const end = (suffixLength: number) => ({ suffixLength });

function setUp(options = {}) {
  const source = new VersionedSource().put("/a", VALUE);
  return { source, ...cached(source, options) };
}

describe("a range that is cached answers", () => {
  it.each([
    ["a range within it", at(100, 200), at(150, 50)],
    ["a range of the same start", at(100, 200), at(100, 50)],
    ["a range within the end of the value", end(200), at(850, 100)],
    ["a shorter end", end(200), end(50)],
    ["the end, once it was read to the end", at(600, 900), end(300)],
    ["a range past the end, once it was read to the end", at(600, 400), at(900, 500)],
    ["the whole value, where it is all of it", at(0, 1000), undefined],
    ["the whole value, where it is an end that is all of it", end(5000), undefined],
    ["an end, from all of it", at(0, 2000), end(10)],
  ])("%s", async (_what, kept, wanted) => {
    const { source, store } = setUp();
    await store.getRange("/a", kept);
    await store.idle();
    source.taken();
    const value = wanted === undefined ? await store.get("/a") : await store.getRange("/a", wanted);
    expect(value).toEqual(wanted === undefined ? VALUE : sliceRange(VALUE, wanted));
    expect(source.taken()).toEqual([]);
    expect(store.stats()).toMatchObject({ hits: 1, misses: 1 });
  });

  it.each([
    ["a range that begins before it", at(100, 200), at(99, 50)],
    ["a range that ends behind it", at(100, 200), at(250, 51)],
    ["the whole value, of which it is the beginning", at(0, 999), undefined],
    ["the whole value, of which it is the end", end(999), undefined],
    ["a longer end", end(200), end(201)],
  ])("not %s", async (_what, kept, wanted) => {
    const { source, store } = setUp();
    await store.getRange("/a", kept);
    await store.idle();
    source.taken();
    const value = wanted === undefined ? await store.get("/a") : await store.getRange("/a", wanted);
    expect(value).toEqual(wanted === undefined ? VALUE : sliceRange(VALUE, wanted));
    expect(source.taken()).toHaveLength(1);
  });

  it("nothing once it is gone, past its age, or of another version", async () => {
    const { source, store, clock } = setUp({ maxAge: 1000 });
    await store.getRange("/a", at(100, 200));
    await store.idle();
    await store.invalidate("/a");
    await store.getRange("/a", at(150, 10));
    expect(source.taken()).toHaveLength(2);
    await store.getRange("/a", at(100, 200));
    await store.idle();
    clock.advance(2000);
    source.put("/a", counted(SIZE, 7));
    source.taken();
    await expect(store.getRange("/a", at(250, 10))).rejects.toMatchObject({ tag: "SourceChangedError" });
    expect(await store.getRange("/a", at(250, 10))).toEqual(counted(10, 257));
  });

  it("no end of a value that has grown since, of which another store has read the same range", async () => {
    const { source, store, storage } = setUp();
    await store.getRange("/a", at(900, 100));
    await store.idle();
    source.put("/a", counted(2000, 7));
    const other = new CachedStore(source, store.storeId, storage);
    await other.invalidate("/a");
    await other.getRange("/a", at(900, 100));
    await other.idle();
    expect(await store.getRange("/a", end(50))).toEqual(counted(2000, 7).slice(-50));
  });

  it("in the next process, once that has read it", async () => {
    const { source, store, storage } = setUp();
    await store.getRange("/a", end(200));
    await store.idle();
    source.taken();
    const { CachedStore } = await import("../../src/cached-store.ts");
    const next = new CachedStore(source, "s", storage);
    await next.getRange("/a", end(200));
    await next.idle();
    expect(source.taken()).toEqual([]);
  });
});

it("a source that tells no versions has its ranges found, and no ends", async () => {
  const source = countingSource(plainSource(new Map([["/a", VALUE]])));
  const { store } = cached(source);
  await store.getRange("/a", at(500, 500));
  await store.idle();
  expect(await store.getRange("/a", at(600, 400))).toEqual(VALUE.slice(600));
  expect(source.requests).toHaveLength(1);
  expect(await store.getRange("/a", end(100))).toEqual(VALUE.slice(900));
  expect(source.requests).toHaveLength(2);
});

it("whatever was read before, every range is what the source has", async () => {
  const range = fc.oneof(
    fc.record({ offset: fc.nat(1100), length: fc.nat(400) }),
    fc.record({ suffixLength: fc.nat(1200) }),
    fc.constant(undefined),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(range, { maxLength: 25 }), async (ranges) => {
      const { store, storage } = setUp();
      for (const [i, wanted] of ranges.entries()) {
        const value = wanted === undefined ? await store.get("/a") : await store.getRange("/a", wanted);
        expect(value).toEqual(wanted === undefined ? VALUE : sliceRange(VALUE, wanted));
        if (i % 3 > 0) await store.idle();
      }
      await storage.close();
    }),
    { numRuns: 60 },
  );
});
