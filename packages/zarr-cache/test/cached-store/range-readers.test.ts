import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { sliceRange } from "../../src/range.ts";
import type { SourceRead } from "../../src/store/source-answer.ts";
import type { CachedStoreOptions } from "../../src/store/store-options.ts";
import { deferred } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const OLD = counted(100);
const NEW = counted(100, 100);
const END = { suffixLength: 10 };
const AT_20 = { offset: 20, length: 10 };
const CHANGED = { tag: "SourceChangedError", key: "/c/0", expected: '"1"', found: '"2"' };

/** A value that was replaced after one reader had read its end, and before another did; both know one version each. */
async function replacedBetween(options: CachedStoreOptions = {}, source = new VersionedSource()) {
  source.put("/c/0", OLD, '"1"');
  const made = cached(source, { maxAge: { data: 1000 }, ...options });
  const early = made.store.getRange.bind(made.store);
  expect(await early("/c/0", END)).toEqual(OLD.slice(-10));
  source.put("/c/0", NEW, '"2"');
  made.clock.advance(1001);
  const late = made.store.getRange.bind(made.store);
  expect(await late("/c/0", END)).toEqual(NEW.slice(-10));
  await made.store.idle();
  return { ...made, source, early, late };
}

describe("who has read the end of a value before it was replaced, and before another reads the new one", () => {
  it("is refused what the source has now, and the other is not", async () => {
    const { early, late } = await replacedBetween();
    await expect(early("/c/0", AT_20)).rejects.toMatchObject(CHANGED);
    expect(await late("/c/0", AT_20)).toEqual(NEW.slice(20, 30));
  });

  it("is refused what is in memory", async () => {
    const { early, late, store } = await replacedBetween();
    expect(await late("/c/0", AT_20)).toEqual(NEW.slice(20, 30));
    await store.idle();
    for (let time = 0; time < 2; time++) await expect(early("/c/0", AT_20)).rejects.toMatchObject(CHANGED);
    expect(await late("/c/0", AT_20)).toEqual(NEW.slice(20, 30));
  });

  it("is refused what another is fetching, which disturbs nobody", async () => {
    const { early, late, source } = await replacedBetween();
    source.taken();
    const [given, refused] = await Promise.allSettled([late("/c/0", AT_20), early("/c/0", AT_20)]);
    expect(refused).toMatchObject({ status: "rejected", reason: CHANGED });
    expect(given).toEqual({ status: "fulfilled", value: NEW.slice(20, 30) });
    expect(source.taken()).toHaveLength(1);
  });

  it("disturbs nobody by what it asked for when the old version was the only one", async () => {
    const source = new VersionedSource().put("/c/0", OLD, '"1"');
    const { store, clock } = cached(source, { maxAge: { data: 1000 } });
    const [early, late] = [store.getRange.bind(store), store.getRange.bind(store)];
    await early("/c/0", END);
    clock.advance(1001);
    const [asked, gate] = [deferred<void>(), deferred<void>()];
    const read = source.read.bind(source);
    source.read = async (key, options = {}) => {
      if (options.ifMatch === '"1"') {
        asked.resolve();
        await gate.promise;
      }
      return read(key, options);
    };
    const refused = expect(early("/c/0", AT_20)).rejects.toMatchObject(CHANGED);
    await asked.promise;
    source.put("/c/0", NEW, '"2"');
    expect(await late("/c/0", END)).toEqual(NEW.slice(-10));
    const given = late("/c/0", AT_20);
    gate.resolve();
    await refused;
    expect(await given).toEqual(NEW.slice(20, 30));
  });

  it("is refused a part of a whole, and of blocks", async () => {
    const blocks = await replacedBetween({ blockBytes: 16 });
    await expect(blocks.early("/c/0", AT_20)).rejects.toMatchObject(CHANGED);
    expect(await blocks.late("/c/0", AT_20)).toEqual(NEW.slice(20, 30));
    const wholes = await replacedBetween();
    await wholes.store.invalidate();
    await wholes.store.get("/c/0");
    await wholes.store.idle();
    await expect(wholes.early("/c/0", AT_20)).rejects.toMatchObject(CHANGED);
  });

  it("reads on when it has read the end anew", async () => {
    const { early } = await replacedBetween();
    await expect(early("/c/0", AT_20)).rejects.toMatchObject(CHANGED);
    expect(await early("/c/0", END)).toEqual(NEW.slice(-10));
    expect(await early("/c/0", AT_20)).toEqual(NEW.slice(20, 30));
  });

  it("reads other values, and that this one is missing", async () => {
    const { early, source, store } = await replacedBetween();
    source.put("/c/1", OLD);
    expect(await early("/c/1", AT_20)).toEqual(OLD.slice(20, 30));
    await early("/c/1", END);
    source.remove("/c/1");
    await store.invalidate();
    expect(await early("/c/1", AT_20)).toBeUndefined();
  });

  it("asks for nothing that it would be refused, and keeps nothing of it", async () => {
    const { early, source, store, storage } = await replacedBetween();
    source.taken();
    const { entries } = await storage.usage();
    for (let offset = 0; offset < 50; offset += 10)
      await expect(early("/c/0", { offset, length: 10 })).rejects.toMatchObject(CHANGED);
    await store.idle();
    expect(source.taken()).toEqual([]);
    expect((await storage.usage()).entries).toBe(entries);
  });

  it("is refused also offline", async () => {
    const { storage } = await replacedBetween();
    const store = new CachedStore(new VersionedSource(), "s", storage, { offline: true });
    const early = store.getRange.bind(store);
    expect(await early("/c/0", END)).toEqual(NEW.slice(-10));
    await storage.delete("s", "/c/0");
    const third = new VersionedSource().put("/c/0", OLD, '"3"');
    const online = new CachedStore(third, "s", storage);
    await online.getRange("/c/0", END);
    await online.getRange("/c/0", AT_20);
    await online.idle();
    expect(await store.getRange("/c/0", END)).toEqual(OLD.slice(-10));
    await expect(early("/c/0", AT_20)).rejects.toMatchObject({ ...CHANGED, expected: '"2"', found: '"3"' });
    expect(await store.getRange("/c/0", AT_20)).toEqual(OLD.slice(20, 30));
  });

  it("counts as a failed read, which is told to nobody as an answer", async () => {
    const { early, late, store } = await replacedBetween();
    await late("/c/0", AT_20);
    await store.idle();
    const { reads, hits, misses, failures } = store.stats();
    const told: unknown[] = [];
    await expect(early("/c/0", AT_20, { onAnswer: (answer) => told.push(answer) })).rejects.toMatchObject(
      CHANGED,
    );
    expect(store.stats()).toMatchObject({ reads: reads + 1, hits, misses, failures: failures + 1 });
    expect(told).toEqual([]);
  });
});

