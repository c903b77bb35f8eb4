import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { CachedStore, type CacheStorage } from "zarr-cache";
import { lastingTiers } from "../support/lasting-tiers.ts";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { inStep, openRegionalCache, type RegionalCache } from "../support/regional-cache.ts";
import { until } from "../support/until.ts";

let nats: NatsRegions;

beforeAll(async () => {
  nats = await startNatsRegions("fra", "iad");
});

afterAll(() => nats.stop());

interface Opening {
  readonly name?: string;
  readonly clock?: () => number;
}

async function open(
  region: string,
  namespace: string,
  options: Opening = {},
  local?: CacheStorage,
): Promise<RegionalCache> {
  const { url } = nats.region(region);
  const settings = { region, nats: url, namespace, heartbeat: 500, ...options };
  const cache = await openRegionalCache(settings, local);
  onTestFinished(() => cache.close());
  return cache;
}

const bytes = (value: number) => new Uint8Array(1000).fill(value);

/** A source that says that it is slow, holds one value for all keys, and counts its reads. */
class SlowSource {
  value = 1;
  reads = 0;

  cost(): number {
    return 10_000;
  }

  async get(): Promise<Uint8Array> {
    this.reads++;
    return bytes(this.value);
  }

  storeIn({ storage }: RegionalCache): CachedStore {
    return new CachedStore(this, "data", storage, { identity: "data" });
  }
}

/** From now on a region hands out the old bytes: a member of it has not dropped them yet. */
function handOutOld({ answerWith }: RegionalCache): void {
  answerWith(() => new Response(bytes(1) as BodyInit));
}

test("what was announced before a drop that was heard before a restart is not taken after it", async () => {
  const tiers = lastingTiers();
  const fra = await open("fra", "restart");
  const before = await open("iad", "restart", { name: "iad" }, tiers());
  const source = new SlowSource();
  await source.storeIn(fra).get("/c/0");
  await inStep(fra, before);
  source.value = 2;
  await before.storage.invalidate("data", "/c/0");
  await inStep(fra, before);
  const region = await before.storage.joined();
  await until("it has heard its own drop", async () => {
    const { stream } = region.own("drops");
    const [consumer] = await region.link.manager.consumers.list(stream).next();
    return consumer?.ack_floor.stream_seq === 1;
  });
  await before.storage.close();
  handOutOld(fra);
  const iad = await open("iad", "restart", { name: "iad" }, tiers());
  await until("they know of each other", () => iad.storage.member?.members().length === 1);
  const there = source.storeIn(iad);
  for (let n = 0; n < 3; n++) expect(await there.get("/c/0")).toEqual(bytes(2));
  expect(iad.storage.elsewhereStatistics()).toMatchObject({ reads: 0, failures: 0 });
});

test("nor where the clock of the region that announced it is minutes ahead", async () => {
  let now = Date.now();
  const fra = await open("fra", "ahead", { clock: () => now });
  const iad = await open("iad", "ahead", { clock: () => now + 300_000 });
  const source = new SlowSource();
  await source.storeIn(iad).get("/c/0");
  await inStep(fra, iad);
  source.value = 2;
  handOutOld(iad);
  const here = source.storeIn(fra);
  await here.invalidate("/c/0");
  // Until then it would not be taken since it seems to come from the future.
  now += 600_000;
  await until("they know of each other again", () => (fra.storage.member?.members().length ?? 0) > 0);
  for (let n = 0; n < 3; n++) expect(await here.get("/c/0")).toEqual(bytes(2));
  expect(fra.storage.elsewhereStatistics()).toMatchObject({ reads: 0, failures: 0 });
});

test("what is read again behind a drop is taken by other regions at once", async () => {
  const [fra, iad] = [await open("fra", "again"), await open("iad", "again")];
  const source = new SlowSource();
  const [here, there] = [source.storeIn(fra), source.storeIn(iad)];
  await here.get("/c/0");
  source.value = 2;
  await here.invalidate("/c/0");
  await here.get("/c/0");
  await inStep(fra, iad);
  expect(await there.get("/c/0")).toEqual(bytes(2));
  expect([source.reads, iad.storage.elsewhereStatistics()?.reads]).toEqual([2, 1]);
});
