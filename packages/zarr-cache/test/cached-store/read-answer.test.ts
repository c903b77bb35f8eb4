import { expect, it } from "vitest";
import type { ReadAnswer } from "../../src/index.ts";
import type { Key } from "../../src/key.ts";
import type { RangeQuery } from "../../src/range.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { VersionedSource } from "../support/versioned-source.ts";

function asking(store: ReturnType<typeof cached>["store"]) {
  return async (key: Key, range?: RangeQuery) => {
    const answers: ReadAnswer[] = [];
    const options = { onAnswer: (answer: ReadAnswer) => void answers.push(answer) };
    await (range === undefined ? store.get(key, options) : store.getRange(key, range, options));
    expect(answers).toHaveLength(1);
    return answers[0] as ReadAnswer;
  };
}

it("tells a miss, and the hit after it with its age and the time that it stays fresh", async () => {
  const source = new VersionedSource().put("/c/0", counted(100), '"v1"');
  const { store, clock } = cached(source, { maxAge: { data: 10_000 } });
  const ask = asking(store);
  const facts = { validator: '"v1"', size: 100 };
  expect(await ask("/c/0")).toEqual({
    ...facts,
    from: "miss",
    tier: undefined,
    age: 0,
    freshFor: 10_000,
    isKept: true,
  });
  await store.idle();
  clock.advance(4000);
  expect(await ask("/c/0")).toMatchObject({
    ...facts,
    from: "hit",
    tier: "memory",
    age: 4000,
    freshFor: 6000,
  });
});

it("tells the size of the whole value for a range of it", async () => {
  const source = new VersionedSource().put("/c/0", counted(100));
  const { store } = cached(source);
  const ask = asking(store);
  expect(await ask("/c/0", { suffixLength: 8 })).toMatchObject({ from: "miss", size: 100 });
  await store.idle();
  expect((await ask("/c/0", { suffixLength: 8 })).size).toBeUndefined();
  await ask("/c/0");
  await store.idle();
  expect(await ask("/c/0", { offset: 3, length: 4 })).toMatchObject({ from: "hit", size: 100 });
});

it("tells a reader that joined another's read, and one that is given what is past its age", async () => {
  const source = new VersionedSource().put("/c/0", counted(4));
  const { store, clock } = cached(source, { maxAge: 1000, staleWhileRevalidate: 5000 });
  const ask = asking(store);
  const both = await Promise.all([ask("/c/0"), ask("/c/0")]);
  expect(both.map(({ from }) => from)).toEqual(["miss", "coalesced"]);
  await store.idle();
  clock.advance(1500);
  expect(await ask("/c/0")).toMatchObject({ from: "stale", age: 1500, freshFor: -500 });
  await store.idle();
});

it("tells an answer as young as what the source said of its version since", async () => {
  const source = new VersionedSource().put("/c/0", counted(100), '"v1"');
  const { store, clock } = cached(source, { maxAge: 1000 });
  const ask = asking(store);
  await ask("/c/0", { offset: 0, length: 4 });
  await ask("/c/0", { offset: 4, length: 4 });
  await store.idle();
  clock.advance(1500);
  expect(await ask("/c/0", { offset: 0, length: 4 })).toMatchObject({ from: "miss" });
  clock.advance(200);
  expect(await ask("/c/0", { offset: 4, length: 4 })).toMatchObject({ from: "hit", age: 200, freshFor: 800 });
});

it("tells that a missing key is known to be missing", async () => {
  const { store } = cached(new VersionedSource(), { maxAge: { missing: 7000 } });
  const ask = asking(store);
  expect(await ask("/c/9")).toMatchObject({ from: "miss", freshFor: 7000 });
  await store.idle();
  expect(await ask("/c/9")).toMatchObject({ from: "hit", freshFor: 7000 });
});

it("hands the very bytes to all readers of a store that shares them", async () => {
  const source = new VersionedSource().put("/c/0", counted(4));
  const { store } = cached(source, { isolation: "shared" });
  const [first, second] = await Promise.all([store.get("/c/0"), store.get("/c/0")]);
  expect(second).toBe(first);
  await store.idle();
  expect(await store.get("/c/0")).toBe(first);
});
