import { describe, expect, it } from "vitest";
import { SourceChangedError } from "../../src/index.ts";
import type { RangeQuery } from "../../src/range.ts";
import type { SourceReadOptions } from "../../src/store/source-answer.ts";
import { countingSource, deferred } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const VALUE = counted(200_000);
const at = (offset: number, length: number) => ({ offset, length });
const bytes = ({ offset, length }: { offset: number; length: number }) =>
  VALUE.slice(offset, offset + length);

function setUp() {
  const source = countingSource(plainSource(new Map([["/c/0", VALUE]])));
  return { source, ...cached(source) };
}

describe("ranges that are missing and asked for in the same moment", () => {
  it("go with one request where no more than 32 KiB lie between them, and are kept apart", async () => {
    const { source, store, storage } = setUp();
    const ranges = [at(40_000, 100), at(0, 100), at(40_100 + 32_768, 50), at(100_000, 10)];
    const values = await Promise.all(ranges.map((range) => store.getRange("/c/0", range)));
    expect(values).toEqual(ranges.map(bytes));
    // 39,900 and 27,082 bytes between them: one gap is too wide, the others are read along.
    expect(source.requests.map(({ range }) => range)).toEqual([at(0, 100), at(40_000, 60_010)]);
    await store.idle();
    expect((await storage.usage()).entries).toBe(4);
    source.forget();
    for (const range of ranges) expect(await store.getRange("/c/0", range)).toEqual(bytes(range));
    expect(source.requests).toEqual([]);
  });

  it.each([
    [32_768, 1],
    [32_769, 2],
  ])("%i bytes apart go with %i", async (gap, requests) => {
    const { source, store } = setUp();
    await Promise.all([store.getRange("/c/0", at(0, 10)), store.getRange("/c/0", at(10 + gap, 10))]);
    expect(source.requests).toHaveLength(requests);
  });

  it("are asked for without those that are cached", async () => {
    const { source, store } = setUp();
    await store.getRange("/c/0", at(100, 100));
    source.forget();
    await Promise.all([0, 100, 200].map((offset) => store.getRange("/c/0", at(offset, 100))));
    expect(source.requests.map(({ range }) => range)).toEqual([at(0, 300)]);
    expect(store.stats()).toMatchObject({ hits: 1, misses: 3, source: { reads: 2, bytes: 400 } });
  });

  it("go apart by key", async () => {
    const source = countingSource(
      plainSource(
        new Map([
          ["/c/0", VALUE],
          ["/c/1", VALUE],
        ]),
      ),
    );
    const { store } = cached(source);
    await Promise.all(
      (["/c/0", "/c/1"] as const).flatMap((key) =>
        [0, 10].map((offset) => store.getRange(key, at(offset, 10))),
      ),
    );
    expect(source.requests).toMatchObject([
      { key: "/c/0", range: at(0, 20) },
      { key: "/c/1", range: at(0, 20) },
    ]);
  });

  it("are of the version that their readers have", async () => {
    const source = new VersionedSource().put("/c/0", VALUE);
    const { store } = cached(source);
    await store.getRange("/c/0", { suffixLength: 10 });
    source.taken();
    const read = () =>
      Promise.allSettled([0, 10, 20].map((offset) => store.getRange("/c/0", at(offset, 10))));
    expect((await read()).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
    expect(source.taken()).toEqual([{ key: "/c/0", range: at(0, 30), ifMatch: '"1"', status: "value" }]);
    source.put("/c/0", counted(200_000, 7));
    const failed = await Promise.allSettled([50, 60].map((offset) => store.getRange("/c/0", at(offset, 10))));
    for (const outcome of failed)
      expect(outcome).toMatchObject({ reason: expect.any(SourceChangedError) as unknown });
    expect(source.taken()).toHaveLength(1);
  });

  it("fail together, each with the source's own error, and are asked for anew by the next", async () => {
    let failure: Error | undefined = new Error("down");
    const plain = plainSource(new Map([["/c/0", VALUE]]));
    const source = countingSource({
      ...plain,
      getRange: async (key: string, range: RangeQuery) => {
        if (failure !== undefined) throw failure;
        return plain.getRange(key as "/c/0", range);
      },
    });
    const { store } = cached(source);
    const read = () => Promise.allSettled([0, 10].map((offset) => store.getRange("/c/0", at(offset, 10))));
    expect(await read()).toMatchObject([{ reason: failure }, { reason: failure }]);
    failure = undefined;
    expect(await read()).toMatchObject([{ value: counted(10) }, { value: counted(10, 10) }]);
    expect(source.requests).toHaveLength(2);
    expect(store.stats().source).toMatchObject({ reads: 2, failures: 1 });
  });

  it("keep what is whole of an answer that is cut off", async () => {
    const plain = plainSource(new Map([["/c/0", VALUE]]));
    const source = countingSource({
      ...plain,
      getRange: async (key: string, range: RangeQuery) =>
        (await plain.getRange(key as "/c/0", range))?.slice(0, 25),
    });
    const { store, storage } = cached(source);
    const values = await Promise.all([0, 10, 20].map((offset) => store.getRange("/c/0", at(offset, 10))));
    expect(values).toEqual([counted(10), counted(10, 10), counted(5, 20)]);
    await store.idle();
    expect((await storage.entries()).entries.map(({ range }) => range)).toEqual([at(0, 10), at(10, 10)]);
  });

  it("read a value whole, once, where the source sends wholes for ranges", async () => {
    const source = countingSource({ get: async () => VALUE, getRange: async () => VALUE });
    const { store } = cached(source);
    const ranges = Array.from({ length: 50 }, (_, i) => at(10 * i, 10));
    const values = await Promise.all(ranges.map((range) => store.getRange("/c/0", range)));
    expect(values).toEqual(ranges.map(bytes));
    expect(source.requests.map(({ range }) => range)).toEqual([at(0, 500), undefined]);
  });
});

describe("of a hundred readers of neighbouring ranges", () => {
  function waiting() {
    const answered = deferred<void>();
    const signals: (AbortSignal | undefined)[] = [];
    const { store } = cached({
      get: async () => VALUE,
      async getRange(_key: string, range: RangeQuery, options?: SourceReadOptions) {
        signals.push(options?.signal);
        await answered.promise;
        return bytes(range as { offset: number; length: number });
      },
    });
    const aborts = Array.from({ length: 100 }, () => new AbortController());
    const reads = aborts.map(({ signal }, i) => store.getRange("/c/0", at(i, 5), { signal }));
    for (const read of reads) read.catch(() => {});
    return { answered, signals, aborts, reads, store };
  }
  const asked = async ({ signals }: ReturnType<typeof waiting>) => {
    while (signals.length === 0) await new Promise((resolve) => setTimeout(resolve));
  };

  it("99 leave: one request, which goes on", async () => {
    const made = waiting();
    await asked(made);
    for (const abort of made.aborts.slice(1)) abort.abort(new Error("away"));
    await expect(made.reads[99]).rejects.toThrow("away");
    expect(made.signals.map((signal) => signal?.aborted)).toEqual([false]);
    made.answered.resolve();
    expect(await made.reads[0]).toEqual(counted(5));
  });

  it("all leave: the request is aborted", async () => {
    const made = waiting();
    await asked(made);
    for (const abort of made.aborts) abort.abort(new Error("away"));
    await expect(made.reads[0]).rejects.toThrow("away");
    expect(made.signals.map((signal) => signal?.aborted)).toEqual([true]);
    made.answered.resolve();
  });
});
