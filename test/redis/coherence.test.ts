import { describe, expect, it } from "vitest";
import type { Changes } from "zarr-cache";
import type { RedisStoreIndex } from "zarr-cache/redis";
import { hasRedisServer } from "../support/redis-server.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { serverOfEachTest } from "./server-of-each-test.ts";

describe.runIf(await hasRedisServer())("what one client of RedisStoreIndex drops", () => {
  const test = serverOfEachTest({ maxBytes: "1 MB", deadline: 500 });
  const openIndex = (redis = test.server.url, shards = 1, coherence = 5000) =>
    test.openIndex({ redis, shards, coherence });

  /** Asks for changes until there are some. */
  async function heard(
    index: RedisStoreIndex,
    since: number,
    beside: RedisStoreIndex = index,
  ): Promise<Changes> {
    for (;;) {
      const changes = index.changes(since);
      if (changes.lost || changes.paths.length > 0) return changes;
      await beside.usage();
    }
  }

  for (const shards of [1, 4])
    it(`is told to others and not to itself, with ${shards} shards`, async () => {
      const [one, other] = [
        await openIndex(test.server.url, shards),
        await openIndex(test.server.url, shards),
      ];
      const [own, start] = [one.changes(undefined).cursor, other.changes(undefined).cursor];
      const paths: string[] = [];
      let cursor = start;
      for (const path of ["/a", "/b/", "/c/d", "/"]) {
        await one.invalidate("s", path);
        const changes = await heard(other, cursor);
        expect(changes.lost).toBe(false);
        paths.push(...changes.paths.map((it) => it.path));
        cursor = changes.cursor;
      }
      const intent = await one.openWrite("s", "/w");
      expect((await heard(other, cursor)).paths).toEqual([{ storeId: "s", path: "/w" }]);
      await one.closeWrite(intent, false);
      expect(paths).toEqual(["/a", "/b/", "/c/d", "/"]);
      expect(one.changes(own)).toEqual({ cursor: own, lost: false, paths: [] });
    });

  it("is answered without waiting, and no cursor is older than the index", async () => {
    const index = await openIndex();
    const { cursor } = index.changes(undefined);
    expect(index.changes(cursor)).toEqual({ cursor, lost: false, paths: [] });
    expect(index.changes(cursor + 5).lost).toBe(true);
  });

  it("is all taken for lost once the stream has not been heard for as long as copies may be old", async () => {
    const proxy = await startTcpProxy(test.server.port);
    try {
      const index = await openIndex(`redis://127.0.0.1:${proxy.port}`, 1, 1500);
      const beside = await openIndex();
      const { cursor } = index.changes(undefined);
      proxy.stall();
      await beside.invalidate("s", "/a");
      const lost = await heard(index, cursor, beside);
      expect(lost).toMatchObject({ lost: true, paths: [] });
      expect(lost.cursor).not.toBe(cursor);
      // And again, since what is copied meanwhile may be dropped by others too.
      expect((await heard(index, lost.cursor, beside)).lost).toBe(true);
      proxy.heal();
      for (;;) {
        const { cursor: now } = index.changes(undefined);
        await beside.invalidate("s", "/b");
        const { lost: isLost, paths } = await heard(index, now, beside);
        if (!isLost && paths.some(({ path }) => path === "/b")) break;
      }
    } finally {
      await proxy.close();
    }
  });

  it("is all taken for lost when the stream was trimmed past a client, and after a flush", async () => {
    const proxy = await startTcpProxy(test.server.port);
    try {
      const index = await openIndex(`redis://127.0.0.1:${proxy.port}`, 1, 60_000);
      const beside = await openIndex();
      const { cursor } = index.changes(undefined);
      proxy.stall();
      await beside.invalidate("s", "/a");
      await beside.invalidate("s", "/b");
      await test.server.admin.xtrim("{zc:n:0}:s", "MAXLEN", 1);
      proxy.heal();
      const trimmed = await heard(index, cursor, beside);
      expect(trimmed.lost).toBe(true);
      // From before the flush, which may be heard at once.
      const { cursor: before } = index.changes(undefined);
      await test.server.admin.flushall();
      await beside.invalidate("s", "/c");
      expect((await heard(index, before, beside)).lost).toBe(true);
    } finally {
      await proxy.close();
    }
  });
});
