import { expect, it } from "vitest";
import { SourceChangedError } from "../../src/index.ts";
import { sliceRange } from "../../src/range.ts";
import type { Source } from "../../src/store/source.ts";
import type { SourceAnswer, SourceRead } from "../../src/store/source-answer.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";

const VALUE = counted(100);

/** A source that is asked by `read` alone, and writes down what for. */
function telling(answer: (read: SourceRead) => SourceAnswer | Error) {
  const reads: SourceRead[] = [];
  const source: Source & { readonly reads: readonly SourceRead[] } = {
    reads,
    get: () => Promise.reject(new Error("asked by get")),
    async read(_key, read = {}) {
      reads.push(read);
      const told = answer(read);
      if (told instanceof Error) throw told;
      return told;
    },
  };
  return source;
}

function tellAll({ range }: SourceRead): SourceAnswer {
  const value = range === undefined ? VALUE.slice() : sliceRange(VALUE, range);
  return { status: "value", value, size: 100, validator: '"1"' };
}

it("asks a source that tells more by read, and keeps the version", async () => {
  const source = telling(tellAll);
  const { store, storage } = cached(source);
  expect(await store.get("/c/0")).toEqual(VALUE);
  await store.idle();
  expect(await storage.get({ storeId: "s", key: "/c/0" })).toMatchObject({ validator: '"1"' });
  expect(source.reads).toEqual([{ signal: expect.any(AbortSignal) }]);
});

it("keeps what is short because the value ends, where the source tells its size", async () => {
  const source = telling(tellAll);
  const { store } = cached(source);
  for (let i = 0; i < 2; i++) {
    expect(await store.getRange("/c/0", { offset: 95, length: 10 })).toEqual(counted(5, 95));
    await store.idle();
  }
  expect(source.reads).toHaveLength(1);
});

it("reads wholes from a server that gives nothing else, and keeps them", async () => {
  const source = telling(
    (read) => ({ ...tellAll(read), ...(read.range && { whole: VALUE }) }) as SourceAnswer,
  );
  const { store } = cached(source);
  for (const offset of [0, 10, 20])
    expect(await store.getRange("/c/0", { offset, length: 5 })).toEqual(counted(5, offset));
  expect(source.reads.map(({ range }) => range)).toEqual([{ offset: 0, length: 5 }, undefined]);
});

it("goes on reading ranges from a server that only does no suffixes", async () => {
  const source = telling((read) => {
    const isSuffix = read.range !== undefined && "suffixLength" in read.range;
    return { ...tellAll(read), ...(isSuffix && { whole: VALUE }) } as SourceAnswer;
  });
  const { store } = cached(source);
  expect(await store.getRange("/c/0", { suffixLength: 5 })).toEqual(counted(5, 95));
  expect(await store.getRange("/c/0", { offset: 10, length: 5 })).toEqual(counted(5, 10));
  expect(source.reads.map(({ range }) => range)).toEqual([{ suffixLength: 5 }, { offset: 10, length: 5 }]);
});

it("says so where read answers nothing at all", async () => {
  const { store } = cached({ get: () => undefined, read: async () => JSON.parse("null") });
  await expect(store.get("/c/0")).rejects.toMatchObject({ tag: "InvalidValueError", key: "/c/0" });
});

it("takes only missing for missing", async () => {
  let answer: SourceAnswer = { status: "unchanged" };
  const { store } = cached(telling(() => answer));
  await expect(store.get("/c/0")).rejects.toMatchObject({ tag: "InvalidValueError" });
  answer = { status: "missing" };
  expect(await store.get("/c/0")).toBeUndefined();
});

it("drops the copies of a value that has changed between two of its parts", async () => {
  let isChanged = false;
  const source = telling((read) =>
    isChanged && read.range !== undefined && "offset" in read.range
      ? new SourceChangedError("https://a.example", "/c/0", '"1"', '"2"')
      : tellAll(read),
  );
  const { store, clock } = cached(source, { maxAge: "1m", staleIfError: "1d" });
  await store.getRange("/c/0", { suffixLength: 5 });
  await store.getRange("/c/0", { offset: 0, length: 5 });
  await store.idle();
  clock.advance(90_000);
  await store.getRange("/c/0", { suffixLength: 5 });
  await store.idle();
  isChanged = true;
  await expect(store.getRange("/c/0", { offset: 10, length: 5 })).rejects.toMatchObject({
    tag: "SourceChangedError",
  });
  expect(source.reads).toHaveLength(4);
  for (const range of [{ suffixLength: 5 }, { offset: 0, length: 5 }])
    await store.getRange("/c/0", range).catch(() => {});
  expect(source.reads).toHaveLength(6);
});

it("does not go past a wrapper that counts or fails reads", async () => {
  const source = countingSource({
    get: async () => VALUE,
    read: async () => ({ status: "missing" }) as const,
  });
  expect("read" in source).toBe(false);
  expect(await cached(source).store.get("/c/0")).toEqual(VALUE);
  expect(source.countOf("/c/0")).toBe(1);
});
