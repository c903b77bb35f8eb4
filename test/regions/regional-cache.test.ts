import type { Region } from "@zarr-cache/regions";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CachedStore } from "zarr-cache";
import { type NatsRegions, startNatsRegions } from "../support/nats-regions.ts";
import { inStep, openRegionalCache, type RegionalCache } from "../support/regional-cache.ts";
import { until } from "../support/until.ts";

let nats: NatsRegions;
const opened: RegionalCache[] = [];

async function open(region: string, namespace: string, options: object = {}): Promise<RegionalCache> {
  const cache = await openRegionalCache({ region, nats: nats.region(region).url, namespace, ...options });
  opened.push(cache);
  return cache;
}

/** A source whose reads are counted. A read of it costs so many milliseconds, or so it says. */
function countedSource(values: Record<string, number>, cost = 10_000) {
  const reads: string[] = [];
  return {
    reads,
    values,
    cost: () => cost,
    async get(key: string): Promise<Uint8Array | undefined> {
      reads.push(key);
      const value = values[key];
      return value === undefined ? undefined : bytes(value);
    },
    async set(key: string, value: Uint8Array): Promise<void> {
      values[key] = value[0] ?? 0;
    },
  };
}

function bytes(value: number): Uint8Array {
  return new Uint8Array(1000).fill(value);
}

function store(source: ReturnType<typeof countedSource>, cache: RegionalCache): CachedStore {
  return new CachedStore(source, "data", cache.storage, { identity: "data" });
}

beforeAll(async () => {
  nats = await startNatsRegions("fra", "iad");
});

afterAll(async () => {
  for (const cache of opened) await cache.close();
  await nats.stop();
});

