import { setImmediate } from "node:timers/promises";
import { expect, expectTypeOf, it } from "vitest";
import { IndexedCacheStorage } from "../../src/indexed-cache-storage.ts";
import { computeResult, type MemoOptions, memo } from "../../src/memo/index.ts";
import { deferred } from "../../src/testing/index.ts";
import { type TestTierOptions, testTier } from "../support/memory-tier.ts";

/** A function that counts its calls. */
function counting<Args extends readonly unknown[], Result>(fn: (...args: Args) => Result) {
  const calls: Args[] = [];
  return {
    calls,
    fn: (...args: Args): Result => {
      calls.push(args);
      return fn(...args);
    },
  };
}

function setUp(options: MemoOptions<[number, number?], unknown> = {}, tier: TestTierOptions = {}) {
  const made = testTier(tier);
  const { calls, fn } = counting((a: number, b?: number) => ({ sum: a + (b ?? 0) }) as unknown);
  return { ...made, calls, fn, add: memo(made.storage, "add", fn, options) };
}

it("computes once for the same arguments, and again for others", async () => {
  const { add, calls } = setUp();
  expect([await add(1, 2), await add(1, 2), await add(2, 1)]).toEqual([{ sum: 3 }, { sum: 3 }, { sum: 3 }]);
  expect(await add(5)).toEqual(await add(5, undefined));
  expect(calls).toEqual([[1, 2], [2, 1], [5]]);
});

it("keeps the types of the function", async () => {
  const { storage } = testTier();
  const area = memo(storage, "area", async (width: number, height: number) => width * height);
  expectTypeOf(area).parameters.toEqualTypeOf<[number, number]>();
  expectTypeOf(area).returns.toEqualTypeOf<Promise<number>>();
  expect(await area(2, 3)).toBe(6);
});

it("computes a result from parameters, and takes the one that is kept, in a single call", async () => {
  const { storage, clock } = testTier();
  const { calls, fn } = counting(async ({ year }: { year: number; array?: string }) => ({ mean: year / 2 }));
  const mean = (params: { year: number; array?: string }, options = {}) =>
    computeResult(storage, "mean", params, fn, options);
  const both = await Promise.all([mean({ year: 2020, array: "t2m" }), mean({ array: "t2m", year: 2020 })]);
  expect(both).toEqual([{ mean: 1010 }, { mean: 1010 }]);
  expectTypeOf(mean).returns.resolves.toEqualTypeOf<{ mean: number }>();
  expect(await mean({ year: 2020, array: "t2m" })).toEqual({ mean: 1010 });
  expect(await mean({ year: 2021 }, { expires: "1m" })).toEqual({ mean: 1010.5 });
  expect(calls).toHaveLength(2);
  clock.advance(60_000);
  await mean({ year: 2021 });
  expect(calls.map(([{ year }]) => year)).toEqual([2020, 2021, 2021]);
  expect(() => computeResult(storage, "a/b", 1, () => 1)).toThrow("name");
});

it("computes once for 20 who ask at the same time, also through other memos of the same name", async () => {
  const { storage } = testTier();
  const held = deferred<number>();
  const { calls, fn } = counting((_: string) => held.promise);
  const memos = [memo(storage, "slow", fn), memo(storage, "slow", fn)];
  const asked = Array.from({ length: 20 }, (_, at) => memos[at % 2]?.("x"));
  held.resolve(7);
  expect(await Promise.all(asked)).toEqual(Array(20).fill(7));
  expect(calls).toHaveLength(1);
});

it("gives every caller a result of its own", async () => {
  const { storage } = testTier();
  const bytes = Uint8Array.of(1, 2, 3);
  const read = memo(storage, "read", () => bytes);
  const list = memo(storage, "list", () => ({ items: [1] }));
  const codec = { encode: (it: Uint8Array) => it, decode: (it: Uint8Array) => it };
  const same = memo(storage, "same", () => bytes, { codec });
  for (let time = 0; time < 3; time++) {
    const [one, other] = await Promise.all([read(), read()]);
    expect(one).toEqual(Uint8Array.of(1, 2, 3));
    one.fill(9);
    expect(other).toEqual(Uint8Array.of(1, 2, 3));
    const plain = await same();
    expect(plain).toEqual(Uint8Array.of(1, 2, 3));
    plain.fill(9);
    const made = await list();
    expect(made).toEqual({ items: [1] });
    made.items.push(2);
  }
});

