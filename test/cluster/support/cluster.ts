import { CreateBucketCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { expect, onTestFinished } from "vitest";
import type { CachedStore } from "zarr-cache";
import type { ChunkCache } from "zarr-cache/node";
import { type Child, startChild } from "../../processes/support/children.ts";
import type { Origin } from "../../processes/support/origin.ts";
import { until } from "../../processes/support/until.ts";
import { versionOf } from "../../processes/support/values.ts";
import { type HttpFaultProxy, startHttpFaultProxy } from "../../support/http-fault-proxy.ts";
import { type RedisServer, startRedisServer } from "../../support/redis-server.ts";
import { clientOf, type S3Server, tidyBucket } from "../../support/s3-server.ts";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy.ts";
import { assembleCluster, type ClusterOptions, type ClusterPlace } from "./assemble-cluster.ts";
import type { ClusterWorkerCalls } from "./cluster-worker.ts";
import type { S3ProgramCalls } from "./s3-program.ts";

export type ClusterWorker = Child<ClusterWorkerCalls>;

/** A Redis, an S3 server and a source, with proxies before the servers that can do harm. */
export interface Cluster {
  readonly origin: Origin;
  readonly redis: RedisServer;
  readonly redisProxy: TcpProxy;
  readonly s3Proxy: HttpFaultProxy;
  /** Straight to the servers. */
  readonly place: ClusterPlace;
  /** Through the proxies. */
  readonly harmed: ClusterPlace;
  /** Starts processes that work on nothing yet. */
  start(count: number): Promise<ClusterWorker[]>;
  /** Bytes of every object in the bucket at one moment, by key. */
  objects(): Promise<ReadonlyMap<string, number>>;
  /** Looks at the bucket until told to stop. */
  watchBucket(): { stop(): Promise<{ readonly samples: number; readonly mostBytes: number }> };
}

/** What {@link startCluster} can be given. */
export interface ClusterServers {
  /** Arguments of Redis. */
  readonly redis?: readonly string[];
  /** An S3 server; default: one that keeps objects in memory, in a process of its own. */
  readonly s3?: S3Server;
}

/** Deadlines that a busy machine does not reach, for what counts source reads. */
export const PATIENT: Pick<ClusterOptions, "index" | "opener" | "tier"> = {
  index: { deadline: "20s", lockAge: "1m", coherence: "1m" },
  opener: { timeout: "1m", deadline: "1m" },
  tier: { deadline: "1m" },
};

/** Starts the servers; they end with the test. */
export async function startCluster(origin: Origin, servers: ClusterServers = {}): Promise<Cluster> {
  const [redis, s3] = await Promise.all([
    startRedisServer(...(servers.redis ?? [])),
    servers.s3 ?? startS3Process(),
  ]);
  onTestFinished(() => redis.stop());
  const [redisProxy, s3Proxy] = await Promise.all([
    startTcpProxy(redis.port),
    startHttpFaultProxy(s3.endpoint),
  ]);
  onTestFinished(() => redisProxy.close());
  onTestFinished(() => s3Proxy.stop());
  const client = clientOf(s3);
  onTestFinished(() => client.destroy());
  const bucket = `cluster-${redis.port}-${Math.floor(performance.timeOrigin)}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  onTestFinished(() => tidyBucket(client, bucket));
  const { credentials } = s3;
  const objects = () => listObjects(client, bucket);
  return {
    origin,
    redis,
    redisProxy,
    s3Proxy,
    place: { redis: redis.url, s3: { endpoint: s3.endpoint, credentials }, bucket },
    harmed: {
      redis: `redis://127.0.0.1:${redisProxy.port}`,
      s3: { endpoint: s3Proxy.endpoint, credentials },
      bucket,
    },
    start: (count) =>
      Promise.all(
        Array.from({ length: count }, () =>
          startChild<ClusterWorkerCalls>("../../cluster/support/cluster-worker.ts", origin.calls),
        ),
      ),
    objects,
    watchBucket() {
      let isOver = false;
      const watching = watch(objects, () => isOver);
      watching.catch(() => {});
      return {
        stop() {
          isOver = true;
          return watching;
        },
      };
    },
  };
}

async function startS3Process(): Promise<S3Server> {
  const program = await startChild<S3ProgramCalls>("../../cluster/support/s3-program.ts", {});
  return {
    endpoint: await program.call("endpoint"),
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    stop: async () => void (await program.kill()),
  };
}

async function watch(objects: Cluster["objects"], isOver: () => boolean) {
  let samples = 0;
  let mostBytes = 0;
  while (!isOver()) {
    mostBytes = Math.max(mostBytes, bytesOf(await objects()));
    samples++;
  }
  return { samples, mostBytes };
}

/** Bytes of all objects. */
export function bytesOf(objects: ReadonlyMap<string, number>): number {
  let bytes = 0;
  for (const size of objects.values()) bytes += size;
  return bytes;
}

/** The bucket in one request, so that it is of one moment: tests keep fewer objects than an answer holds. */
async function listObjects(client: S3Client, bucket: string): Promise<ReadonlyMap<string, number>> {
  const { Contents = [], IsTruncated } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  if (IsTruncated) throw new Error("There are too many objects for one look at them");
  return new Map(Contents.map(({ Key = "", Size = 0 }) => [Key, Size]));
}

/** Opens the cache in this process, with a store that reads only what is cached. */
async function openForInspection(
  { place }: Cluster,
  options: ClusterOptions,
): Promise<{ cache: ChunkCache; store: CachedStore }> {
  const { shards, lockAge } = options.index ?? {};
  const cache = await assembleCluster(place, {
    ...PATIENT,
    maxBytes: options.maxBytes,
    index: { ...PATIENT.index, ...(shards && { shards }), ...(lockAge && { lockAge }) },
  });
  onTestFinished(() => cache.close());
  const get = () => {
    throw new Error("Only what is cached is read here");
  };
  return { cache, store: cache.wrap({ identity: "the origin", get }, "data") };
}

/** What must hold once nobody works any more and what the dead held has expired. */
export async function expectSound(cluster: Cluster, options: ClusterOptions): Promise<void> {
  const { origin } = cluster;
  expect(origin.complaints).toEqual([]);
  const { cache, store } = await openForInspection(cluster, options);
  const allEntries = async () => (await cache.entries({ limit: 10_000 })).entries;
  await until(async () => {
    await cache.sweep();
    const { claims, bytes } = await cache.usage();
    return claims === 0 && bytes === (await allEntries()).reduce((sum, { charge }) => sum + charge, 0);
  });
  expect(await cache.verify()).toMatchObject({ lost: 0, corrupt: 0, orphans: 0, accounting: [] });
  const usage = await cache.usage();
  expect(usage.bytes).toBeLessThanOrEqual(options.maxBytes);
  expect(usage.condemnedBytes).toBe(0);
  const entries = await allEntries();
  for (const { key } of entries) {
    const value = await store.get(key as `/`);
    expect(value && versionOf(key, value), key).toBe(origin.values.get(key)?.version);
  }
  const objects = await cluster.objects();
  expect(objects.size, "no object is nobody's").toBe(entries.filter(({ missing }) => !missing).length);
  expect(bytesOf(objects)).toBeLessThanOrEqual(options.maxBytes);
  await cache.close();
}
