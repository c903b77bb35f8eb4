import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { RedisBudgetLedger, type RedisBudgetLedgerOptions } from "zarr-cache/redis";
import { describeBudgetLedger, fakeClock } from "zarr-cache/testing";
import { allot, type Holding, isAlive } from "../../packages/zarr-cache/src/budget/allotting.ts";
import { seededRandom } from "../../packages/zarr-cache/src/testing/random.ts";
import { startRedisCluster } from "../support/redis-cluster.ts";
import { hasRedisServer, type RedisServer, startRedisServer } from "../support/redis-server.ts";

const PATIENT = { deadline: 5000 };

describe.runIf(await hasRedisServer())("on a real Redis", () => {
  let server: RedisServer;
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>;
  beforeAll(async () => {
    server = await startRedisServer();
    cluster = await startRedisCluster();
  });
  afterAll(async () => {
    await server.stop();
    await cluster.stop();
  });

  for (const [name, redis] of [
    ["a server", () => server.url],
    ["a Cluster", () => cluster.client],
  ] as const)
    describeBudgetLedger(`RedisBudgetLedger on ${name}`, {
      describe,
      it,
      async create(options) {
        const namespace = randomUUID();
        const open: RedisBudgetLedger[] = [];
        const make = (maxBytes = options.maxBytes) => {
          const ledger = new RedisBudgetLedger({
            ...options,
            ...PATIENT,
            redis: redis(),
            namespace,
            maxBytes,
          } as RedisBudgetLedgerOptions);
          open.push(ledger);
          return ledger;
        };
        return {
          ledger: make(),
          async second(maxBytes) {
            const ledger = make(maxBytes);
            await ledger.open();
            return ledger;
          },
          async dispose() {
            for (const ledger of open) await ledger.close();
          },
        };
      },
    });

  function make(options: Partial<RedisBudgetLedgerOptions>) {
    const ledger = new RedisBudgetLedger({
      redis: server.url,
      namespace: randomUUID(),
      maxBytes: 1000,
      ...PATIENT,
      ...options,
    });
    onTestFinished(() => ledger.close());
    return ledger;
  }

  it.each([1, 2, 3])("follows the rule that is written in TypeScript, seed %i", async (seed) => {
    const random = seededRandom(seed);
    const clock = fakeClock();
    const leaseAge = 1000;
    const maxBytes = 10_007;
    const ledger = make({ maxBytes, leaseAge, clock: clock.now });
    const known = new Map<string, Holding>();
    for (let step = 0; step < 500; step++) {
      clock.advance(random.below(150));
      const now = clock.now();
      const holder = `holder ${random.below(9)}`;
      const state = {
        limit: random.below(3) === 0 ? random.below(maxBytes) : (known.get(holder)?.limit ?? 0),
        wanted: random.below(2) === 0 ? random.below(1000) : random.below(2 * maxBytes),
      };
      const others = [...known]
        .filter(([name, { seenAt }]) => name !== holder && isAlive({ now, leaseAge }, seenAt))
        .map(([, holding]) => holding);
      const wanted = allot({ maxBytes, leaseAge, now, others }, state);
      expect(await ledger.settle(holder, state), `step ${step}`).toEqual(wanted);
      known.set(holder, { ...state, limit: wanted.limit, seenAt: now });
    }
  });

  it("goes by Redis' own clock", async () => {
    const namespace = randomUUID();
    const [one, two] = [make({ namespace, leaseAge: 200 }), make({ namespace, leaseAge: 200 })];
    await one.settle("dead", { limit: 0, wanted: 1000 });
    const before = performance.now();
    let { limit } = await two.settle("alive", { limit: 0, wanted: 1000 });
    expect(limit).toBe(0);
    while (limit < 1000) ({ limit } = await two.settle("alive", { limit, wanted: 1000 }));
    expect(performance.now() - before).toBeGreaterThan(150);
  });

  it("gives nobody more for a lease after Redis has lost it, since it does not know who holds what", async () => {
    const clock = fakeClock();
    const namespace = randomUUID();
    const ledger = make({ namespace, leaseAge: 1000, clock: clock.now });
    await ledger.settle("a", { limit: 0, wanted: 600 });
    await ledger.settle("b", { limit: 0, wanted: 400 });
    await server.admin.del(`{zc:${namespace}:budget}`);
    expect(await ledger.settle("a", { limit: 600, wanted: 1000 })).toEqual({ limit: 600, target: 600 });
    clock.advance(300);
    expect(await ledger.settle("new", { limit: 0, wanted: 1000 })).toEqual({ limit: 0, target: 0 });
    expect(await ledger.settle("b", { limit: 400, wanted: 400 })).toEqual({ limit: 400, target: 333 });
    clock.advance(800);
    expect((await ledger.settle("a", { limit: 600, wanted: 600 })).limit).toBe(600);
    await ledger.leave("b");
    expect((await ledger.settle("new", { limit: 0, wanted: 1000 })).limit).toBe(400);
  });

  it("tells why it cannot be opened, and no secrets, and opens when it can be", async () => {
    const other = await startRedisServer();
    onTestFinished(() => other.stop());
    await other.kill();
    const ledger = make({ redis: other.url, deadline: 250 });
    await expect(ledger.open()).rejects.toMatchObject({ tag: "RedisError", reason: "unreachable" });
    await other.restart();
    expect((await ledger.settle("a", { limit: 0, wanted: 10 })).limit).toBe(10);
  });
});
