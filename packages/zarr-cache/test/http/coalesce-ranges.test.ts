import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coalesceRanges } from "../../src/http/index.ts";
import { type RangeQuery, sliceRange } from "../../src/range.ts";
import type { Source } from "../../src/store/source.ts";
import type { SourceAnswer, SourceRead, SourceReadOptions } from "../../src/store/source-answer.ts";
import { type Deferred, deferred, fakeClock } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const VALUE = counted(1000);
const at = (offset: number, length: number) => ({ offset, length });

/** A source that answers when it is told to, and shows what it was asked. */
function held(value: Uint8Array | undefined, whole: boolean) {
  const reads: (SourceRead & Deferred<void>)[] = [];
  const source = {
    identity: "held",
    get: async () => value,
    async getRange(
      _key: string,
      _range: RangeQuery,
      _options?: SourceReadOptions,
    ): Promise<Uint8Array | undefined> {
      return undefined;
    },
    async read(_key: string, read: SourceRead = {}): Promise<SourceAnswer> {
      const asked = { ...read, ...deferred() };
      reads.push(asked);
      await asked.promise;
      if (value === undefined) return { status: "missing" };
      if (read.range === undefined) return { status: "value", value };
      return {
        status: "value",
        value: sliceRange(value, read.range),
        size: 1000,
        ...(whole && { whole: value }),
      };
    },
  } satisfies Source;
  return { source, reads };
}

function setUp(options = {}, value: Uint8Array | "missing" = VALUE, whole = false) {
  const { source, reads } = held(value === "missing" ? undefined : value, whole);
  const clock = fakeClock();
  return { store: coalesceRanges(source, { timers: clock.timers, gap: 10, ...options }), reads, clock };
}

describe("ranges of one key", () => {
  it("go together where the gap is small, and each reader gets its own", async () => {
    const { store, reads, clock } = setUp();
    const parts = [at(20, 5), at(0, 10), at(100, 10), at(3, 4)].map((range) => store.getRange("/c/0", range));
    clock.advance(0);
    expect(reads.map(({ range }) => range)).toEqual([at(0, 25), at(100, 10)]);
    for (const read of reads) read.resolve();
    const values = await Promise.all(parts);
    expect(values).toEqual([counted(5, 20), counted(10), counted(10, 100), counted(4, 3)]);
    expect(new Set(values.map((value) => value?.buffer)).size).toBe(4);
    for (const value of values) expect(value?.buffer.byteLength).toBe(value?.byteLength);
  });

  it("make no request longer than the bound", () => {
    const { store, reads, clock } = setUp({ maxBytes: 20 });
    for (let i = 0; i < 6; i++) void store.getRange("/c/0", at(i * 8, 8));
    clock.advance(0);
    expect(reads.map(({ range }) => range)).toEqual([at(0, 16), at(16, 16), at(32, 16)]);
  });

  it("go apart by key, by version, by condition, and from ends and wholes", () => {
    const { store, reads, clock } = setUp();
    void store.getRange("/c/0", at(0, 5));
    void store.getRange("/c/1", at(5, 5));
    void store.read("/c/0", { range: at(5, 5), ifMatch: '"1"' });
    void store.read("/c/0", { range: at(5, 5), ifMatch: '"2"' });
    void store.read("/c/0", { range: at(5, 5), ifNoneMatch: '"2"' });
    void store.read("/c/0", { range: { suffixLength: 5 } });
    void store.read("/c/0");
    clock.advance(0);
    expect(reads).toHaveLength(7);
    expect(reads.map(({ ifMatch }) => ifMatch).filter((tag) => tag !== undefined)).toEqual(['"1"', '"2"']);
  });

  it("are clipped where the value ends, and missing together", async () => {
    const { store, reads, clock } = setUp();
    const parts = [at(990, 5), at(996, 8), at(1003, 5)].map((range) => store.getRange("/c/0", range));
    clock.advance(0);
    reads[0]?.resolve();
    expect(await Promise.all(parts)).toEqual([counted(5, 990), counted(4, 996), new Uint8Array()]);
    const { store: empty, reads: none, clock: later } = setUp({}, "missing");
    const gone = [at(0, 5), at(5, 5)].map((range) => empty.read("/c/0", { range }));
    later.advance(0);
    none[0]?.resolve();
    expect(await Promise.all(gone)).toEqual([{ status: "missing" }, { status: "missing" }]);
  });

  it("bring the whole to each, where it came", async () => {
    const { store, reads, clock } = setUp({}, VALUE, true);
    const parts = [at(0, 5), at(5, 5)].map((range) => store.read("/c/0", { range }));
    clock.advance(0);
    reads[0]?.resolve();
    const [one, other] = await Promise.all(parts);
    expect(one).toMatchObject({ value: counted(5), whole: VALUE, size: 1000 });
    expect(other).toMatchObject({ value: counted(5, 5), whole: VALUE });
  });

  it("fail together", async () => {
    const { store, reads, clock } = setUp();
    const parts = [at(0, 5), at(5, 5)].map((range) => store.getRange("/c/0", range));
    clock.advance(0);
    reads[0]?.reject(new Error("down"));
    for (const part of parts) await expect(part).rejects.toThrow("down");
  });
});

