import type { Cluster, Redis } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { nextTurn } from "../support/event-loop.ts";
import { type RedisCluster, startRedisCluster } from "../support/redis-cluster.ts";
import { hasRedisServer, type RedisServer } from "../support/redis-server.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { ANY_AGE, fillPart, takeClaim, whole } from "./fill-part.ts";
import { redisFixture } from "./redis-fixture.ts";
import { serverOfEachTest } from "./server-of-each-test.ts";

const DEADLINE = 500;
/** Longer than any connection may be silent: the stream is, for a second and four deadlines. */
const LONG = 8 * DEADLINE;

/** Keeps the event loop busy for so long that every timer of a command is due, and its answer is there as well. */
async function starve(milliseconds: number): Promise<void> {
  await new Promise<void>((written) => process.nextTick(written));
  starveAtOnce(milliseconds);
}

/** The same in the turn in which commands are sent, which go out behind it. */
function starveAtOnce(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** The connections of indexes to some servers, each by the name that it has there. */
async function connectionsTo(servers: readonly RedisServer[]): Promise<string[]> {
  const lists = await Promise.all(
    servers.map(async ({ port, admin }) =>
      [...String(await admin.client("LIST")).matchAll(/^id=(\d+) .*? name=(zarr-cache-[a-z]+) /gm)].map(
        ([, id, name]) => `${name} ${id} to ${port}`,
      ),
    ),
  );
  return lists.flat().sort();
}

/** A client of a Cluster that tells to which of its servers a connection of its copies has ended. */
function watched({ client }: RedisCluster) {
  const broken: number[] = [];
  return {
    isCluster: true,
    broken,
    duplicate(...args: Parameters<Cluster["duplicate"]>) {
      const copy = client.duplicate(...args);
      copy.on("-node", ({ options }: Redis) => broken.push(options.port ?? 0));
      return copy;
    },
  };
}

describe.runIf(await hasRedisServer())("RedisStoreIndex in a process that gets no turn", () => {
  const test = serverOfEachTest({ maxBytes: "1 MB", deadline: DEADLINE });

  it("takes the answers that have arrived, although it hears them after the deadline", async () => {
    const index = await test.openIndex();
    const token = await fillPart(index, whole("/a"));
    await takeClaim(index, whole("/warm"));
    const found = Array.from({ length: 20 }, () => Promise.resolve(index.lookup(whole("/a"))));
    const claimed = Array.from({ length: 20 }, (_, i) => index.claim(whole(`/b/${i}`), ANY_AGE));
    await starve(3 * DEADLINE);
    expect((await Promise.all(found)).map((entry) => entry?.token)).toEqual(found.map(() => token));
    expect((await Promise.all(claimed)).map(({ state }) => state)).toEqual(claimed.map(() => "fill"));
  });

  it("counts the time of a command from when it went out, behind the work of its turn", async () => {
    const proxy = await startTcpProxy(test.server.port);
    onTestFinished(() => proxy.close());
    const index = await test.openIndex({ redis: `redis://127.0.0.1:${proxy.port}` });
    const token = await fillPart(index, whole("/a"));
    // Longer than the turn that is granted to answers which have arrived.
    proxy.delay(50);
    const found = Array.from({ length: 20 }, () => Promise.resolve(index.lookup(whole("/a"))));
    starveAtOnce(LONG);
    expect((await Promise.all(found)).map((entry) => entry?.token)).toEqual(found.map(() => token));
  });

  it("keeps its connections, however long it had no turn", async () => {
    const index = await test.openIndex();
    const other = await test.openIndex({ deadline: 5000 });
    await fillPart(index, whole("/a"));
    const { cursor } = index.changes(undefined);
    const before = await connectionsTo([test.server]);
    expect(before.filter((name) => /^zarr-cache-(commands|stream) /.test(name))).toHaveLength(4);
    const found = Array.from({ length: 20 }, () => Promise.resolve(index.lookup(whole("/a"))));
    await starve(LONG);
    for (const entry of await Promise.all(found)) expect(entry).toBeDefined();
    await other.invalidate("s", "/b");
    while (index.changes(cursor).paths.length === 0 && !index.changes(cursor).lost) await nextTurn();
    expect(await connectionsTo([test.server])).toEqual(before);
  });

  it("takes answers and keeps connections in a Cluster as well, and breaks the one to a node that is silent", async () => {
    const cluster = await startRedisCluster();
    onTestFinished(() => cluster.stop());
    const given = watched(cluster);
    const bounds = { maxBytes: 1e9, maxEntryBytes: 1e8, shards: 4, deadline: DEADLINE, namespace: "starved" };
    const { index, dispose } = await redisFixture(() => given, { ...bounds, clock: () => 1e12 });
    onTestFinished(dispose);
    await index.open();
    await index.markClean();
    const keys = Array.from({ length: 20 }, (_, i) => `/c/${i}`);
    for (const key of keys) await fillPart(index, whole(key));
    const before = await connectionsTo(cluster.servers);
    const found = keys.map((key) => Promise.resolve(index.lookup(whole(key))));
    await starve(LONG);
    for (const entry of await Promise.all(found)) expect(entry).toBeDefined();
    for (const key of keys) expect(await index.lookup(whole(key))).toBeDefined();
    expect(await connectionsTo(cluster.servers)).toEqual(before);

    const silent = await cluster.serverOf("{zc:starved:0}:e");
    silent.signal("SIGSTOP");
    const failures = async () => {
      const outcomes = await Promise.allSettled(keys.map((key) => index.lookup(whole(key))));
      return outcomes.flatMap((it) => (it.status === "rejected" ? [(it.reason as Error).name] : []));
    };
    try {
      expect(await failures()).toContain("DeadlineError");
      while (!given.broken.includes(silent.port)) await failures();
    } finally {
      silent.signal("SIGCONT");
    }
    while ((await failures()).length > 0) await nextTurn();
  });

  it("gives a claim back whose grant it did not hear, so that others need not wait until it is dead", async () => {
    const proxy = await startTcpProxy(test.server.port);
    try {
      const options = { lockAge: "1h" } as const;
      const deaf = await test.openIndex({ ...options, redis: `redis://127.0.0.1:${proxy.port}` });
      const other = await test.openIndex(options);
      // So that Redis knows the scripts.
      await deaf.release(await takeClaim(deaf, whole("/warm")));
      proxy.stallOneWay("back");
      const claimed = deaf.claim(whole("/a"), ANY_AGE);
      const refused = expect(claimed).rejects.toMatchObject({ tag: "DeadlineError" });
      await refused;
      for (;;) {
        const answer = await other.claim(whole("/a"), ANY_AGE);
        if (answer.state === "fill") break;
        await nextTurn();
      }
    } finally {
      await proxy.close();
    }
  });
});