describe("a cache of two regions", () => {
  test("what one region has read comes to the other from there, not from the source", async () => {
    const [fra, iad] = [await open("fra", "read"), await open("iad", "read")];
    const source = countedSource({ "/c/0": 7 });
    expect(await store(source, fra).get("/c/0")).toEqual(bytes(7));
    expect(await store(source, fra).get("/c/1")).toBeUndefined();
    await inStep(fra, iad);
    const there = store(source, iad);
    expect(await there.get("/c/0")).toEqual(bytes(7));
    expect(await there.get("/c/1")).toBeUndefined();
    expect(source.reads).toEqual(["/c/0", "/c/1"]);
    expect(fra.requests()).toBe(1);
    // The second read is kept here, the third needs nobody.
    await there.get("/c/0");
    await iad.storage.idle();
    await there.get("/c/0");
    expect(fra.requests()).toBe(2);
    expect(source.reads).toHaveLength(2);
    expect(iad.storage.elsewhereStatistics()).toMatchObject({ reads: 2, bytes: 2000, failures: 0 });
  });

  test("a source that is nearer than the other region is asked", async () => {
    const [fra, iad] = [await open("fra", "near"), await open("iad", "near")];
    const source = countedSource({ "/c/0": 7 }, 0.001);
    await store(source, fra).get("/c/0");
    await inStep(fra, iad);
    expect(await store(source, iad).get("/c/0")).toEqual(bytes(7));
    expect(source.reads).toHaveLength(2);
    expect(iad.storage.elsewhereStatistics()).toMatchObject({ reads: 0, dearer: 1 });
  });

  test.each([
    ["cut short", (answer: Response) => new Response("short", { status: answer.status })],
    ["changed", (answer: Response) => new Response(bytes(8) as BodyInit, { status: answer.status })],
    ["too long", (answer: Response) => new Response(new Uint8Array(2000), { status: answer.status })],
    ["refused", () => new Response(null, { status: 503 })],
    [
      "led elsewhere",
      () => new Response(null, { status: 302, headers: { location: "http://127.0.0.1:1/" } }),
    ],
  ])("bytes that are %s on the way are not taken; the source is asked", async (name, change) => {
    const namespace = `bad-${name.replaceAll(" ", "-")}`;
    const [fra, iad] = [await open("fra", namespace), await open("iad", namespace)];
    const source = countedSource({ "/c/0": 7 });
    await store(source, fra).get("/c/0");
    await inStep(fra, iad);
    fra.answerWith(change);
    expect(await store(source, iad).get("/c/0")).toEqual(bytes(7));
    expect(source.reads).toHaveLength(2);
    expect(iad.storage.elsewhereStatistics()).toMatchObject({ reads: 0, failures: 1 });
  });

  test("a part that its region has no longer comes from the source", async () => {
    const [fra, iad] = [await open("fra", "gone"), await open("iad", "gone")];
    const source = countedSource({ "/c/0": 7 });
    await store(source, fra).get("/c/0");
    await inStep(fra, iad);
    fra.answerWith(() => new Response(null, { status: 404 }));
    expect(await store(source, iad).get("/c/0")).toEqual(bytes(7));
    expect(iad.storage.elsewhereStatistics()).toMatchObject({ gone: 1, failures: 0 });
  });

  test("an invalidation in one region reaches the other, and wins over what was announced before", async () => {
    const [fra, iad] = [await open("fra", "drop"), await open("iad", "drop")];
    const source = countedSource({ "/t2m/c/0": 1 });
    const [here, there] = [store(source, fra), store(source, iad)];
    await here.get("/t2m/c/0");
    await inStep(fra, iad);
    await there.get("/t2m/c/0");
    await there.get("/t2m/c/0");
    await iad.storage.idle();
    source.values["/t2m/c/0"] = 2;
    await here.invalidate("/t2m");
    await inStep(fra, iad);
    await until("the other region has dropped it", async () => (await there.get("/t2m/c/0"))?.[0] === 2);
    expect((await here.get("/t2m/c/0"))?.[0]).toBe(2);
  });

  test("a write in one region is read in the other", async () => {
    const [fra, iad] = [await open("fra", "write"), await open("iad", "write")];
    const source = countedSource({ "/c/0": 1 });
    const [here, there] = [store(source, fra), store(source, iad)];
    await here.get("/c/0");
    await there.get("/c/0");
    await inStep(fra, iad);
    await there.set("/c/0", bytes(2));
    expect((await there.get("/c/0"))?.[0]).toBe(2);
    await until("it is read there", async () => (await here.get("/c/0"))?.[0] === 2);
  });

  test("an invalidation at one member reaches the others of its region, each with tiers of its own", async () => {
    const [one, other] = [await open("fra", "members"), await open("fra", "members")];
    const source = countedSource({ "/c/0": 1 });
    const [here, there] = [store(source, one), store(source, other)];
    for (const each of [here, there]) await each.get("/c/0");
    source.values["/c/0"] = 2;
    await here.invalidate("/c/0");
    await until("the other member has dropped it", async () => (await there.get("/c/0"))?.[0] === 2);
    expect((await here.get("/c/0"))?.[0]).toBe(2);
    // Nobody drops again what it has told itself.
    const reads = source.reads.length;
    for (const each of [here, there]) await each.get("/c/0");
    expect(source.reads).toHaveLength(reads);
  });

  test.each([
    ["nothing before", false],
    ["one before", true],
  ])("a region that missed drops for good, having heard %s, drops everything", async (name, hasHeard) => {
    const namespace = `truncated-${name.replaceAll(" ", "-")}`;
    const [fra, iad] = [await open("fra", namespace), await open("iad", namespace)];
    const source = countedSource({ "/c/0": 1, "/c/1": 1 }, 0.001);
    const [here, there] = [store(source, fra), store(source, iad)];
    if (hasHeard) await here.invalidate("/c/9");
    await inStep(fra, iad);
    for (const key of ["/c/0", "/c/1"] as const) await there.get(key);
    nats.region("iad").cable?.stall();
    source.values["/c/0"] = 2;
    for (const path of ["/c/0", "/c/8", "/c/9"] as const) await here.invalidate(path);
    // The log is cut off behind what the other region has of it.
    const { link } = fra.storage.member as Region;
    const { stream } = (fra.storage.member as Region).own("drops");
    await link.manager.streams.purge(stream, { keep: 1 });
    expect((await there.get("/c/0"))?.[0]).toBe(1);
    nats.region("iad").cable?.heal();
    await until(
      "it has dropped what it cannot have heard of",
      async () => (await there.get("/c/0"))?.[0] === 2,
    );
  });

  test("what is replicated eagerly is here before it is asked for", async () => {
    const options = { replicate: { data: "eager" } };
    const [fra, iad] = [await open("fra", "eager", options), await open("iad", "eager", options)];
    const source = countedSource({ "/c/0": 7 });
    const there = store(source, iad);
    await there.get("/c/none");
    await inStep(fra, iad);
    await store(source, fra).get("/c/0");
    await until("it is here", () => iad.storage.has({ storeId: "data", key: "/c/0" }));
    fra.answerWith(() => new Response(null, { status: 500 }));
    expect(await there.get("/c/0")).toEqual(bytes(7));
    expect(source.reads).toEqual(["/c/none", "/c/0"]);
  });

  test("a cable that is cut costs no answer, and what was dropped meanwhile is dropped when it is whole again", async () => {
    const [fra, iad] = [await open("fra", "cable"), await open("iad", "cable")];
    const source = countedSource({ "/c/0": 1, "/c/1": 1 });
    const [here, there] = [store(source, fra), store(source, iad)];
    await here.get("/c/0");
    await inStep(fra, iad);
    await there.get("/c/0");
    await there.get("/c/0");
    await iad.storage.idle();
    nats.region("iad").cable?.stall();
    source.values["/c/0"] = 2;
    await here.invalidate("/c/0");
    expect((await here.get("/c/0"))?.[0]).toBe(2);
    // It is really cut: what is here is what was here.
    expect((await there.get("/c/0"))?.[0]).toBe(1);
    expect((await there.get("/c/1"))?.[0]).toBe(1);
    nats.region("iad").cable?.heal();
    await until("the other region has dropped it", async () => (await there.get("/c/0"))?.[0] === 2);
  });

  test("a region whose NATS server is not there goes on alone, and says so", async () => {
    const warnings: string[] = [];
    const alone = await open("fra", "alone", { nats: "nats://127.0.0.1:1" });
    alone.storage.on("warning", ({ message }) => warnings.push(message));
    const source = countedSource({ "/c/0": 7 });
    const here = store(source, alone);
    expect(await here.get("/c/0")).toEqual(bytes(7));
    expect(warnings).toEqual([
      expect.stringContaining('The connection of region "fra" was not acknowledged'),
    ]);
    await expect(here.invalidate("/c/0")).rejects.toMatchObject({ tag: "CacheUnavailableError" });
  });

  test("bytes are handed only to those who show the token", async () => {
    const [fra, iad] = [
      await open("fra", "token", { token: "a" }),
      await open("iad", "token", { token: "b" }),
    ];
    const source = countedSource({ "/c/0": 7 });
    await store(source, fra).get("/c/0");
    await inStep(fra, iad);
    expect(await store(source, iad).get("/c/0")).toEqual(bytes(7));
    expect(iad.storage.elsewhereStatistics()).toMatchObject({ reads: 0, failures: 1 });
  });
});