describe("a reader that leaves", () => {
  it("disturbs nobody; the request ends with the last of a hundred", async () => {
    const { store, reads, clock } = setUp();
    const aborts = Array.from({ length: 100 }, () => new AbortController());
    const parts = aborts.map(({ signal }, i) =>
      store.read("/c/0", { range: at(i, 5), signal }).catch((error: unknown) => error),
    );
    clock.advance(0);
    expect(reads).toHaveLength(1);
    for (const abort of aborts.slice(1)) abort.abort(new Error("away"));
    expect(await parts[99]).toEqual(new Error("away"));
    expect(reads[0]?.signal?.aborted).toBe(false);
    reads[0]?.resolve();
    expect(await parts[0]).toMatchObject({ value: counted(5) });

    const again = aborts.map(() => new AbortController());
    const left = again.map(({ signal }) => store.read("/c/0", { range: at(0, 5), signal }));
    for (const part of left) part.catch(() => {});
    clock.advance(0);
    for (const abort of again) abort.abort(new Error("all away"));
    expect(reads[1]?.signal?.aborted).toBe(true);
    expect(reads).toHaveLength(2);
    await expect(left[0]).rejects.toThrow("all away");
  });

  it("before the request is not read for", async () => {
    const { store, reads, clock } = setUp();
    const abort = new AbortController();
    const part = store.getRange("/c/0", at(0, 5), { signal: abort.signal });
    abort.abort(new Error("away"));
    clock.advance(0);
    await expect(part).rejects.toThrow("away");
    await expect(store.getRange("/c/0", at(0, 5), { signal: abort.signal })).rejects.toThrow("away");
    expect(reads).toEqual([]);
  });
});

it("gives every reader exactly its bytes, for any ranges", async () => {
  const range = fc.record({ offset: fc.nat(1100), length: fc.nat(200) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(range, { maxLength: 20 }),
      fc.nat(300),
      fc.nat(500),
      async (ranges, gap, maxBytes) => {
        const store = coalesceRanges(
          rangedSource((asked) => sliceRange(VALUE, asked)),
          { gap, maxBytes },
        );
        const values = await Promise.all(ranges.map((one) => store.getRange("/c/0", one)));
        expect(values).toEqual(ranges.map((one) => sliceRange(VALUE, one)));
      },
    ),
  );
});

it("asks for each range by itself where a source gives more than was asked for", async () => {
  const store = coalesceRanges(
    rangedSource((asked) => ("offset" in asked && asked.length > 5 ? VALUE : sliceRange(VALUE, asked))),
  );
  const values = await Promise.all([at(0, 5), at(7, 5)].map((one) => store.getRange("/c/0", one)));
  expect(values).toEqual([counted(5), counted(5, 7)]);
});

it("leaves the rest of a source as it is, and one without ranges altogether", async () => {
  const { store } = setUp();
  expect(store.identity).toBe("held");
  expect(await store.get()).toEqual(VALUE);
  const plain = { get: () => VALUE };
  expect(coalesceRanges(plain)).toBe(plain);
  expect(() => coalesceRanges(plain, { gaps: 1 } as never)).toThrow("gaps");
});

it("gives each reader that is bound ranges of the version whose end it has read", async () => {
  const source = new VersionedSource().put("/c/0", VALUE);
  const read = source.read.bind(source);
  const getRange = async (_key: string, _range: RangeQuery) => undefined as Uint8Array | undefined;
  const coalesced = coalesceRanges({ get: async () => undefined, getRange, read });
  const [early, late] = [coalesced.getRange.bind(coalesced), coalesced.getRange.bind(coalesced)];
  const range = { offset: 0, length: 5 };
  await early("/c/0", { suffixLength: 5 });
  source.put("/c/0", VALUE.slice(1));
  await late("/c/0", { suffixLength: 5 });
  expect(await late("/c/0", range)).toEqual(VALUE.slice(1, 6));
  await expect(early("/c/0", range)).rejects.toMatchObject({ tag: "SourceChangedError" });
});

/** A plain store with ranges, as zarrita has them. */
function rangedSource(answer: (range: RangeQuery) => Uint8Array) {
  return {
    get: async () => VALUE,
    getRange: async (_key: string, range: RangeQuery) => answer(range),
  };
}
