import { describe, expect, it } from "vitest";
import type { SourceReadOptions } from "../../src/store/source-answer.ts";
import { countingSource, deferred } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { gatedSource } from "../support/gated-source.ts";
import { plainSource } from "../support/plain-source.ts";

const SIZE = 10_000;
const keys = (count: number, name = "c") => Array.from({ length: count }, (_, i) => `/${name}/${i}` as const);
/** A source of many keys of one size, all equally dear, and a tier with room for so many of them. */
function setUp(room: number, all: readonly string[]) {
  const values = new Map(all.map((key, i) => [key, counted(SIZE, i)]));
  const source = countingSource({ ...plainSource(values), cost: () => 10 });
  const made = cached(source, {}, { index: { maxBytes: room * (SIZE + 256), maxEntryBytes: 2 * SIZE } });
  const cachedKeys = async () => (await made.storage.entries({ limit: 1000 })).entries.map(({ key }) => key);
  return { source, ...made, cachedKeys };
}

describe("what was only prefetched", () => {
  it("is evicted before what was read", async () => {
    const [read, warmed, later] = [keys(4, "read"), keys(4, "warmed"), keys(4, "later")];
    const { store, cachedKeys } = setUp(8, [...read, ...warmed, ...later]);
    for (const key of read) await store.get(key);
    await store.idle();
    expect(await store.warm(warmed)).toMatchObject({ done: 4, refused: 0 });
    for (const key of later) await store.get(key);
    await store.idle();
    expect((await cachedKeys()).sort()).toEqual([...later, ...read].sort());
  });

  it("is like anything else once it was read", async () => {
    const [warmed, later] = [keys(8, "warmed"), keys(4, "later")];
    const { store, source, cachedKeys } = setUp(8, [...warmed, ...later]);
    await store.warm(warmed);
    for (const key of warmed.slice(0, 4)) await store.get(key);
    source.forget();
    for (const key of later) await store.get(key);
    await store.idle();
    expect((await cachedKeys()).sort()).toEqual([...later, ...warmed.slice(0, 4)].sort());
  });

  it("drives out nothing that was read, and the report tells", async () => {
    const [read, warmed] = [keys(8, "read"), keys(4, "warmed")];
    const { store, cachedKeys } = setUp(8, [...read, ...warmed]);
    for (const key of read) await store.get(key);
    await store.idle();
    expect(await store.warm(warmed)).toMatchObject({ done: 4, refused: 4, failed: 0 });
    expect((await cachedKeys()).sort()).toEqual([...read].sort());
  });

  it("is not taken for read by warming it again", async () => {
    const [warmed, later] = [keys(4, "warmed"), keys(8, "later")];
    const { store, source, cachedKeys } = setUp(8, [...warmed, ...later]);
    await store.warm(warmed);
    expect(await store.warm(warmed)).toMatchObject({ done: 4, cached: 4, bytes: 4 * SIZE });
    expect(source.requests).toHaveLength(4);
    for (const key of later) await store.get(key);
    await store.idle();
    expect((await cachedKeys()).sort()).toEqual([...later].sort());
  });
});

describe("a reader of what is being prefetched", () => {
  it("shares its request, and makes it urgent", async () => {
    const answered = deferred<void>();
    const asked = deferred<AbortSignal | undefined>();
    let requests = 0;
    const { store, storage } = cached({
      async get(_key: string, { demanded }: SourceReadOptions = {}) {
        requests++;
        asked.resolve(demanded);
        await answered.promise;
        return counted(10);
      },
    });
    const warming = store.warm(["/c/0"]);
    const demanded = await asked.promise;
    expect(demanded?.aborted).toBe(false);
    const reading = store.get("/c/0");
    await Promise.resolve();
    expect(demanded?.aborted).toBe(true);
    answered.resolve();
    expect(await reading).toEqual(counted(10));
    await warming;
    expect(requests).toBe(1);
    expect((await storage.usage()).entries).toBe(1);
  });

  it("makes it count as read", async () => {
    const gate = gatedSource();
    const { store, storage } = cached(gate, {}, { index: { maxBytes: 2.5 * 1e4, maxEntryBytes: 1e4 } });
    const warming = store.warm(["/c/0"]);
    const read = await gate.arrived(0);
    const reading = store.get("/c/0");
    read.resolve(counted(9000));
    await Promise.all([warming, reading]);
    for (const [i, key] of (["/c/1", "/c/2"] as const).entries()) {
      const warmed = i === 0 ? store.warm([key]) : store.get(key);
      (await gate.arrived(i + 1)).resolve(counted(9000));
      await warmed;
    }
    await store.idle();
    expect((await storage.entries()).entries.map(({ key }) => key)).toEqual(["/c/0", "/c/2"]);
  });

  it("that is not there leaves the request as it is", async () => {
    let demanded: AbortSignal | undefined;
    const { store } = cached({
      get: async (_key: string, options: SourceReadOptions = {}) => {
        ({ demanded } = options);
        return counted(10);
      },
    });
    await store.warm(["/c/0"]);
    expect(demanded?.aborted).toBe(false);
    await store.get("/c/1");
    expect(demanded).toBeUndefined();
  });
});
