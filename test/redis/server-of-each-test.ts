import { afterEach, beforeEach } from "vitest";
import { RedisStoreIndex, type RedisStoreIndexOptions } from "zarr-cache/redis";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";

/** A Redis that each test has to itself, and indexes in it. */
export interface ServerOfTest {
  readonly server: RedisServer;
  /** Opens an index that admits at once; it is closed when the test ends. */
  openIndex(options?: Partial<RedisStoreIndexOptions>): Promise<RedisStoreIndex>;
}

/** Starts a Redis before each test of a suite and stops it behind it; `defaults` are options of all indexes. */
export function serverOfEachTest(
  defaults: Pick<RedisStoreIndexOptions, "maxBytes" | "deadline">,
): ServerOfTest {
  let server: RedisServer;
  const open: RedisStoreIndex[] = [];
  beforeEach(async () => {
    server = await startRedisServer();
  });
  afterEach(async () => {
    for (const index of open.splice(0)) await index.close();
    await server.stop();
  });
  return {
    get server() {
      return server;
    },
    async openIndex(options = {}) {
      const index = new RedisStoreIndex({ redis: server.url, namespace: "n", ...defaults, ...options });
      open.push(index);
      if (!(await index.open()).clean) await index.markClean();
      return index;
    },
  };
}
