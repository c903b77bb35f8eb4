import { describe, expect, it } from "vitest";
import { CachedStore } from "../../src/cached-store.ts";
import { type Deferred, deferred } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";

/** A source whose reads and writes take effect at once and are answered when the test says so. */
function slowSource(values: Map<string, Uint8Array>) {
  const calls: (Deferred<void> & { readonly name: string })[] = [];
  const arrivals: Deferred<void>[] = [];
  let seen = 0;
  const arrival = (n: number): Deferred<void> => {
    arrivals[n] ??= deferred();
    return arrivals[n];
  };
  const answered = async (name: string): Promise<void> => {
    const call = { name, ...deferred() };
    arrival(calls.push(call) - 1).resolve();
    await call.promise;
  };
  return {
    /** Resolves when the next call has come, in their order. */
    next: (): Promise<void> => arrival(seen++).promise,
    /** Answers every call of a name that has come. */
    answer: (name: string): void => {
      for (const call of calls) if (call.name === name) call.resolve();
    },
    get: async (key: string) => {
      const value = values.get(key);
      await answered("get");
      return value;
    },
    set: async (key: string, value: Uint8Array) => {
      values.set(key, value);
      await answered(`set ${value[0]}`);
    },
  };
}

/** A store over a slow source that holds `/a` with the byte 1. */
function overSlowSource() {
  const source = slowSource(new Map([["/a", counted(1, 1)]]));
  return { source, ...cached(source) };
}

it("keeps neither of two writes that overlap, since nobody can tell which one the source holds", async () => {
  const { source, store, storage } = overSlowSource();
  const warm = store.get("/a");
  await source.next();
  source.answer("get");
  await warm;
  await store.idle();
  const first = store.set("/a", counted(1, 2));
  await source.next();
  const second = store.set("/a", counted(1, 3));
  await source.next();
  source.answer("set 3");
  await second;
  source.answer("set 2");
  await first;
  await store.idle();
  expect((await storage.usage()).entries).toBe(0);
  const read = store.get("/a");
  await source.next();
  source.answer("get");
  expect(await read).toEqual(counted(1, 3));
});

describe("a read that began before a write", () => {
  /** Such a read, unanswered, with the write done. */
  async function readBeforeWrite() {
    const { source, store } = overSlowSource();
    const before = store.get("/a");
    await source.next();
    const writing = store.set("/a", counted(1, 2));
    await source.next();
    source.answer("set 2");
    await writing;
    return { source, store, before };
  }

  it("never becomes visible", async () => {
    const { source, store, before } = await readBeforeWrite();
    source.answer("get");
    expect(await before).toEqual(counted(1, 1));
    await store.idle();
    const after = store.get("/a");
    await source.next();
    source.answer("get");
    expect(await after).toEqual(counted(1, 2));
  });

  it("is not joined by a reader who comes after it", async () => {
    const { source, store, before } = await readBeforeWrite();
    const after = store.get("/a");
    await source.next();
    source.answer("get");
    expect(await before).toEqual(counted(1, 1));
    expect(await after).toEqual(counted(1, 2));
  });
});

it("keeps nothing that was read while a write was under way", async () => {
  const { source, store, storage } = overSlowSource();
  const writing = store.set("/a", counted(1, 2));
  await source.next();
  const during = store.get("/a");
  await source.next();
  source.answer("get");
  expect(await during).toEqual(counted(1, 2));
  source.answer("set 2");
  await writing;
  await store.idle();
  expect((await storage.usage()).entries).toBe(0);
});

it("does not queue readers behind a write", async () => {
  const { source, store, storage } = overSlowSource();
  const other = new CachedStore(source, "s", storage);
  const writing = store.set("/a", counted(1, 2));
  await source.next();
  const reads = [store.get("/a"), other.get("/a")];
  await source.next();
  await source.next();
  source.answer("get");
  source.answer("get");
  expect(await Promise.all(reads)).toEqual([counted(1, 2), counted(1, 2)]);
  source.answer("set 2");
  await writing;
});
