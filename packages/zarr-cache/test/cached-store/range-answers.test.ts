import { describe, expect, it } from "vitest";
import { type RangeQuery, sliceRange } from "../../src/range.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const value = counted(1000);
const at = (offset: number, length: number) => ({ offset, length });
const whole = async () => value;

describe("a server that ignores Range and answers the whole body", () => {
  const source = () =>
    countingSource({ get: whole, getRange: async (_key: string, _range: RangeQuery) => value });

  it("is asked for the whole, of which the range is cut", async () => {
    const { store } = cached(source());
    expect(await store.getRange("/a", { offset: 10, length: 5 })).toEqual(counted(5, 10));
    expect(await store.getRange("/a", { suffixLength: 4 })).toEqual(value.slice(-4));
  });

  it("is not asked for ranges any more once that is known", async () => {
    const counting = source();
    const { store } = cached(counting);
    for (let i = 0; i < 5; i++) await store.getRange("/a", { offset: i, length: 5 });
    await store.getRange("/b", { offset: 0, length: 5 });
    expect(counting.requests.filter(({ range }) => range !== undefined)).toHaveLength(1);
    expect(counting.requests.filter(({ range }) => range === undefined)).toHaveLength(2);
  });

  it("never gets the whole kept as a range", async () => {
    const { store, storage } = cached(source());
    await store.getRange("/a", { offset: 10, length: 5 });
    await store.idle();
    const { entries } = await storage.entries();
    expect(entries.map(({ key, range, size }) => ({ key, range, size }))).toEqual([
      { key: "/a", range: undefined, size: 1000 },
    ]);
  });
});

describe("a source with versions that answers wholes for ranges", () => {
  it.each([
    ["as such", true],
    ["as if they were ranges", false],
  ])("and tells them %s, is read past the age of a whole that has changed", async (_, isTold) => {
    const versioned = new VersionedSource().put("/a", counted(100));
    const { store, storage, clock } = cached(
      {
        get: () => Promise.reject(new Error("asked by get")),
        async read(key, { range: _range, ...asked } = {}) {
          const answer = await versioned.read(key, asked);
          return answer.status === "value" && isTold ? { ...answer, whole: answer.value } : answer;
        },
      },
      { maxAge: 1000 },
    );
    await store.get("/a");
    await store.idle();
    clock.advance(1500);
    versioned.put("/a", counted(100, 7));
    const reads = [at(10, 5), at(50, 5)].map((range) => store.getRange("/a", range));
    expect(await Promise.all(reads)).toEqual([counted(5, 17), counted(5, 57)]);
    await store.idle();
    expect(await store.getRange("/a", at(20, 5))).toEqual(counted(5, 27));
    await store.idle();
    expect((await storage.entries()).entries).toMatchObject([{ key: "/a", size: 100, validator: '"2"' }]);
  });
});

describe("a source that answers fewer bytes than were asked for", () => {
  const source = () => countingSource({ get: whole, getRange: async () => counted(3) });

  it("has its answer passed on, since it may be the end of the value", async () => {
    const { store } = cached(source());
    expect(await store.getRange("/a", { offset: 997, length: 10 })).toEqual(counted(3));
  });

  it("does not have it kept, since it may be a broken transfer", async () => {
    const counting = source();
    const { store, storage } = cached(counting);
    for (let i = 0; i < 3; i++) await store.getRange("/a", { offset: 997, length: 10 });
    await store.idle();
    expect(counting.requests).toHaveLength(3);
    expect((await storage.usage()).entries).toBe(0);
    expect(store.stats().tiers[0]?.refusals["inexact"]).toBeGreaterThan(0);
  });
});

describe("a source without getRange", () => {
  const source = () => {
    let version = 0;
    return { values: () => version, get: async () => counted(100, version++) };
  };

  it("has its range fetched anew as a whole while the stale one is served", async () => {
    const { store, clock } = cached(source(), { maxAge: 1000, staleWhileRevalidate: 1000 });
    await store.get("/a");
    clock.advance(1500);
    expect(await store.getRange("/a", { offset: 0, length: 4 })).toEqual(counted(4, 0));
    await store.idle();
    expect(await store.getRange("/a", { offset: 0, length: 4 })).toEqual(counted(4, 1));
    expect(await store.get("/a")).toEqual(counted(100, 1));
  });
});

describe("answers of a source that tells sizes", () => {
  const VALUE = counted(1000);

  it.each([
    ["shorter than asked, though the value goes on", { offset: 100, length: 50 }, VALUE.slice(100, 130)],
    ["shorter than the end that was asked for", { suffixLength: 50 }, VALUE.slice(-30)],
    ["longer than asked", { offset: 100, length: 50 }, VALUE.slice(100, 170)],
    ["longer than the end that was asked for", { suffixLength: 50 }, VALUE.slice(-70)],
    ["shorter than the whole", undefined, VALUE.slice(0, 990)],
    ["longer than the whole", undefined, counted(1010)],
  ])("are not kept when they are %s", async (_what, range, wrong) => {
    let isWrong = true;
    const { store, storage } = cached({
      get: () => Promise.reject(new Error("asked by get")),
      async read(_key, { range: asked } = {}) {
        const value = asked === undefined ? VALUE.slice() : sliceRange(VALUE, asked);
        return { status: "value", value: isWrong ? wrong : value, size: 1000, validator: '"1"' };
      },
    });
    const read = () => (range === undefined ? store.get("/a") : store.getRange("/a", range));
    await read();
    await store.idle();
    expect((await storage.usage()).entries).toBe(0);
    isWrong = false;
    expect(await read()).toEqual(range === undefined ? VALUE : sliceRange(VALUE, range));
  });
});
