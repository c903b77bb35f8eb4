import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { openRegionalCache, type RegionalCache } from "../support/regional-cache.ts";
import { until } from "../support/until.ts";

const LASTS = 3_600_000;
const PART = { storeId: "data", key: "/c/0" };

let nats: NatsRegions;

beforeAll(async () => {
  nats = await startNatsRegions("fra", "iad", "sin");
});

afterAll(() => nats.stop());

/** A region that goes by a clock. */
async function open(region: string, namespace: string, clock: () => number): Promise<RegionalCache> {
  const local = new IndexedCacheStorage(new MemoryStoreIndex({ clock }), new MemoryStoreOpener());
  const options = { region, nats: nats.region(region).url, namespace, heartbeat: 100, clock };
  const cache = await openRegionalCache(options, local);
  onTestFinished(() => cache.close());
  return cache;
}

/** Two regions that go by one clock. What the first has cached, for an hour, the second has read twice and keeps too. */
async function twoRegions(namespace: string) {
  let now = Date.now();
  const [fra, iad] = [await open("fra", namespace, () => now), await open("iad", namespace, () => now)];
  const source = { reads: 0, cost: () => 10_000, get: async () => new Uint8Array([++source.reads]) };
  const storeOf = ({ storage }: RegionalCache) => new CachedStore(source, "data", storage);
  const value = new Uint8Array([100]);
  for (const { storage } of [fra, iad]) await storage.bind("data", undefined);
  const claim = await fra.storage.claim(PART, {});
  if (claim.state !== "fill") throw new Error("it was cached already");
  await claim.commit(value, { cost: 10_000, expiresAt: fra.storage.now() + LASTS });
  await fra.storage.idle();
  await until("the other region can fetch it", async () => {
    const logs = (await iad.storage.member?.state())?.logs ?? [];
    return logs.some((log) => log.kind === "parts" && log.region === "fra" && log.sequence === 1);
  });
  return {
    fra,
    iad,
    source,
    value,
    there: storeOf(iad),
    /** A reader with nothing of its own, who holds the logs of both regions. */
    reader: async (region: string) => {
      const cache = await open(region, namespace, () => now);
      await until("it holds what is announced", async () => {
        const { logs = [], members = [] } = (await cache.storage.member?.state()) ?? {};
        const announced = logs.filter(({ kind, sequence }) => kind === "parts" && sequence === 1);
        return announced.length === 2 && members.length > 1;
      });
      return { cache, store: storeOf(cache) };
    },
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    /** Members that are known again, after the time has passed. */
    met: () =>
      until("they know of each other", () =>
        [fra, iad].every(({ storage }) => (storage.member?.members().length ?? 0) > 0),
      ),
  };
}

test("a part that has expired comes from no region any more, and its copy is no younger", async () => {
  const { fra, iad, source, value, there, reader, pass, met } = await twoRegions("expired");
  // What was read twice is kept.
  for (let n = 0; n < 2; n++) expect(await there.get("/c/0")).toEqual(value);
  await iad.storage.idle();
  pass(LASTS - 1000);
  await met();
  expect(await there.get("/c/0")).toEqual(value);
  expect(await (await reader("iad")).store.get("/c/0")).toEqual(value);
  expect([source.reads, fra.requests()]).toEqual([0, 3]);
  pass(1001);
  const { store, cache } = await reader("sin");
  expect(await store.get("/c/0")).toEqual(new Uint8Array([1]));
  expect([fra.requests(), iad.requests()]).toEqual([3, 0]);
  expect(cache.storage.elsewhereStatistics()).toMatchObject({ gone: 0, failures: 0 });
  expect(await there.get("/c/0")).not.toEqual(value);
});

test("a part that has expired during a cut does not come back behind it", async () => {
  const { fra, iad, source, value, there, reader, pass, met } = await twoRegions("cut");
  nats.region("iad").cable?.stall();
  for (let n = 0; n < 2; n++) expect(await there.get("/c/0")).toEqual(value);
  // The announcement of the copy is on its way while the part expires.
  await iad.storage.idle();
  pass(LASTS + 1);
  nats.region("iad").cable?.heal();
  await until("it has come", async () => {
    const logs = (await fra.storage.member?.state())?.logs ?? [];
    return logs.some((log) => log.kind === "parts" && log.region === "iad" && log.sequence === 1);
  });
  await met();
  const { store, cache } = await reader("fra");
  expect(await store.get("/c/0")).toEqual(new Uint8Array([1]));
  expect([source.reads, iad.requests()]).toEqual([1, 0]);
  expect(cache.storage.elsewhereStatistics()).toMatchObject({ reads: 0, gone: 0, failures: 0 });
});
