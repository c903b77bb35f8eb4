import { expect, it } from "vitest";
import { InvalidKeyError, InvalidRangeError } from "../../src/errors.ts";
import type { ReadAnswer } from "../../src/index.ts";
import { deferred } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const neverAsked = () => {
  throw new Error("nobody waits");
};

it("answers in the same turn what memory has, whole and in part, and asks for no signal", async () => {
  const { store } = cached(new VersionedSource().put("/c/0", counted(100), '"v1"'));
  await store.get("/c/0");
  await store.idle();
  const told: ReadAnswer[] = [];
  const options = { signal: neverAsked, onAnswer: (answer: ReadAnswer) => void told.push(answer) };
  expect(store.getAtOnce("/c/0", options)).toEqual(counted(100));
  const range = { offset: 3, length: 4 };
  expect(store.getAtOnce("/c/0", { ...options, range })).toEqual(counted(4, 3));
  expect(told.map(({ from, tier }) => [from, tier])).toEqual([
    ["hit", "memory"],
    ["hit", "memory"],
  ]);
});

it("answers in the same turn that a key is missing", async () => {
  const { store } = cached(new VersionedSource());
  await store.get("/c/0");
  await store.idle();
  expect(store.getAtOnce("/c/0", { signal: neverAsked })).toBeUndefined();
  expect(store.stats().negativeHits).toBe(1);
});

it("counts a read, a look-up and a use as get does", async () => {
  const { store } = cached(new VersionedSource().put("/c/0", counted(100)));
  await store.getAtOnce("/c/0");
  await store.idle();
  expect(store.getAtOnce("/c/0")).toHaveLength(100);
  const { reads, hits, misses, tiers } = store.stats();
  expect({ reads, hits, misses }).toEqual({ reads: 2, hits: 1, misses: 1 });
  expect(tiers[0]).toMatchObject({ hits: 1, misses: 1 });
  const { entries } = await store.storage.entries();
  expect(entries[0]?.hits).toBe(1);
});

it("gives each reader bytes of its own, unless they share", async () => {
  const source = new VersionedSource().put("/c/0", counted(100));
  for (const isolation of ["copy", "shared"] as const) {
    const { store } = cached(source, { isolation });
    await store.get("/c/0");
    await store.idle();
    const [mine, yours] = [store.getAtOnce("/c/0"), store.getAtOnce("/c/0")];
    expect(mine === yours, isolation).toBe(isolation === "shared");
  }
});

it("waits where the source is asked, until the reader's signal ends it", async () => {
  const gate = deferred<Uint8Array>();
  const { store } = cached({ get: () => gate.promise });
  const leaving = new AbortController();
  const left = store.getAtOnce("/c/0", { signal: () => leaving.signal });
  const staying = store.getAtOnce("/c/0");
  leaving.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  gate.resolve(counted(4));
  expect(await staying).toEqual(counted(4));
});

it("throws at once for what is no key and no range", () => {
  const { store } = cached(new VersionedSource());
  expect(() => store.getAtOnce("c" as "/c")).toThrow(InvalidKeyError);
  expect(() => store.getAtOnce("/c", { range: { offset: -1, length: 1 } })).toThrow(InvalidRangeError);
});
