import { expect, it } from "vitest";
import type { AnsweredFacts } from "../../src/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { VersionedSource } from "../support/versioned-source.ts";

const HOUR = 3_600_000;
/** The end of the hour that a moment is in: a forecast runs every hour. */
const nextRun = (now: number) => (Math.floor(now / HOUR) + 1) * HOUR;

it("keeps a forecast until its next run, however young it is, and what is left out by its age alone", async () => {
  const source = new VersionedSource().put("/forecast/0", counted(10)).put("/relief/0", counted(10));
  const { store, storage, clock } = cached(source, {
    expires: (key, { askedAt }) => (key.startsWith("/forecast/") ? nextRun(askedAt) : undefined),
  });
  clock.set(nextRun(clock.now()) + HOUR - 1000);
  await store.get("/forecast/0");
  await store.get("/relief/0");
  await store.idle();
  const { entries } = await storage.entries();
  expect(entries.map(({ key, expiresAt }) => [key, expiresAt])).toEqual([
    ["/forecast/0", nextRun(clock.now())],
    ["/relief/0", Number.POSITIVE_INFINITY],
  ]);
  source.taken();
  clock.advance(999);
  await store.get("/forecast/0");
  expect(source.taken()).toEqual([]);
  clock.advance(1);
  await store.get("/forecast/0");
  await store.get("/relief/0");
  await store.idle();
  expect(source.taken().map(({ key, status }) => [key, status])).toEqual([["/forecast/0", "unchanged"]]);
  // The version that holds still was told a new end.
  clock.advance(HOUR - 1);
  await store.get("/forecast/0");
  expect(source.taken()).toEqual([]);
  clock.advance(1);
  await store.get("/forecast/0");
  expect(source.taken()).toHaveLength(1);
});

it("is told what the source said, and has the last word over it", async () => {
  const source = new VersionedSource().put("/c/0", counted(10), '"a"');
  source.facts = { freshness: { age: 0, freshFor: 5000 } };
  const told: [string, AnsweredFacts][] = [];
  const { store, clock } = cached(source, {
    maxAge: "source",
    expires: (key, facts) => {
      told.push([key, facts]);
      return new Date(facts.askedAt + 1000);
    },
  });
  const askedAt = clock.now();
  await store.get("/c/0");
  await store.get("/c/1");
  await store.idle();
  expect(told).toEqual([
    [
      "/c/0",
      {
        ...source.facts,
        size: 10,
        validator: '"a"',
        missing: false,
        askedAt,
      },
    ],
    ["/c/1", { ...source.facts, missing: true, askedAt }],
  ]);
  clock.advance(999);
  await store.get("/c/0");
  await store.get("/c/1");
  expect(source.taken()).toHaveLength(2);
  clock.advance(1);
  await store.get("/c/0");
  await store.get("/c/1");
  expect(source.taken()).toHaveLength(2);
});

it("keeps nothing of which the end cannot be told, and says so", async () => {
  for (const expires of [() => Number.NaN, () => "tomorrow" as never, () => raise(new Error("no plan"))]) {
    const source = new VersionedSource().put("/c/0", counted(10));
    const { store, storage } = cached(source, { expires });
    const faults: unknown[] = [];
    store.on("fault", ({ operation }) => faults.push(operation));
    expect(await store.get("/c/0")).toEqual(counted(10));
    await store.idle();
    expect(faults).toEqual(["expires"]);
    expect((await storage.usage()).entries).toBe(0);
  }
});

it("keeps no copy of what is written, since only answers are told their end", async () => {
  const { store, clock } = cached(new Map([["/c/0", counted(10)]]), {
    expires: (_, { askedAt }) => askedAt + 1000,
  });
  await store.get("/c/0");
  await store.set("/c/0", counted(5));
  await store.idle();
  expect(store.stats().source.reads).toBe(1);
  expect(await store.get("/c/0")).toEqual(counted(5));
  expect(store.stats().source.reads).toBe(2);
  clock.advance(1000);
  await store.get("/c/0");
  expect(store.stats().source.reads).toBe(3);
});

function raise(error: Error): never {
  throw error;
}
