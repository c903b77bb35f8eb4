import { expect, it } from "vitest";
import type { CachedStoreOptions } from "../../src/store/store-options.ts";
import { faultPlan, faultySource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";

/** A store that has read `/a` and `/missing`, whose source is down from now on. */
async function withSourceDown(options: CachedStoreOptions) {
  const plan = faultPlan();
  const made = cached(faultySource(plainSource(new Map([["/a", counted(4)]])), plan), options);
  await made.store.get("/a");
  await made.store.get("/missing");
  await made.store.idle();
  plan.add({ kind: "fail" });
  return { ...made, plan };
}

it("answers what is past its age when the source fails, within its bound", async () => {
  const { store, clock } = await withSourceDown({ maxAge: 1000, staleIfError: 500 });
  clock.advance(1500);
  expect(await store.get("/a")).toEqual(counted(4));
  expect(await store.get("/missing")).toBeUndefined();
  expect(store.stats()).toMatchObject({ stale: 2, failures: 0 });
});

it("hands on the source's failure one millisecond past the bound", async () => {
  const { store, clock } = await withSourceDown({ maxAge: 1000, staleIfError: 500 });
  clock.advance(1501);
  await expect(store.get("/a")).rejects.toMatchObject({ name: "InjectedFault" });
});

it("holds for a day by default", async () => {
  const { store, clock } = await withSourceDown({ maxAge: 1000 });
  clock.advance(1000 + 86_400_000);
  expect(await store.get("/a")).toEqual(counted(4));
  clock.advance(1);
  await expect(store.get("/a")).rejects.toThrow();
});

it("can be turned off", async () => {
  const { store, clock } = await withSourceDown({ maxAge: 1000, staleIfError: 0 });
  clock.advance(1001);
  await expect(store.get("/a")).rejects.toThrow();
});

it("asks the source each time, and so sees at once that it is back", async () => {
  const { store, clock, plan } = await withSourceDown({ maxAge: 1000 });
  clock.advance(2000);
  await store.get("/a");
  await store.get("/a");
  plan.clear();
  expect(await store.get("/a")).toEqual(counted(4));
  expect(store.stats()).toMatchObject({ stale: 2, misses: 3 });
});

it("cuts ranges out of a stale whole", async () => {
  const { store, clock } = await withSourceDown({ maxAge: 1000 });
  clock.advance(2000);
  expect(await store.getRange("/a", { offset: 1, length: 2 })).toEqual(counted(2, 1));
});

it("does not answer what was invalidated", async () => {
  const { store, clock } = await withSourceDown({ maxAge: 1000 });
  clock.advance(2000);
  await store.invalidate("/a");
  await expect(store.get("/a")).rejects.toMatchObject({ name: "InjectedFault" });
});

it("does not answer what comes from the future", async () => {
  const { store, clock } = await withSourceDown({ maxAge: 1000 });
  clock.set(clock.now() - 10);
  await expect(store.get("/a")).rejects.toMatchObject({ name: "InjectedFault" });
});

it("tells its listeners of every stale answer, with the failure", async () => {
  const { store, clock } = await withSourceDown({ maxAge: 1000 });
  const told: unknown[] = [];
  store.on("stale", (event) => told.push(event));
  clock.advance(2000);
  await store.get("/a");
  expect(told).toEqual([{ key: "/a", age: 2000, error: expect.objectContaining({ name: "InjectedFault" }) }]);
});