it("rejects all who wait when the function fails, and tries again the next time", async () => {
  const { storage } = testTier();
  let failures = 1;
  const { calls, fn } = counting(async () => {
    if (failures-- > 0) throw new RangeError("too far");
    return 1;
  });
  const far = memo(storage, "far", fn);
  for (const outcome of await Promise.allSettled([far(), far(), far()]))
    expect(outcome).toMatchObject({ status: "rejected", reason: { message: "too far" } });
  expect(calls).toHaveLength(1);
  expect(await far()).toBe(1);
});

it("tells a failure to those who wait on another storage over the same index", async () => {
  const { storage, index, opener } = testTier();
  const other = new IndexedCacheStorage(index, opener);
  const held = deferred<number>();
  const { calls, fn } = counting(() => held.promise);
  const asked = [memo(storage, "far", fn)(), memo(other, "far", fn)()];
  await expect.poll(() => calls.length).toBe(1);
  await setImmediate();
  held.reject(new RangeError("too far"));
  for (const { status, reason } of (await Promise.allSettled(asked)) as PromiseRejectedResult[])
    expect([status, String(reason)]).toEqual(["rejected", expect.stringContaining("too far")]);
  expect(calls).toHaveLength(1);
});

it("takes the time that the computation took for its cost, or what it is told", async () => {
  const { storage, clock } = testTier();
  const slow = (milliseconds: number) => clock.advance(milliseconds);
  await memo(storage, "measured", slow, { monotonic: clock.now })(250);
  await memo(storage, "fixed", slow, { cost: 40 })(250);
  await memo(storage, "told", (n: number) => n, { cost: (result) => result * 2 })(30);
  await storage.idle();
  const { entries } = await storage.entries({ storeId: "results", orderBy: "cost" });
  expect(entries.map(({ key, cost }) => [key.split("/")[1], cost])).toEqual([
    ["measured", 250],
    ["told", 60],
    ["fixed", 40],
  ]);
});

it("keeps the dear results when there is no room for all", async () => {
  const { storage, clock } = testTier({ index: { maxBytes: 8_000, maxEntryBytes: 1_000 } });
  const { calls, fn } = counting((name: string, milliseconds: number) => {
    clock.advance(milliseconds);
    return name.padEnd(500);
  });
  const made = memo(storage, "made", fn, { monotonic: clock.now });
  await made("dear", 5_000);
  for (let at = 0; at < 50; at++) await made(`cheap ${at}`, 1);
  await made("dear", 5_000);
  expect(calls.filter(([name]) => name === "dear")).toHaveLength(1);
});

it.each<[string, MemoOptions<[number, number?], unknown>["expires"]]>([
  ["a duration", "1m"],
  ["a function that answers a duration", () => 60_000],
  ["a function that answers a date", () => new Date(1_700_000_000_000 + 60_000)],
])("lets results end after %s", async (_, expires) => {
  const { add, calls, clock } = setUp({ ...(expires !== undefined && { expires }) });
  await add(1);
  clock.advance(59_999);
  expect(await add.has(1)).toBe(true);
  await add(1);
  expect(calls).toHaveLength(1);
  clock.advance(1);
  expect(await add.has(1)).toBe(false);
  await add(1);
  expect(calls).toHaveLength(2);
});

it("does not keep what has ended already", async () => {
  const { add, calls } = setUp({ expires: () => new Date(0) });
  expect([await add(1), await add(1)]).toEqual([{ sum: 1 }, { sum: 1 }]);
  expect(calls).toHaveLength(2);
});

it("drops the result of some arguments, or all, and nothing of another name", async () => {
  const { add, calls, storage } = setUp();
  const other = counting(() => 1);
  const neighbour = memo(storage, "adding", other.fn);
  await neighbour();
  for (const a of [1, 2]) await add(a);
  await add.invalidate(1);
  expect([await add.has(1), await add.has(2)]).toEqual([false, true]);
  await add.invalidate();
  expect(await add.has(2)).toBe(false);
  for (const a of [1, 2]) await add(a);
  await neighbour();
  expect([calls.length, other.calls.length]).toEqual([4, 1]);
});

it("does not keep what was being computed when it was dropped", async () => {
  const { storage } = testTier();
  const held = deferred<void>();
  let version = 1;
  const { calls, fn } = counting(async () => {
    const mine = version;
    if (mine === 1) await held.promise;
    return mine;
  });
  const current = memo(storage, "current", fn);
  const before = current();
  await expect.poll(() => calls.length).toBe(1);
  version = 2;
  await current.invalidate();
  expect(await current()).toBe(2);
  held.resolve();
  expect(await before).toBe(1);
  expect(await current()).toBe(2);
});

