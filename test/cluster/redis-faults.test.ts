import { describe, expect, it, onTestFinished } from "vitest";
import { makeOrigin } from "../processes/support/origin.ts";
import { hasRedisServer, startRedisServer } from "../support/redis-server.ts";
import { type Cluster, startCluster } from "./support/cluster.ts";
import { type Harm, STALENESS, workThrough } from "./support/work-through.ts";

/** Reaches Redis and S3 directly unless it says otherwise. */
type HarmToRedis = Omit<Harm, "place"> & Partial<Pick<Harm, "place">>;

interface RedisFault {
  readonly redis?: readonly string[];
  /** False where processes may come through without an error. */
  readonly isNoticed?: false;
  harm(cluster: Cluster): HarmToRedis | Promise<HarmToRedis>;
}

const nothing = () => {};

const FAULTS: Readonly<Record<string, RedisFault>> = {
  "restarted with what it had written down": {
    redis: ["--appendonly", "yes", "--appendfsync", "always"],
    harm: ({ redis }) => ({ begin: () => redis.restart(), end: nothing }),
  },
  "restarted empty": {
    harm: ({ redis }) => ({ begin: () => redis.restart(), end: nothing }),
  },
  "down for a while": {
    harm: ({ redis }) => ({ begin: () => redis.kill(), end: () => redis.restart() }),
  },
  flushed: {
    isNoticed: false,
    harm: ({ redis }) => ({ begin: () => redis.admin.flushall(), end: nothing }),
  },
  "stopped and continued": {
    harm: ({ redis }) => ({
      begin: () => redis.signal("SIGSTOP"),
      end: () => redis.signal("SIGCONT"),
    }),
  },
  paused: {
    harm: ({ redis }) => ({
      begin: () => redis.admin.client("PAUSE", 1500, "ALL"),
      end: () => redis.admin.ping(),
    }),
  },
  "out of memory": {
    harm: ({ redis }) => ({
      begin: () => redis.admin.config("SET", "maxmemory", "1mb"),
      end: () => redis.admin.config("SET", "maxmemory", "0"),
    }),
  },
  "made a replica": {
    async harm({ redis }) {
      const primary = await startRedisServer();
      onTestFinished(() => primary.stop());
      return {
        begin: () => redis.admin.replicaof("127.0.0.1", primary.port),
        end: () => redis.admin.replicaof("NO", "ONE"),
      };
    },
  },
  "heard and its replies lost": {
    harm({ redisProxy, harmed }) {
      let isOver = false;
      const lose = async () => {
        while (!isOver) await redisProxy.loseReply();
      };
      return {
        place: harmed,
        begin: () => void lose(),
        end() {
          isOver = true;
        },
      };
    },
  },
  "behind connections that are half open": {
    harm: ({ redisProxy, harmed }) => ({
      place: harmed,
      begin: () => redisProxy.stall(),
      end: () => redisProxy.heal(),
    }),
  },
};

describe.runIf(await hasRedisServer())(
  "reads equal the source, and service is normal afterwards, while Redis is",
  () => {
    it.each(Object.entries(FAULTS))("%s", async (_, { redis = [], isNoticed = true, harm }) => {
      const origin = makeOrigin(60, 20_000, { staleness: STALENESS });
      const cluster = await startCluster(origin, { redis });
      const { faults } = await workThrough(cluster, { place: cluster.place, ...(await harm(cluster)) });
      if (isNoticed) expect(faults, "what went wrong was counted").toBeGreaterThan(0);
    });
  },
);
