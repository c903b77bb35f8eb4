import { Coordinates } from "@zarr-cache/arrays";
import { type QueueOptions, queue } from "@zarr-cache/nodes/queue";
import { afterAll, beforeAll, beforeEach, onTestFinished } from "vitest";
import { deferred } from "zarr-cache/testing";
import { startChild } from "../../processes/support/children.ts";
import { type NodeWorkerPlace, openPlace } from "../../processes/support/node-worker-place.ts";
import { hasRedisServer, type RedisServer, startRedisServer } from "../../support/redis-server.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { heightsOver } from "./heights.ts";
import type { QueueWorkerCalls, Serving } from "./queue-worker.ts";

/** Whether there is a Redis for tests of the queue. */
export const hasRedis: boolean = await hasRedisServer("tests of the queue");

/** Starts a Redis for the tests of a file, which is empty at the beginning of each. */
export function redisOfTests(): { readonly server: RedisServer } {
  let server: RedisServer;
  beforeAll(async () => {
    if (hasRedis) server = await startRedisServer();
  });
  beforeEach(async () => void (hasRedis && (await server.admin.flushall())));
  afterAll(() => server?.stop());
  return {
    get server() {
      return server;
    },
  };
}

/** Latitudes, one degree apart. */
export const lats = (first: number, size: number) =>
  Coordinates.grid({ lat: { start: first, step: 1, size } });

/** A cache, in a directory unless told, a source that counts what workers ask of it, and what waits at it. */
export async function queueScene(redis: RedisServer, where?: NodeWorkerPlace) {
  const place = where ?? (await temporaryDirectory());
  const asked: number[] = [];
  const held = new Map<number, { readonly arrived: () => void; readonly released: Promise<void> }>();
  const heights = async (latitudes: readonly number[]) => {
    asked.push(...latitudes);
    if (latitudes.includes(-13)) throw new RangeError("thirteen");
    for (const each of latitudes) {
      const hold = held.get(each);
      held.delete(each);
      hold?.arrived();
      await hold?.released;
    }
    return latitudes.map((each) => Math.sin(each));
  };
  const cache = await openPlace(place);
  onTestFinished(() => cache.close());
  const { node } = heightsOver(heights);
  const program = () => startChild<QueueWorkerCalls>("../../nodes/support/queue-worker.ts", { heights });
  return {
    place,
    asked,
    /** Without a cache, and what it asks is not counted by anybody. */
    alone: heightsOver(async (latitudes) => latitudes.map((each) => Math.sin(each))).node,
    node: node.using({ cache }),
    /** Lets the first question for a latitude wait. */
    hold(latitude: number) {
      const [arrived, released] = [deferred<void>(), deferred<void>()];
      held.set(latitude, { arrived: () => arrived.resolve(), released: released.promise });
      return { arrived: arrived.promise, release: () => released.resolve() };
    },
    evaluator(options: Partial<QueueOptions> = {}) {
      const made = queue({ redis: redis.url, chunkPoints: 4, patience: 60_000, ...options });
      onTestFinished(() => made.close());
      return made;
    },
    program,
    async worker(serving: Partial<Serving> = {}) {
      const worker = await program();
      await worker.call("serve", { redis: redis.url, place, allow: [node.hash], ...serving });
      return worker;
    },
  };
}

/** Numbers in their order. */
export const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** So many numbers, one apart. */
export const range = (first: number, size: number) => Array.from({ length: size }, (_, at) => first + at);
