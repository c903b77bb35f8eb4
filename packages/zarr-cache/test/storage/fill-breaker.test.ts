import { expect, it } from "vitest";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "../../src/index.ts";
import { fakeClock, faultPlan, faultyOpener } from "../../src/testing/index.ts";
import { counted } from "../support/bytes.ts";

it("stops filling a tier whose writes fail, goes on reading it, and fills it again when they do not", async () => {
  const clock = fakeClock();
  const plan = faultPlan();
  const opener = faultyOpener(new MemoryStoreOpener(), plan);
  const storage = new IndexedCacheStorage(new MemoryStoreIndex(), opener, { monotonic: clock.now });
  const store = new CachedStore({ get: () => counted(4) }, "s", storage);
  const states: string[] = [];
  storage.on("breaker", ({ state }) => states.push(state));
  await store.get("/kept");
  await store.idle();
  plan.add({ kind: "fail", on: "set" });
  for (let i = 0; i < 40; i++) {
    expect(await store.get(`/k/${i}`)).toEqual(counted(4));
    await store.idle();
  }
  expect(states).toEqual(["open"]);
  expect(plan.calls("set")).toBeLessThan(10);
  await store.get("/kept");
  expect(store.stats().hits).toBe(1);
  plan.clear();
  clock.advance(6000);
  await store.get("/next");
  await store.idle();
  expect(states).toEqual(["open", "probing", "closed"]);
  expect(await storage.has({ storeId: "s", key: "/next" })).toBe(true);
});