it("remembers each end that a reader has read, however many they are", async () => {
  const { early, source, store } = await replacedBetween();
  const more = Array.from({ length: 16_400 }, (_, n) => `/c/1/${n}` as const);
  for (const key of more) source.put(key, OLD);
  for (const key of more) await early(key, END);
  await expect(early("/c/0", AT_20)).rejects.toMatchObject(CHANGED);
  // Also where the store itself has forgotten it.
  await store.getRange("/c/0", AT_20);
  await expect(early("/c/0", AT_20)).rejects.toMatchObject(CHANGED);
});

it("tells a reader of the answer to each of its reads, ends too", async () => {
  const { store } = await replacedBetween();
  const told: unknown[] = [];
  const onAnswer = ({ validator }: { validator?: string | undefined }) => told.push(validator);
  const read = store.getRange.bind(store);
  await read("/c/0", END, { onAnswer });
  await read("/c/0", AT_20, { onAnswer });
  expect(told).toEqual(['"2"', '"2"']);
});

it("remembers nothing of sources that tell no version", async () => {
  let value = OLD;
  const { store, clock } = cached({ get: async () => value }, { maxAge: { data: 1000 } });
  const early = store.getRange.bind(store);
  expect(await early("/c/0", END)).toEqual(OLD.slice(-10));
  value = NEW;
  clock.advance(1001);
  expect(await early("/c/0", AT_20)).toEqual(NEW.slice(20, 30));
});

it("takes offline no range of another version than the end that was read", async () => {
  const source = new VersionedSource().put("/c/0", OLD, '"1"');
  const { store, storage, clock } = cached(source, { maxAge: { data: 1000 } });
  await store.getRange("/c/0", AT_20);
  await store.idle();
  source.put("/c/0", NEW, '"2"');
  clock.advance(1001);
  await store.getRange("/c/0", END);
  await store.idle();
  const offline = new CachedStore(source, "s", storage, { offline: true });
  expect(await offline.getRange("/c/0", END)).toEqual(NEW.slice(-10));
  await expect(offline.getRange("/c/0", AT_20)).rejects.toMatchObject({ tag: "OfflineError", key: "/c/0" });
});

