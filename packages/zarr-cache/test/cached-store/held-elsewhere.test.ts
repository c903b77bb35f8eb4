import { expect, it } from "vitest";
import type { CacheHit } from "../../src/claim.ts";
import type { CachedStoreOptions } from "../../src/store/store-options.ts";
import { faultPlan, faultySource } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";
import { cached } from "../support/cached.ts";
import { plainSource } from "../support/plain-source.ts";

const HELD: CacheHit = {
  value: counted(4, 7),
  owned: false,
  age: 100,
  expiresAt: Number.POSITIVE_INFINITY,
  cost: 1,
  validator: undefined,
  whole: false,
  tier: "region iad",
};

/** A store whose source is down, over a storage that can ask others, who hold this of every part. */
function withSourceDown(held: CacheHit | undefined, options: CachedStoreOptions = {}) {
  const plan = faultPlan();
  const made = cached(faultySource(plainSource(new Map([["/a", counted(4)]])), plan), options);
  const asked: string[] = [];
  const elsewhere = ({ key }: { readonly key: string }) => {
    asked.push(key);
    return Promise.resolve(held);
  };
  Object.assign(made.storage, { elsewhere });
  plan.add({ kind: "fail" });
  return { ...made, plan, asked };
}

it("answers what others hold where the source fails, and asks them for nothing before", async () => {
  const { store, plan, asked } = withSourceDown(HELD);
  expect(await store.get("/a")).toEqual(counted(4, 7));
  expect(asked).toEqual(["/a"]);
  expect(store.stats()).toMatchObject({ hits: 1, failures: 0 });
  plan.clear();
  expect(await store.get("/a")).toEqual(counted(4));
  expect(asked).toEqual(["/a"]);
});

it("hands on the source's failure where nobody holds it", async () => {
  const { store, asked } = withSourceDown(undefined);
  await expect(store.get("/a")).rejects.toMatchObject({ name: "InjectedFault" });
  expect(asked).toEqual(["/a"]);
});

it("takes what others hold past its age as it would a copy of its own, within the bound", async () => {
  const { store } = withSourceDown({ ...HELD, age: 1400 }, { maxAge: 1000, staleIfError: 500 });
  expect(await store.get("/a")).toEqual(counted(4, 7));
  expect(store.stats()).toMatchObject({ stale: 1 });
  const late = withSourceDown({ ...HELD, age: 1501 }, { maxAge: 1000, staleIfError: 500 });
  await expect(late.store.get("/a")).rejects.toMatchObject({ name: "InjectedFault" });
});

it("gives the younger one where there is a copy here as well", async () => {
  const older = { ...HELD, age: 3000 };
  const { store, plan, clock } = withSourceDown(older, { maxAge: 1000 });
  plan.clear();
  await store.get("/a");
  await store.idle();
  plan.add({ kind: "fail" });
  clock.advance(2000);
  expect(await store.get("/a")).toEqual(counted(4));
  clock.advance(2000);
  expect(await store.get("/a")).toEqual(counted(4, 7));
});
