import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { sliceRange } from "../../src/range.ts";
import type { CachedStoreOptions } from "../../src/store/store-options.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const BLOCK = 100;
const SIZE = 1050;
const VALUE = counted(SIZE);
const at = (offset: number, length: number) => ({ offset, length });

function setUp(options: CachedStoreOptions = {}) {
  const source = new VersionedSource().put("/a", VALUE);
  const made = cached(source, { blockBytes: BLOCK, ...options });
  const asked = () => source.taken().map(({ range }) => range);
  return { source, asked, ...made };
}

describe("ranges in blocks", () => {
  it("are fetched as the blocks that they touch, with one request, and kept as these", async () => {
    const { asked, store, storage } = setUp();
    expect(await store.getRange("/a", at(250, 300))).toEqual(VALUE.slice(250, 550));
    expect(asked()).toEqual([at(200, 400)]);
    await store.idle();
    expect((await storage.entries()).entries.map(({ range }) => range)).toEqual([
      at(200, 100),
      at(300, 100),
      at(400, 100),
      at(500, 100),
    ]);
    expect(await store.getRange("/a", at(210, 380))).toEqual(VALUE.slice(210, 590));
    expect(asked()).toEqual([]);
    expect(await store.getRange("/a", at(590, 20))).toEqual(VALUE.slice(590, 610));
    expect(asked()).toEqual([at(600, 100)]);
    expect(store.stats()).toMatchObject({ reads: 3, hits: 1, misses: 2, source: { reads: 2, bytes: 500 } });
  });

  it("end where the value does, and are asked for no further once that is known", async () => {
    const { asked, store } = setUp();
    expect(await store.getRange("/a", at(1040, 500))).toEqual(VALUE.slice(1040));
    expect(asked()).toEqual([at(1000, 600)]);
    await store.idle();
    expect(await store.getRange("/a", at(1010, 1e9))).toEqual(VALUE.slice(1010));
    expect(await store.getRange("/a", at(2000, 10))).toEqual(new Uint8Array(0));
    expect(await store.getRange("/a", { suffixLength: 30 })).toEqual(VALUE.slice(-30));
    expect(asked()).toEqual([at(2000, 100)]);
  });

  it("ask for one block first where a range has no end and the size is not known", async () => {
    const { asked, store } = setUp();
    expect(await store.getRange("/a", at(5, 1e12))).toEqual(VALUE.slice(5));
    expect(asked()).toEqual([at(0, 100), at(100, 1000)]);
  });

  it("are served by the next process", async () => {
    const { source, store, storage } = setUp();
    await store.getRange("/a", at(850, 190));
    await store.idle();
    source.taken();
    const next = new CachedStore(source, "s", storage, { blockBytes: BLOCK });
    expect(await next.getRange("/a", at(810, 230))).toEqual(VALUE.slice(810, 1040));
    expect(await next.getRange("/a", at(1000, 100))).toEqual(VALUE.slice(1000));
    expect(source.taken()).toEqual([]);
  });

  it("of a missing value are missing, and a whole that is cached serves them", async () => {
    const { asked, store } = setUp();
    expect(await store.getRange("/b", at(5, 300))).toBeUndefined();
    asked();
    await store.get("/a");
    await store.idle();
    expect(asked()).toEqual([undefined]);
    expect(await store.getRange("/a", at(333, 333))).toEqual(VALUE.slice(333, 666));
    expect(asked()).toEqual([]);
  });

  it("fetch no more than a block beyond either end, and give what the source has", async () => {
    const range = fc.record({ offset: fc.nat(1200), length: fc.integer({ min: 1, max: 500 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(range, { maxLength: 12 }),
        fc.integer({ min: 1, max: 300 }),
        async (ranges, blockBytes) => {
          const { source, store, storage } = setUp({ blockBytes });
          for (const wanted of ranges) {
            expect(await store.getRange("/a", wanted)).toEqual(sliceRange(VALUE, wanted));
            for (const { range: asked } of source.taken()) {
              const { offset, length } = asked as typeof wanted;
              expect(offset).toBeGreaterThan(wanted.offset - blockBytes);
              expect(offset + length).toBeLessThan(wanted.offset + wanted.length + blockBytes);
            }
            await store.idle();
          }
          await storage.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("blocks of different versions", () => {
  it("are never put together: who had read nothing gets the new one", async () => {
    const { source, store, storage } = setUp();
    await store.getRange("/a", at(0, 300));
    await store.idle();
    source.put("/a", counted(SIZE, 7));
    const next = new CachedStore(source, "s", storage, { blockBytes: BLOCK });
    expect(await next.getRange("/a", at(150, 300))).toEqual(counted(300, 157));
    await next.idle();
    source.taken();
    expect(await next.getRange("/a", at(100, 400))).toEqual(counted(400, 107));
    expect(source.taken()).toEqual([]);
  });

  it("are told to who had read others", async () => {
    const { source, store } = setUp();
    await store.getRange("/a", at(0, 300));
    source.put("/a", counted(SIZE, 7));
    await expect(store.getRange("/a", at(500, 300))).rejects.toMatchObject({ tag: "SourceChangedError" });
    expect(await store.getRange("/a", at(0, 300))).toEqual(counted(300, 7));
  });
});

describe("a source that does not tell enough", () => {
  it("is refused where it cannot", () => {
    expect(() => cached(plainSource(new Map()), { blockBytes: BLOCK })).toThrow(
      expect.objectContaining({ tag: "InvalidOptionError", option: "blockBytes" }),
    );
    for (const blockBytes of [0, -1, "many"])
      expect(() => cached(new VersionedSource(), { blockBytes })).toThrow(/blockBytes/);
  });

  it.each([
    ["a weak validator", 'W/"1"'],
    ["none", undefined],
  ])("is read as asked where it tells %s, with one warning", async (_what, validator) => {
    const source = new VersionedSource();
    for (const key of ["/a", "/b"]) source.put(key, VALUE, validator ?? '"x"');
    const plain = source.read.bind(source);
    if (validator === undefined)
      source.read = async (...args) => {
        const { validator: _, ...answer } = await plain(...args);
        return answer as Awaited<ReturnType<typeof plain>>;
      };
    const { store } = cached(source, { blockBytes: BLOCK });
    const warnings: string[] = [];
    store.on("warning", ({ message }) => warnings.push(message));
    for (const key of ["/a", "/b"] as const)
      for (const range of [at(250, 100), at(430, 30)])
        expect(await store.getRange(key, range)).toEqual(sliceRange(VALUE, range));
    expect(source.taken().map(({ range }) => range)).toEqual([
      at(200, 200),
      at(250, 100),
      at(430, 30),
      at(200, 200),
      at(250, 100),
      at(430, 30),
    ]);
    expect(warnings).toEqual([expect.stringContaining('"/a"')]);
  });
});

it("one reader's abort ends only its own wait", async () => {
  const { store } = setUp();
  const abort = new AbortController();
  const leaving = store.getRange("/a", at(150, 300), { signal: abort.signal });
  const staying = store.getRange("/a", at(250, 300));
  abort.abort(new Error("away"));
  await expect(leaving).rejects.toThrow("away");
  expect(await staying).toEqual(VALUE.slice(250, 550));
});
