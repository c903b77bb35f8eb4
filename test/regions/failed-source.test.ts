import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { CachedStore } from "zarr-cache";
import { faultPlan, faultySource } from "zarr-cache/testing";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { inStep, openRegionalCache, type RegionalCache } from "../support/regional-cache.ts";

let nats: NatsRegions;

beforeAll(async () => {
  nats = await startNatsRegions("fra", "iad");
});

afterAll(() => nats.stop());

async function open(region: string): Promise<RegionalCache> {
  const { url } = nats.region(region);
  const cache = await openRegionalCache({ region, nats: url, namespace: "failed", heartbeat: 500 });
  onTestFinished(() => cache.close());
  return cache;
}

test("a source that is nearer is asked first, and where it fails, whoever holds the part", async () => {
  const [fra, iad] = [await open("fra"), await open("iad")];
  const plan = faultPlan();
  const value = new Uint8Array(1000).fill(7);
  // A read of it costs next to nothing, so that no region is cheaper.
  const source = { cost: () => 0.001, get: async (key: string) => (key === "/c/none" ? undefined : value) };
  const storeOf = ({ storage }: RegionalCache) =>
    new CachedStore(faultySource(source, plan), "data", storage, { identity: "data" });
  const [here, there] = [storeOf(fra), storeOf(iad)];
  await here.get("/c/0");
  await here.get("/c/none");
  await inStep(fra, iad);
  plan.add({ kind: "fail" });
  expect(await there.get("/c/0")).toEqual(value);
  expect(await there.get("/c/none")).toBeUndefined();
  expect(iad.storage.elsewhereStatistics()).toMatchObject({ reads: 1, dearer: 1, failures: 0 });
  // What nobody holds is the source's own failure, and so is what nobody hands over.
  await expect(there.get("/c/1")).rejects.toMatchObject({ name: "InjectedFault" });
  fra.answerWith(() => new Response(null, { status: 503 }));
  await expect(there.get("/c/0")).rejects.toMatchObject({ name: "InjectedFault" });
  plan.clear();
  expect(await there.get("/c/0")).toEqual(value);
});
