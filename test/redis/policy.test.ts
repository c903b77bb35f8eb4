import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryStoreIndex, type Reservation, type StoreIndex } from "zarr-cache";
import { randomNumbers } from "../processes/support/random-numbers.ts";
import { hasRedis, type ReachableRedis, startRedis } from "../support/reachable-redis.ts";
import { ANY_AGE, takeClaim, whole } from "./fill-part.ts";
import { redisFixture } from "./redis-fixture.ts";

/** What each index adds to a footprint; charges are made equal. */
const MEMORY_OVERHEAD = 256;
const REDIS_OVERHEAD = 512;

const BUDGET = 20_000;
const SEQUENCES = 200;
const firstSeed = Number(process.env["ZARR_CACHE_SEED"] ?? 1);

/** An index together with what it adds, and the keys of its tokens. */
class Contestant {
  readonly index: StoreIndex;
  readonly #overhead: number;
  readonly #keys = new Map<string, string>();

  constructor(index: StoreIndex, overhead: number) {
    this.index = index;
    this.#overhead = overhead;
  }

  /** Admits a value; tells the keys that went for it and whether it was let in. */
  async fill(key: string, charge: number, cost: number, weight: number): Promise<string> {
    const claim = await takeClaim(this.index, whole(key));
    const size = charge - this.#overhead;
    const want: Reservation = { footprint: size, size: 0, cost, weight };
    const went: string[] = [];
    for (;;) {
      const answer = await this.index.reserve(claim, want);
      if (answer === "reserved") break;
      const room = answer === "full" ? await this.index.makeRoom(want, claim.part) : undefined;
      went.push(...(await this.#freed(room?.evicted ?? [])));
      if (room === undefined || room.state === "refused") {
        await this.index.release(claim);
        return `refused ${went.join()}`;
      }
    }
    this.#keys.set(claim.token, key);
    const facts = { missing: false, size: 0, checksum: 0, age: 0, expiresAt: Number.POSITIVE_INFINITY, cost };
    const kept = await this.index.commit(claim, { ...facts, validator: undefined });
    return `${kept ? "kept" : "lost"} ${went.join()}`;
  }

  async lower(): Promise<string> {
    const went: string[] = [];
    for (let state = "more"; state === "more"; ) {
      const room = await this.index.makeRoom();
      ({ state } = room);
      went.push(...(await this.#freed(room.evicted)));
    }
    return went.join();
  }

  async weigh(key: string, weight: number): Promise<string> {
    const answer = await this.index.weigh(whole(key), weight);
    const { pinnedBytes } = await this.index.usage();
    return `${answer} ${pinnedBytes}`;
  }

  async drop(path: string): Promise<string> {
    await this.index.invalidate("s", path);
    while ((await this.index.sweep()).more);
    await this.#freed(await this.index.condemned(1000));
    return String((await this.index.usage()).bytes);
  }

  async #freed(names: readonly { readonly token: string }[]): Promise<string[]> {
    await this.index.free(names.map(({ token }) => token));
    return names.map(({ token }) => this.#keys.get(token) ?? "?");
  }
}

describe.runIf(await hasRedis())("the policy in Lua", () => {
  let server: ReachableRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  /** Does the same random operations on a memory index and on one in Redis, and wants the same answers. */
  async function compare(policy: "gdsf" | "lru", seed: number, operations: number, mostWeight: number) {
    const clock = () => 1e12;
    const bounds = { maxBytes: BUDGET, maxEntryBytes: BUDGET, maxEntries: 25, policy, clock };
    const { index, dispose } = await redisFixture(() => server.url, bounds);
    const redis = new Contestant(index, REDIS_OVERHEAD);
    const memory = new Contestant(new MemoryStoreIndex(bounds), MEMORY_OVERHEAD);
    const both = [memory, redis];
    const random = randomNumbers(seed);
    let victims = 0;
    try {
      for (const { index: each } of both) {
        await each.open();
        await each.markClean();
      }
      for (let at = 0; at < operations; at++) {
        const key = `/${random() < 0.5 ? "a" : "b"}/${Math.floor(random() ** 2 * 40)}`;
        const dice = random();
        // Few costs and sizes, so that many ranks are equal.
        const charge = 600 + 400 * Math.floor(random() * 4);
        const cost = 10 ** Math.floor(random() * 3);
        // Some are fetched before anybody asks for them; not beside a floor that has no digit left for so little.
        const weight = mostWeight > 1 ? mostWeight ** random() : random() < 0.15 ? 2 ** -20 : 1;
        const pin = random() < 0.5 ? Number.POSITIVE_INFINITY : 1;
        const answers: unknown[] = [];
        for (const contestant of both) {
          if (dice < 0.01) answers.push(await contestant.lower());
          else if (dice < 0.02) answers.push(await contestant.drop(dice < 0.015 ? "/a/" : key));
          else if (dice < 0.06) answers.push(await contestant.weigh(key, pin));
          else if ((await contestant.index.lookup(whole(key))) !== undefined) answers.push("hit");
          else answers.push(await contestant.fill(key, charge, cost, weight));
        }
        victims += String(answers[0]).split("/").length - 1;
        expect(answers[1], `operation ${at} of seed ${seed}, ${policy}, ${key}`).toEqual(answers[0]);
      }
      expect(await index.verify({ repair: false }), `seed ${seed}`).toEqual([]);
      expect((await index.claim(whole("/never"), ANY_AGE)).state).toBe("fill");
    } finally {
      await dispose();
    }
    return victims;
  }

  for (const policy of ["gdsf", "lru"] as const) {
    it(`${policy} evicts victim by victim what it evicts in memory, in ${SEQUENCES} sequences from seed ${firstSeed}`, async () => {
      let victims = 0;
      for (let seed = firstSeed; seed < firstSeed + SEQUENCES; seed++)
        victims += await compare(policy, seed, 70, 1);
      expect(victims).toBeGreaterThan(10 * SEQUENCES);
    });

    it(`${policy} does so in a long sequence whose weights drive the floor up, seed ${firstSeed}`, async () => {
      expect(await compare(policy, firstSeed, 3000, 1e12)).toBeGreaterThan(500);
    });
  }
});
