import type { RegionalOptions } from "@zarr-cache/regions";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CacheStorage, IndexedCacheStorage, MemoryStoreIndex, MemoryStoreOpener } from "zarr-cache";
import { lastingTiers } from "../support/lasting-tiers.ts";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { openRegionalCache, type RegionalCache } from "../support/regional-cache.ts";
import { until } from "../support/until.ts";

let nats: NatsRegions;
const opened: RegionalCache[] = [];

beforeAll(async () => {
  nats = await startNatsRegions("fra", "iad");
});

afterAll(async () => {
  for (const cache of opened) await cache.close();
  await nats.stop();
});

async function open(
  region: string,
  namespace: string,
  name: string,
  local?: CacheStorage,
  options: Pick<RegionalOptions, "sharedTiers"> = {},
) {
  const { url } = nats.region(region);
  const cache = await openRegionalCache({ region, nats: url, namespace, name, ...options }, local);
  opened.push(cache);
  return cache;
}

/** Keeps one chunk, as an earlier life of a region may have. */
async function fill(tiers: CacheStorage): Promise<void> {
  await tiers.open();
  await tiers.bind("data", undefined);
  await tiers.put({ storeId: "data", key: "/c/0" }, new Uint8Array(10));
  await tiers.close();
}

async function kept(cache: RegionalCache): Promise<number> {
  return (await cache.storage.entries()).entries.length;
}

/** Drops paths in a region, and loses the first of them from its log. */
async function dropAndForget({ storage }: RegionalCache, ...stores: string[]): Promise<void> {
  for (const storeId of stores) await storage.invalidate(storeId, "/");
  const region = await storage.joined();
  const { stream } = region.own("drops");
  await region.link.manager.streams.purge(stream, { seq: await region.logs("drops").end(stream) });
}

test("a storage that hears a log for the first time, and not from its beginning, keeps nothing", async () => {
  const fra = await open("fra", "first", "fra");
  await dropAndForget(fra, "data", "other");
  const tiers = lastingTiers();
  await fill(tiers());
  const iad = await open("iad", "first", "iad", tiers());
  // No store is in use there yet.
  await until("it has dropped all", async () => (await kept(iad)) === 0);
  await iad.storage.close();
  // From now on it knows where it was.
  await fill(tiers());
  const again = await open("iad", "first", "iad", tiers());
  const region = await again.storage.joined();
  await fra.storage.invalidate("other", "/");
  const { stream } = (await fra.storage.joined()).own("drops");
  await until("it has heard the next one", async () => {
    const [consumer] = await region.link.manager.consumers.list(stream).next();
    return consumer?.ack_floor.stream_seq === 3;
  });
  expect(await kept(again)).toBe(1);
});

test("a storage that was away for longer than the log lasts keeps nothing", async () => {
  const fra = await open("fra", "away", "fra");
  const tiers = lastingTiers();
  const before = await open("iad", "away", "iad", tiers());
  await fra.storage.invalidate("other", "/");
  const stream = (await fra.storage.joined()).own("drops").stream;
  const { link } = await before.storage.joined();
  await until("it has heard the first", async () => {
    const [consumer] = await link.manager.consumers.list(stream).next();
    return consumer?.ack_floor.stream_seq === 1;
  });
  await before.storage.close();
  await fill(tiers());
  nats.region("iad").cable?.stall();
  await dropAndForget(fra, "data", "other", "other");
  nats.region("iad").cable?.heal();
  const iad = await open("iad", "away", "iad", tiers());
  await until("it has dropped all", async () => (await kept(iad)) === 0);
});

test("a process that joins others over the same tiers drops nothing from them that these have dropped", async () => {
  const fra = await open("fra", "joining", "fra");
  const tiers = lastingTiers();
  const shared = { sharedTiers: "redis" };
  const first = await open("iad", "joining", "iad-1", tiers(), shared);
  await fra.storage.invalidate("data", "/");
  const { link } = await first.storage.joined();
  const stream = (await fra.storage.joined()).own("drops").stream;
  /** How far the last of so many storages of the region has come. */
  const heard = async (storages: number) => {
    const consumers = await link.manager.consumers.list(stream).next();
    return consumers.length === storages ? Math.min(...consumers.map((it) => it.ack_floor.stream_seq)) : 0;
  };
  await until("it has heard the first", async () => (await heard(1)) === 1);
  // What was kept since is newer than that drop.
  await fill(tiers());
  await open("iad", "joining", "iad-2", tiers(), shared);
  await until("the second has heard it too", async () => (await heard(2)) === 1);
  expect(await kept(first)).toBe(1);
  // Nor where the beginning of the log is lost.
  await fra.storage.invalidate("other", "/");
  await until("both have heard the next", async () => (await heard(2)) === 2);
  await link.manager.streams.purge(stream, { seq: 3 });
  await open("iad", "joining", "iad-3", tiers(), shared);
  await fra.storage.invalidate("other", "/");
  await until("all have heard the last", async () => (await heard(3)) === 3);
  expect(await kept(first)).toBe(1);
  // Other tiers have nothing to do with these, and may hold anything.
  const others = lastingTiers();
  await fill(others());
  const stranger = await open("iad", "joining", "iad-1", others(), { sharedTiers: "other" });
  await until("it has dropped all", async () => (await kept(stranger)) === 0);
});

test("mirrors of drops are kept within the bounds of the region", async () => {
  await open("fra", "bounds", "fra");
  const iad = await open("iad", "bounds", "iad");
  const { link, names } = await iad.storage.joined();
  await until("the mirrors are there", async () => (await iad.storage.member?.state())?.logs.length === 6);
  const bounds: unknown[] = [];
  for await (const { config } of link.manager.streams.list()) {
    const log = names.logOf(config.name);
    if (log?.kind === "drops" && log.region === "fra") bounds.push([config.max_bytes, config.max_age]);
  }
  expect(bounds).toEqual([[64e6, 7 * 864e5 * 1e6]]);
});

test("what a storage could not drop at first it drops later, before it goes on", async () => {
  const fra = await open("fra", "faults", "fra");
  const dropped: string[] = [];
  class Failing extends IndexedCacheStorage {
    override async invalidate(storeId: string, path: string): Promise<void> {
      dropped.push(storeId);
      if (dropped.length === 1) throw new Error("the disk is away");
      await super.invalidate(storeId, path);
    }
  }
  await open("iad", "faults", "iad", new Failing(new MemoryStoreIndex(), new MemoryStoreOpener()));
  await fra.storage.invalidate("one", "/");
  await fra.storage.invalidate("two", "/");
  await until("both are dropped", () => dropped.at(-1) === "two");
  expect(dropped).toEqual(["one", "one", "two"]);
});
