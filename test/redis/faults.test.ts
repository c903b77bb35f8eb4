import { describe, expect, it } from "vitest";
import { IndexedCacheStorage, type IndexState, MemoryStoreOpener } from "zarr-cache";
import { RedisStoreIndex } from "zarr-cache/redis";
import { nextTurn } from "../support/event-loop.ts";
import { hasRedisServer, startRedisServer } from "../support/redis-server.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { fillPart, takeClaim, whole } from "./fill-part.ts";
import { serverOfEachTest } from "./server-of-each-test.ts";

const WANT = { footprint: 1000, size: 1000, cost: 100, weight: 1 };
const FACTS = { missing: false, size: 1000, checksum: 0, age: 0, cost: 100, validator: undefined };

describe.runIf(await hasRedisServer())("RedisStoreIndex when Redis fails", () => {
  const test = serverOfEachTest({ maxBytes: "1 MB", deadline: 300 });
  const { openIndex } = test;

  /** Asks until Redis answers again. */
  async function whenBack<T>(question: () => PromiseLike<T> | T): Promise<T> {
    for (;;) {
      try {
        return await question();
      } catch {
        await nextTurn();
      }
    }
  }

  it("a restart with persistence keeps everything", async () => {
    const lasting = await startRedisServer("--appendonly", "yes", "--appendfsync", "always");
    try {
      const index = await openIndex({ redis: lasting.url });
      const { epoch } = await index.open();
      const token = await fillPart(index, whole("/a"));
      await lasting.restart();
      const entry = await whenBack(() => index.lookup(whole("/a")));
      expect(entry?.token).toBe(token);
      expect((await index.open()).epoch).toBe(epoch);
      await fillPart(index, whole("/b"));
    } finally {
      await lasting.stop();
    }
  });

  for (const [what, lose] of [
    ["a restart without persistence", () => test.server.restart()],
    ["a flush", async () => void (await test.server.admin.flushall())],
  ] as const)
    it(`${what} begins a new epoch, and what is of the old one no longer holds`, async () => {
      const warnings: string[] = [];
      const index = await openIndex({ onWarning: (message) => warnings.push(message) });
      const before = await index.open();
      const reopened: IndexState[] = [];
      index.onReopened((state) => reopened.push(state));
      const token = await fillPart(index, whole("/a"));
      const claim = await takeClaim(index, whole("/b"));
      await index.reserve(claim, WANT);
      const intent = await index.openWrite("s", "/w");
      await lose();
      expect(await whenBack(() => index.lookup(whole("/a")))).toBeUndefined();
      expect(await whenBack(() => index.reserve(claim, WANT))).toBe("lost");
      expect(await index.commit(claim, { ...FACTS, expiresAt: Number.POSITIVE_INFINITY })).toBe(false);
      await index.release(claim);
      expect(await index.condemn(whole("/a"), token)).toBe(false);
      expect(await index.renew([claim, intent])).toEqual([claim.token, intent.token]);
      expect(await index.known([{ storeId: "s", token }])).toEqual([false]);
      expect(await index.closeWrite(intent, true)).toBeUndefined();
      const after = await index.open();
      expect(after.epoch).not.toBe(before.epoch);
      expect(after.clean).toBe(false);
      expect(reopened).toEqual([after]);
      expect(warnings).toHaveLength(1);
      await index.markClean();
      await fillPart(index, whole("/a"));
      expect(await index.verify({ repair: false })).toEqual([]);
    });

  it("a Redis that dropped the entries by itself has lost the index, which goes on empty", async () => {
    const index = await openIndex();
    const { epoch } = await index.open();
    const reopened: IndexState[] = [];
    index.onReopened((state) => reopened.push(state));
    const token = await fillPart(index, whole("/a"));
    await test.server.admin.del("{zc:n:0}:e");
    expect(await index.lookup(whole("/a"))).toBeUndefined();
    await whenBack(() => fillPart(index, whole("/b")));
    expect(await index.known([{ storeId: "s", token }])).toEqual([false]);
    expect(reopened).toEqual([{ epoch, clean: false }]);
    expect(await index.verify({ repair: false })).toEqual([]);
  });

  it("a tier whose index was flushed deletes the bytes of the old one before it admits anything", async () => {
    const index = new RedisStoreIndex({
      redis: test.server.url,
      namespace: "tier",
      maxBytes: "1 MB",
      deadline: 2000,
    });
    const opener = new MemoryStoreOpener();
    const storage = new IndexedCacheStorage(index, opener, { fills: "await", deadline: 5000 });
    try {
      await storage.bind("s", "https://a");
      await storage.put(whole("/a"), new Uint8Array(1000));
      await storage.put(whole("/b"), new Uint8Array(1000));
      await test.server.admin.flushall();
      expect(await storage.get(whole("/a"))).toBeUndefined();
      // Whoever finds out is passed by; from then on there is a new index.
      while (!(await storage.put(whole("/c"), new Uint8Array(1000)))) await nextTurn();
      const { checked, lost, orphans, accounting } = await storage.verify();
      expect({ checked, lost, orphans, accounting }).toEqual({
        checked: 1,
        lost: 0,
        orphans: 0,
        accounting: [],
      });
    } finally {
      await storage.close();
    }
  });

  it("a Redis that is stopped is given up within the deadline, and used again when it goes on", async () => {
    const index = await openIndex();
    const token = await fillPart(index, whole("/a"));
    test.server.signal("SIGSTOP");
    try {
      for (const ask of [
        () => index.lookup(whole("/a")),
        () => index.claim(whole("/b"), { present: 1, missing: 1 }),
        () => index.invalidate("s", "/x"),
      ]) {
        const error = await Promise.resolve(ask()).catch((it: unknown) => it);
        expect((error as Error).name).toMatch(/^(DeadlineError|RedisError)$/);
      }
    } finally {
      test.server.signal("SIGCONT");
    }
    expect((await whenBack(() => index.lookup(whole("/a"))))?.token).toBe(token);
    await whenBack(() => fillPart(index, whole("/c")));
  });

  it("a Redis that is paused is given up as well", async () => {
    const index = await openIndex();
    await fillPart(index, whole("/a"));
    await test.server.admin.client("PAUSE", 2000, "ALL");
    const error = await Promise.resolve(index.lookup(whole("/a"))).catch((it: unknown) => it);
    expect(error).toMatchObject({ tag: "DeadlineError" });
    expect(await whenBack(() => index.lookup(whole("/a")))).toBeDefined();
  });

  it("a Redis whose answers are waited for for ever is waited for", async () => {
    const index = await openIndex({ deadline: Number.POSITIVE_INFINITY });
    const token = await fillPart(index, whole("/a"));
    await test.server.admin.client("PAUSE", 500, "ALL");
    expect((await index.lookup(whole("/a")))?.token).toBe(token);
  });

  it("a connection on which nothing comes back is made anew", async () => {
    const proxy = await startTcpProxy(test.server.port);
    try {
      const index = await openIndex({ redis: `redis://127.0.0.1:${proxy.port}` });
      const token = await fillPart(index, whole("/a"));
      proxy.cut();
      await expect(index.lookup(whole("/a"))).rejects.toMatchObject({ tag: "DeadlineError" });
      expect((await whenBack(() => index.lookup(whole("/a"))))?.token).toBe(token);
    } finally {
      await proxy.close();
    }
  });

  it("fails at once, not after a wait, while Redis is down", async () => {
    const index = await openIndex();
    await test.server.kill();
    let asked = 0;
    const errors = new Set<string>();
    while (asked < 200) {
      await Promise.resolve(index.lookup(whole("/a"))).catch((error: Error) => errors.add(error.name));
      asked++;
    }
    expect([...errors].every((name) => name === "RedisError" || name === "DeadlineError")).toBe(true);
    await test.server.restart();
    await whenBack(async () => {
      if ((await index.open()).clean) return;
      await index.markClean();
    });
    await whenBack(() => fillPart(index, whole("/a")));
  });

  it("a read-only Redis says so, and the index goes on when it is a primary again", async () => {
    const primary = await startRedisServer();
    try {
      const index = await openIndex();
      await fillPart(index, whole("/a"));
      await test.server.admin.config("SET", "replica-read-only", "yes");
      await test.server.admin.replicaof("127.0.0.1", primary.port);
      const failed = await fillPart(index, whole("/b")).catch((it: unknown) => it);
      expect(failed).toMatchObject({ tag: "RedisError", reason: "readonly" });
      await test.server.admin.replicaof("NO", "ONE");
      await whenBack(() => fillPart(index, whole("/b")));
    } finally {
      await primary.stop();
    }
  });
});
