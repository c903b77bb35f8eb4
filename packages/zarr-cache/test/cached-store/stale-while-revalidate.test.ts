import { expect, it } from "vitest";
import { countingSource, faultPlan, faultySource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";

const options = { maxAge: 1000, staleWhileRevalidate: 500 };

function changing() {
  const values = new Map([["/a", counted(4)]]);
  const source = countingSource(plainSource(values));
  return { values, source, ...cached(source, options) };
}

it("answers at once what is past its age, and fetches it anew behind the answer", async () => {
  const { values, source, store, clock } = changing();
  await store.get("/a");
  values.set("/a", counted(4, 9));
  clock.advance(1500);
  expect(await store.get("/a")).toEqual(counted(4));
  await store.idle();
  expect(source.requests).toHaveLength(2);
  expect(await store.get("/a")).toEqual(counted(4, 9));
  expect(source.requests).toHaveLength(2);
  expect(store.stats()).toMatchObject({ reads: 3, misses: 1, stale: 1, hits: 1 });
});

it("waits for the source once the bound is passed by a millisecond", async () => {
  const { values, store, clock } = changing();
  await store.get("/a");
  values.set("/a", counted(4, 9));
  clock.advance(1501);
  expect(await store.get("/a")).toEqual(counted(4, 9));
});

it("fetches anew once, however many read the stale value meanwhile", async () => {
  const { source, store, clock } = changing();
  await store.get("/a");
  clock.advance(1200);
  await Promise.all(Array.from({ length: 20 }, () => store.get("/a")));
  await store.idle();
  expect(source.requests).toHaveLength(2);
});

it("goes on answering the stale value while the source fails behind it", async () => {
  const plan = faultPlan();
  const { store, clock } = cached(faultySource(plainSource(new Map([["/a", counted(4)]])), plan), options);
  await store.get("/a");
  clock.advance(1200);
  plan.add({ kind: "fail" });
  for (let i = 0; i < 3; i++) {
    expect(await store.get("/a")).toEqual(counted(4));
    await store.idle();
  }
  expect(store.stats()).toMatchObject({ reads: 4, misses: 1, stale: 3, failures: 0 });
});

it("is off by default", async () => {
  const values = new Map([["/a", counted(4)]]);
  const { store, clock } = cached(plainSource(values), { maxAge: 1000 });
  await store.get("/a");
  values.set("/a", counted(4, 9));
  clock.advance(1001);
  expect(await store.get("/a")).toEqual(counted(4, 9));
});

it("holds for missing keys too", async () => {
  const values = new Map<string, Uint8Array>();
  const { store, clock } = cached(plainSource(values), options);
  expect(await store.get("/a")).toBeUndefined();
  values.set("/a", counted(4));
  clock.advance(1200);
  expect(await store.get("/a")).toBeUndefined();
  await store.idle();
  expect(await store.get("/a")).toEqual(counted(4));
});
