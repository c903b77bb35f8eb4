import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeStoreIndex } from "zarr-cache/testing";
import { hasRedisServer, type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { ANY_AGE, fillPart, takeClaim, whole } from "./fill-part.ts";
import { redisFixture } from "./redis-fixture.ts";

type Ask = (sha: string, ...args: readonly unknown[]) => Promise<unknown>;

/** A client whose copies send every script twice and believe the second answer, as after a lost reply. */
function stutterer(client: Redis) {
  return {
    isCluster: false,
    duplicate(options: object) {
      // ioredis makes this method as it runs, so its types do not have it.
      const copy = client.duplicate(options) as Redis & { evalshaBuffer: Ask };
      const ask = copy.evalshaBuffer.bind(copy);
      const askTwice: Ask = async (...args) => {
        await ask(...args);
        return ask(...args);
      };
      return Object.assign(copy, { evalshaBuffer: askTwice });
    },
  };
}

describe.runIf(await hasRedisServer())("RedisStoreIndex when commands are sent again", () => {
  let server: RedisServer;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedisServer();
    client = new Redis(server.port, { lazyConnect: true });
  });
  afterAll(() => server.stop());

  describeStoreIndex("RedisStoreIndex that sends every script twice", {
    describe,
    it,
    scope: "cluster",
    persistent: true,
    create: (options) => redisFixture(() => stutterer(client), options),
  });

  it("does each step once although its reply is lost", async () => {
    const proxy = await startTcpProxy(server.port);
    const { index, dispose } = await redisFixture(() => `redis://127.0.0.1:${proxy.port}`, {
      maxBytes: 100_000,
      maxEntryBytes: 50_000,
      clock: () => 1e12,
    });
    /** Asks while the reply is lost; what the client then makes of it is its answer. */
    const losing = async <T>(question: () => PromiseLike<T> | T): Promise<T> => {
      const lost = proxy.loseReply();
      const answer = await question();
      await lost;
      return answer;
    };
    try {
      await index.open();
      await index.markClean();
      for (let i = 0; i < 3; i++) await fillPart(index, whole(`/${i}`), 30_000);
      const answer = await losing(() => index.claim(whole("/a"), ANY_AGE));
      const claim = answer.state === "fill" ? answer.claim : undefined;
      if (claim === undefined) throw new Error(`The claim is a ${answer.state}.`);
      const want = { footprint: 30_000, size: 30_000, cost: 1000, weight: 1 };
      expect(await index.reserve(claim, want)).toBe("full");
      const room = await losing(() => index.makeRoom(want, claim.part));
      expect(room.evicted).toHaveLength(1);
      await losing(() => index.free(room.evicted.map(({ token }) => token)));
      expect(await losing(() => index.reserve(claim, want))).toBe("reserved");
      const facts = { missing: false, size: 30_000, checksum: 0, age: 0, expiresAt: 2e12, cost: 1000 };
      expect(await losing(() => index.commit(claim, { ...facts, validator: undefined }))).toBe(true);
      const { bytes, entries } = await index.usage();
      expect([bytes, entries]).toEqual([3 * 30_512, 3]);
      expect(await losing(() => index.condemn(claim.part, claim.token))).toBe(true);
      expect(await index.condemn(claim.part, claim.token)).toBe(false);
      const released = await takeClaim(index, whole("/r"));
      await losing(() => index.release(released, { passFor: 1000 }));
      expect(await index.claim(whole("/r"), ANY_AGE)).toMatchObject({ state: "pass" });
      const intent = await losing(() => index.openWrite("s", "/2"));
      const kept = await losing(() => index.closeWrite(intent, true));
      expect(kept?.part).toEqual(whole("/2"));
      await losing(() => index.invalidate("s", "/"));
      expect(await index.verify({ repair: false })).toEqual([]);
    } finally {
      await dispose();
      await proxy.close();
    }
  });
});
