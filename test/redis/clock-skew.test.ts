import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { RedisStoreIndex } from "zarr-cache/redis";
import { hasRedisServer, type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { fillPart, takeClaim, whole } from "./fill-part.ts";

const HOUR = 3_600_000;
const A_MINUTE = { present: 60_000, missing: 60_000 };

describe.runIf(await hasRedisServer())("machines whose clocks are hours apart", () => {
  let server: RedisServer;
  const open: RedisStoreIndex[] = [];
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const index of open.splice(0)) await index.close();
    await server.admin.flushall();
  });
  afterAll(() => server.stop());

  /** Opens an index as a machine would whose clock is wrong by so much, and whose uptime differs as well. */
  async function openSkewed(skew: number): Promise<RedisStoreIndex> {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + skew });
    const started = performance.now();
    const index = new RedisStoreIndex({
      redis: server.url,
      namespace: "skewed",
      maxBytes: "1 MB",
      deadline: 5000,
      monotonic: () => performance.now() - started + Math.abs(skew) / 2,
    });
    open.push(index);
    if (!(await index.open()).clean) await index.markClean();
    return index;
  }

  it("agree on the time, which is Redis' own", async () => {
    const [seconds = 0] = await server.admin.time();
    for (const skew of [-5 * HOUR, 0, 5 * HOUR]) {
      const index = await openSkewed(skew);
      expect(Math.abs(index.now() - 1000 * Number(seconds)), `skew ${skew}`).toBeLessThan(HOUR / 4);
    }
  });

  it("agree on the age of what one of them filled", async () => {
    const early = await openSkewed(-5 * HOUR);
    await fillPart(early, whole("/a"));
    const late = await openSkewed(5 * HOUR);
    expect(await late.claim(whole("/a"), A_MINUTE)).toMatchObject({ state: "hit" });
    for (const index of [early, late]) {
      const { entries } = await index.entries({ storeId: "s" });
      expect(Math.abs(entries[0]?.age ?? Number.NaN)).toBeLessThan(60_000);
    }
  });

  it("agree on who is alive", async () => {
    const early = await openSkewed(-5 * HOUR);
    const claim = await takeClaim(early, whole("/b"));
    const late = await openSkewed(5 * HOUR);
    expect(await late.claim(whole("/b"), A_MINUTE)).toMatchObject({ state: "wait", token: claim.token });
    expect(await late.sweep()).toMatchObject({ expired: 0 });
    expect(await early.renew([claim])).toEqual([]);
  });
});
