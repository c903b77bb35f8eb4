import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { faultPlan, faultyIndex } from "zarr-cache/testing";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { openRegionalCache, type RegionalCache } from "../support/regional-cache.ts";
import { until } from "../support/until.ts";

let nats: NatsRegions;
const opened: RegionalCache[] = [];
const plan = faultPlan();

beforeAll(async () => {
  nats = await startNatsRegions("fra", "iad");
});

afterEach(() => plan.clear());

afterAll(async () => {
  for (const cache of opened) await cache.close();
  await nats.stop();
});

test.each([
  ["far", ["/c/0"], 1],
  ["bypass", ["/c/0", "/c/0"], 0],
] as const)(
  "while the whole cache of a region is down, %s decides who answers",
  async (whenRegionDown, reads, elsewhere) => {
    const open = async (region: string, index = new MemoryStoreIndex()) => {
      const local = new IndexedCacheStorage(
        faultyIndex(index, region === "iad" ? plan : faultPlan()),
        new MemoryStoreOpener(),
      );
      const options = { region, nats: nats.region(region).url, namespace: whenRegionDown, whenRegionDown };
      const cache = await openRegionalCache(options, local);
      opened.push(cache);
      return cache;
    };
    const [fra, iad] = [await open("fra"), await open("iad")];
    const asked: string[] = [];
    const source = {
      cost: () => 10_000,
      get: async (key: string) => {
        asked.push(key);
        return new Uint8Array(1000).fill(7);
      },
    };
    const here = new CachedStore(source, "data", fra.storage, { identity: "data" });
    const there = new CachedStore(source, "data", iad.storage, { identity: "data" });
    await here.get("/c/0");
    await fra.storage.idle();
    await until("the other region knows of it", async () => {
      const state = await iad.storage.member?.state();
      const isHeard = state?.members.some(({ region }) => region === "fra");
      return (
        isHeard === true &&
        state?.logs.some(
          ({ region, kind, sequence }) => region === "fra" && kind === "parts" && sequence === 1,
        ) === true
      );
    });
    plan.add({ kind: "fail" });
    expect(await there.get("/c/0")).toEqual(new Uint8Array(1000).fill(7));
    expect(asked).toEqual(reads);
    expect(iad.storage.elsewhereStatistics()?.reads).toBe(elsewhere);
    // Nobody who holds it can be reached either: the source answers.
    fra.answerWith(() => new Response(null, { status: 503 }));
    expect(await there.get("/c/0")).toEqual(new Uint8Array(1000).fill(7));
    expect(asked).toEqual([...reads, "/c/0"]);
  },
);
