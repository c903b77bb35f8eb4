import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CreateBucketCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { checkInvariants } from "zarr-cache/testing";
import { forkSupport, nextMessage } from "./support/fork.ts";
import { type LimitedPlace, limitedStorage, MAX_BYTES } from "./support/limited-storage.ts";
import { randomReaders, VALUE_BYTES } from "./support/random-readers.ts";
import { hasRedis, type ReachableRedis, startRedis } from "./support/reachable-redis.ts";
import type { Held } from "./support/read-within-limits.ts";
import { clientOf, type S3Server, startFauxqs } from "./support/s3-server.ts";
import { temporaryDirectory } from "./support/temporary-directory.ts";

const PROCESSES = 3;
const SAMPLES = 25;
/** What is used of the budget once it is full: evictions go down to 95 %, and what is left may be less than a value. */
const FULL = 0.75 * MAX_BYTES;
const MEDIA = ["memory", "disk", "S3"] as const;

const isRedisThere = await hasRedis();

describe.runIf(isRedisThere)("a budget holds", () => {
  let redis: ReachableRedis;
  let s3: S3Server;
  let client: S3Client;
  beforeAll(async () => {
    redis = await startRedis();
    s3 = await startFauxqs();
    client = clientOf(s3);
  });
  afterAll(async () => {
    client.destroy();
    await redis.stop();
    await s3.stop();
  });

  async function makePlace(
    medium: LimitedPlace["medium"],
    scope: LimitedPlace["scope"],
  ): Promise<LimitedPlace> {
    const bucket = `test-${randomUUID()}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    const { endpoint, credentials } = s3;
    const common = { redis: redis.url, namespace: randomUUID(), s3: { endpoint, credentials }, bucket };
    return { medium, scope, directory: await temporaryDirectory(), ...common };
  }

  /** Bytes that lie on the disk or in the bucket. */
  async function bytesOf({ medium, directory, bucket }: LimitedPlace): Promise<number> {
    if (medium === "disk") return bytesBelow(join(directory, "chunks"));
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    return Contents.reduce((sum, { Size = 0 }) => sum + Size, 0);
  }

  it.each(MEDIA)("in %s, for one process", async (medium) => {
    const place = await makePlace(medium, "process");
    const { storage, index, opener } = limitedStorage(place);
    onTestFinished(() => storage.close());
    await storage.open();
    const readers = randomReaders(storage);
    readers.start();
    let evictions = 0;
    storage.on("evict", ({ entries }) => {
      evictions += entries;
    });
    while (evictions < SAMPLES) {
      const { bytes } = await index.usage();
      const actual = medium === "memory" ? 0 : await bytesOf(place);
      expect(Math.max(bytes, actual)).toBeLessThanOrEqual(MAX_BYTES);
      await new Promise(setImmediate);
    }
    await readers.rest();
    let names = 0;
    for await (const _ of opener.names?.() ?? []) names++;
    expect(names).toBe((await index.usage()).entries);
    await checkInvariants(storage);
  });

  it.each(["computer", "cluster"] as const)("in memory, for all processes of a %s", async (scope) => {
    const place = await makePlace("memory", scope);
    const workers = await startWorkers(place);
    /** What all hold together at a moment when none takes more. */
    const measure = async () => {
      await Promise.all(workers.map((worker) => ask(worker, "rest")));
      const held = await Promise.all(workers.map((worker) => ask<Held>(worker, "measure")));
      await Promise.all(workers.map((worker) => ask(worker, "start")));
      const charged = held.reduce((sum, each) => sum + each.charged, 0);
      const actual = held.reduce((sum, each) => sum + each.actual, 0);
      expect(charged).toBeLessThanOrEqual(MAX_BYTES);
      expect(actual).toBeLessThanOrEqual(charged);
      return held;
    };
    const sumOf = (held: readonly Held[]) => held.reduce((sum, { charged }) => sum + charged, 0);

    const isShared = (held: readonly Held[]) =>
      sumOf(held) >= FULL && held.every(({ charged }) => charged > 0);
    let held = await measure();
    for (let sample = 0; sample < SAMPLES || !isShared(held); sample++) held = await measure();
    await kill(workers.pop() as ChildProcess);
    // What it held comes back to the others.
    while (sumOf(await measure()) < FULL);
  });

  const shared = (["disk", "S3"] as const).flatMap((medium) =>
    (["computer", "cluster"] as const).map((scope) => [medium, scope] as const),
  );
  it.each(shared)("in %s, for all processes of a %s", async (medium, scope) => {
    const place = await makePlace(medium, scope);
    const { storage, index } = limitedStorage(place);
    onTestFinished(() => storage.close());
    await storage.open();
    const workers = await startWorkers(place);
    const measure = async () => {
      const [{ bytes }, actual] = [await index.usage(), await bytesOf(place)];
      expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
      expect(actual).toBeLessThanOrEqual(MAX_BYTES);
      return bytes;
    };

    let bytes = 0;
    for (let sample = 0; sample < SAMPLES || bytes < FULL; sample++) bytes = await measure();
    await kill(workers.pop() as ChildProcess);
    for (let sample = 0; sample < SAMPLES; sample++) await measure();
    await Promise.all(workers.map((worker) => ask(worker, "rest")));
    // What it had reserved comes back, and what it had written is deleted.
    for (let entries = -1; entries * VALUE_BYTES < FULL; entries = (await index.usage()).entries) {
      await Promise.all(workers.map((worker) => ask(worker, "start")));
      await measure();
      await Promise.all(workers.map((worker) => ask(worker, "rest")));
    }
    await measure();
    await checkInvariants(storage);
  });
});

async function startWorkers(place: LimitedPlace): Promise<ChildProcess[]> {
  const workers = await Promise.all(
    Array.from({ length: PROCESSES }, () => forkSupport("read-within-limits.ts")),
  );
  await Promise.all(workers.map((worker) => ask(worker, place)));
  return workers;
}

async function ask<Answer>(worker: ChildProcess, message: LimitedPlace | string): Promise<Answer> {
  const answer = nextMessage<Answer>(worker);
  worker.send(message);
  return answer;
}

async function kill(worker: ChildProcess): Promise<void> {
  const ended = once(worker, "exit");
  worker.kill("SIGKILL");
  await ended;
}

function bytesBelow(directory: string): number {
  let bytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) bytes += bytesBelow(path);
    else bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