it("gives no bytes where none are asked for, whatever the version, and remembers nothing of it", async () => {
  const { early, late } = await replacedBetween();
  expect(await early("/c/0", { offset: 20, length: 0 })).toEqual(new Uint8Array());
  for (const read of [early, late]) expect(await read("/c/0", { suffixLength: 0 })).toEqual(new Uint8Array());
  await expect(early("/c/0", AT_20)).rejects.toMatchObject(CHANGED);
  expect(await late("/c/0", AT_20)).toEqual(NEW.slice(20, 30));
  for (const range of [undefined, null, 7, {}])
    await expect(early("/c/0", range as never)).rejects.toMatchObject({ tag: "InvalidRangeError" });
});

describe("a source that answers ranges with wholes", () => {
  function setUp() {
    let [value, validator] = [OLD, '"1"'];
    const source = {
      get: async () => value,
      read: async (_: string, { range }: SourceRead = {}) => {
        const told = { status: "value" as const, size: value.byteLength, validator };
        return range === undefined
          ? { ...told, value: value.slice() }
          : { ...told, value: sliceRange(value, range), whole: value.slice() };
      },
    };
    const replace = () => {
      [value, validator] = [NEW, '"2"'];
    };
    return { replace, ...cached(source, { maxAge: { data: 1000 } }) };
  }

  it("gives a reader the first ranges as well as the next, and none of another version", async () => {
    const { store, replace, clock } = setUp();
    const read = store.getRange.bind(store);
    const others = [0, 40, 60].map((offset) => ({ offset, length: 10 }));
    expect(await read("/c/0", END)).toEqual(OLD.slice(-10));
    for (let time = 0; time < 2; time++)
      expect(await Promise.all(others.map((range) => read("/c/0", range)))).toEqual(
        others.map((range) => sliceRange(OLD, range)),
      );
    replace();
    clock.advance(1001);
    await expect(read("/c/0", AT_20)).rejects.toMatchObject(CHANGED);
    expect(await read("/c/0", END)).toEqual(NEW.slice(-10));
    expect(await read("/c/0", AT_20)).toEqual(NEW.slice(20, 30));
  });

  it("lets whoever reads the end anew read on", async () => {
    const { store, replace, clock } = setUp();
    await store.getRange("/c/0", END);
    await store.getRange("/c/0", AT_20);
    replace();
    clock.advance(1001);
    const read = store.getRange.bind(store);
    expect(await read("/c/0", END)).toEqual(NEW.slice(-10));
    expect(await read("/c/0", AT_20)).toEqual(NEW.slice(20, 30));
  });

  it("gives nobody the first range of another version than the end", async () => {
    const { store, replace } = setUp();
    await store.getRange("/c/0", END);
    replace();
    await expect(store.getRange("/c/0", AT_20)).rejects.toMatchObject(CHANGED);
  });
});

describe("an end of no version", () => {
  it("ends what a reader had to do with the version before", async () => {
    const source = new VersionedSource().put("/c/0", OLD, '"1"');
    const { store, storage } = cached(source);
    const read = store.getRange.bind(store);
    await read("/c/0", END);
    const other = new CachedStore(new Map([["/c/0", NEW]]), "s", storage);
    await store.idle();
    await storage.delete("s", "/c/0");
    await other.getRange("/c/0", END);
    await other.getRange("/c/0", AT_20);
    await other.idle();
    expect(await read("/c/0", END)).toEqual(NEW.slice(-10));
    expect(await read("/c/0", AT_20)).toEqual(NEW.slice(20, 30));
  });

  it.each([true, false])(
    "comes with what was imported, as do all other ranges (offline: %s)",
    async (offline) => {
      const source = new VersionedSource().put("/c/0", OLD, '"1"');
      const { store, storage } = cached(source);
      for (const range of [END, AT_20]) await store.getRange("/c/0", range);
      await store.idle();
      const next = offline ? new CachedStore(source, "s", storage, { offline }) : store;
      expect(await next.getRange("/c/0", END)).toEqual(OLD.slice(-10));
      await next.import(new Map([["/c/0", NEW]]));
      expect(await next.getRange("/c/0", END)).toEqual(NEW.slice(-10));
      expect(await next.getRange("/c/0", AT_20)).toEqual(NEW.slice(20, 30));
    },
  );
});
