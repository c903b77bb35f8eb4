import { describe, expect, it } from "vitest";
import type { RangeQuery } from "../../src/range.ts";
import { countingSource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";

const SIZE = 100;
const value = counted(SIZE);

/** Each range with the bytes it stands for, by RFC 9110 §14.1.2. */
const CASES: readonly (readonly [name: string, range: RangeQuery, expected: Uint8Array])[] = [
  ["from the beginning", { offset: 0, length: 10 }, value.slice(0, 10)],
  ["in the middle", { offset: 40, length: 20 }, value.slice(40, 60)],
  ["up to the end", { offset: 90, length: 10 }, value.slice(90)],
  ["of everything", { offset: 0, length: SIZE }, value],
  ["clipped at the end", { offset: 95, length: 10 }, value.slice(95)],
  ["behind the end", { offset: 200, length: 10 }, new Uint8Array(0)],
  ["of no bytes", { offset: 5, length: 0 }, new Uint8Array(0)],
  ["of the last bytes", { suffixLength: 16 }, value.slice(84)],
  ["of more last bytes than there are", { suffixLength: 1000 }, value],
  ["of no last bytes", { suffixLength: 0 }, new Uint8Array(0)],
];

describe("a range", () => {
  for (const [name, range, expected] of CASES) {
    it(`${name} is the same from the source and from the cache`, async () => {
      const { store } = cached(plainSource(new Map([["/a", value]])));
      for (let i = 0; i < 3; i++) expect(await store.getRange("/a", range)).toEqual(expected);
    });

    it(`${name} is cut out of a value that is cached whole, without a request`, async () => {
      const source = countingSource(plainSource(new Map([["/a", value]])));
      const { store } = cached(source);
      await store.get("/a");
      for (let i = 0; i < 2; i++) expect(await store.getRange("/a", range)).toEqual(expected);
      expect(source.requests).toHaveLength(1);
    });

    it(`${name} is cut out of a value that a source without getRange gives whole, once`, async () => {
      const source = countingSource(new Map([["/a", value]]));
      const { store } = cached(source);
      for (let i = 0; i < 3; i++) expect(await store.getRange("/a", range)).toEqual(expected);
      expect(source.requests.length).toBeLessThanOrEqual(1);
    });
  }
});

it("asks for the bytes that are wanted and no more, once", async () => {
  const source = countingSource(plainSource(new Map([["/a", value]])));
  const { store } = cached(source);
  for (let i = 0; i < 3; i++) {
    await store.getRange("/a", { offset: 40, length: 20 });
    await store.getRange("/a", { suffixLength: 16 });
  }
  expect(source.requests.map(({ range }) => range)).toEqual([
    { offset: 40, length: 20 },
    { suffixLength: 16 },
  ]);
});

it("makes no request for no bytes, and counts a hit", async () => {
  const source = countingSource(plainSource(new Map([["/a", value]])));
  const { store } = cached(source);
  expect(await store.getRange("/a", { offset: 7, length: 0 })).toEqual(new Uint8Array(0));
  expect(source.requests).toHaveLength(0);
  expect(store.stats()).toMatchObject({ reads: 1, hits: 1 });
});

it("never answers a read of the whole from a range", async () => {
  const { store } = cached(plainSource(new Map([["/a", value]])));
  await store.getRange("/a", { offset: 0, length: SIZE });
  await store.getRange("/a", { suffixLength: SIZE });
  await store.getRange("/a", { offset: 0, length: 10 });
  expect(await store.get("/a")).toEqual(value);
  expect(await store.getRange("/a", { offset: 0, length: 10 })).toEqual(value.slice(0, 10));
});

it("never answers one range from another", async () => {
  const { store } = cached(plainSource(new Map([["/a", value]])));
  expect(await store.getRange("/a", { offset: 1, length: 16 })).toEqual(value.slice(1, 17));
  expect(await store.getRange("/a", { offset: 11, length: 6 })).toEqual(value.slice(11, 17));
  expect(await store.getRange("/a", { suffixLength: 16 })).toEqual(value.slice(84));
});

it("asks once for one range that 20 readers want at once", async () => {
  const source = countingSource(plainSource(new Map([["/a", value]])));
  const { store } = cached(source);
  const reads = Array.from({ length: 20 }, () => store.getRange("/a", { offset: 3, length: 9 }));
  for (const read of await Promise.all(reads)) expect(read).toEqual(value.slice(3, 12));
  expect(source.requests).toHaveLength(1);
});

it("asks once for the whole when 20 readers want ranges of a source without getRange", async () => {
  const source = countingSource(new Map([["/a", value]]));
  const { store } = cached(source);
  const reads = Array.from({ length: 20 }, (_, i) => store.getRange("/a", { offset: i, length: 9 }));
  for (const [i, read] of (await Promise.all(reads)).entries()) expect(read).toEqual(value.slice(i, i + 9));
  expect(source.requests).toHaveLength(1);
});

it("answers undefined for a range of a missing key, and asks once", async () => {
  for (const source of [countingSource(plainSource(new Map())), countingSource(new Map())]) {
    const { store } = cached(source);
    for (let i = 0; i < 3; i++) expect(await store.getRange("/a", { offset: 0, length: 4 })).toBeUndefined();
    expect(source.requests).toHaveLength(1);
  }
});

it("answers every range of a key that is known to be missing", async () => {
  const source = countingSource(plainSource(new Map()));
  const { store } = cached(source);
  await store.get("/a");
  expect(await store.getRange("/a", { suffixLength: 4 })).toBeUndefined();
  expect(await store.getRange("/a", { offset: 0, length: 4 })).toBeUndefined();
  expect(source.requests).toHaveLength(1);
});