it("computes anew when told to, and keeps the old result when that fails", async () => {
  const { storage } = testTier();
  let next: number | Error = 1;
  const { calls, fn } = counting(() => {
    if (next instanceof Error) throw next;
    return next;
  });
  const latest = memo(storage, "latest", fn);
  expect(await latest()).toBe(1);
  next = 2;
  expect(await latest.refresh()).toBe(2);
  expect(await latest()).toBe(2);
  next = new Error("down");
  await expect(latest.refresh()).rejects.toThrow("down");
  expect(await latest()).toBe(2);
  expect(calls).toHaveLength(3);
});

it("finds results by a part of the arguments where it is told so, and not those of another version", async () => {
  const { storage } = testTier();
  const { calls, fn } = counting((session: { user: string }, query: string) => `${session.user} ${query}`);
  const search = memo(storage, "search", fn, { key: (_, query) => query });
  expect([await search({ user: "a" }, "x"), await search({ user: "b" }, "x")]).toEqual(["a x", "a x"]);
  const newer = memo(storage, "search", fn, { key: (_, query) => query, version: 2 });
  expect(await newer({ user: "b" }, "x")).toBe("b x");
  expect(calls).toHaveLength(2);
});

it("uses a codec of the caller's, and computes anew what it cannot read", async () => {
  const { storage } = testTier();
  const { calls, fn } = counting((n: number) => Float32Array.of(n, n));
  const codec = {
    encode: (result: Float32Array) => new Uint8Array(result.buffer),
    decode(bytes: Uint8Array) {
      if (bytes.byteLength % 4 !== 0) throw new Error("odd");
      return new Float32Array(bytes.buffer);
    },
  };
  const text = memo(storage, "pair", () => Float32Array.of(0));
  await text();
  const pair = memo(storage, "pair", fn, { codec, key: () => 0 });
  const plain = memo(storage, "pair", fn, { key: () => 0 });
  await plain(1);
  expect(await pair(2)).toEqual(Float32Array.of(2, 2));
  expect(await pair(3), "the codec's own bytes it can read").toEqual(Float32Array.of(2, 2));
  expect(calls).toEqual([[1], [2]]);
});

it.each(["index", "bytes"] as const)("computes all the same when the %s is down", async (what) => {
  const { add, calls, indexFaults, byteFaults } = setUp();
  (what === "index" ? indexFaults : byteFaults).add({ kind: "fail" });
  expect([await add(1), await add(1)]).toEqual([{ sum: 1 }, { sum: 1 }]);
  expect(calls).toHaveLength(2);
});

it("computes all the same when the storage was closed", async () => {
  const { add, calls, storage } = setUp();
  await storage.close();
  expect([await add(1), await add(1)]).toEqual([{ sum: 1 }, { sum: 1 }]);
  expect(calls).toHaveLength(2);
});

it.each([
  [{ keys: () => 1 }, "keys"],
  [{ key: "a" }, "key"],
  [{ expires: "soon" }, "expires"],
  [{ expires: -1 }, "expires"],
  [{ cost: -1 }, "cost"],
  [{ cost: "1" }, "cost"],
  [{ codec: {} }, "codec"],
  [{ version: {} }, "version"],
  [{ storeId: "../x" }, "storeId"],
  [{ monotonic: 1 }, "monotonic"],
])("rejects the options %j when it is made", (options, name) => {
  expect(() => memo(testTier().storage, "add", () => 1, options as never)).toThrow(`"${name}"`.slice(1, -1));
});

it("rejects what is no cache, no name and no function when it is made", () => {
  const { storage } = testTier();
  expect(() => memo({} as never, "add", () => 1)).toThrow("cache");
  for (const name of ["", "a/b", "..", "a b", undefined])
    expect(() => memo(storage, name as never, () => 1)).toThrow("name");
  expect(() => memo(storage, "add", 1 as never)).toThrow("fn");
});

it("says of a result that cannot be written down where it is", async () => {
  const { storage } = testTier();
  await expect(memo(storage, "bad", () => ({ list: [1, () => 2] }))()).rejects.toThrow("result.list[1]");
  await expect(memo(storage, "bad", (_: unknown) => 1)(Symbol("x"))).rejects.toThrow("arguments[0]");
});
