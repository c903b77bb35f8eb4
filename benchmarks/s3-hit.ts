import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import { CachedStore, IndexedCacheStorage } from "zarr-cache";
import { RedisStoreIndex } from "zarr-cache/redis";
import { S3StoreOpener } from "zarr-cache/s3";
import { startRadosgw } from "../test/support/radosgw.ts";
import { type RedisServer, startRedisServer } from "../test/support/redis-server.ts";
import { clientOf, givenS3Server, type S3Server } from "../test/support/s3-server.ts";
import type { Benchmark, Finding } from "./frame/benchmark.ts";
import { startProgram } from "./frame/program.ts";
import { timed } from "./frame/rounds.ts";
import { ratioOf, type Spread, spreadOf } from "./frame/spread.ts";

const VALUE_BYTES = 1_000_000;

/** What a read costs that a bucket answers, beside asking the bucket oneself. */
export const s3Hit: Benchmark = {
  name: "s3-hit",
  about: `A value of 1 MB from S3, one read at a time: through a \`CachedStore\` over an index in Redis, every checksum
verified; beside it \`GetObject\` of the very same object with the same client. On fauxqs, in a process of its own, and on
Ceph's radosgw where it can be installed, or the server that \`S3_ENDPOINT\`, \`S3_ACCESS_KEY_ID\` and
\`S3_SECRET_ACCESS_KEY\` name. Round trips are the commands that Redis got for each hit, counted beside the
measurement: all but waiting for the stream, with the batches in which uses are told.`,

  async run({ rounds, quick }) {
    const redis = await startRedisServer();
    const findings: Finding[] = [];
    try {
      for (const [name, start] of Object.entries(SERVERS)) {
        const server = await start();
        if (server === undefined) continue;
        try {
          findings.push(...(await measure(name, server, redis, rounds, quick ? 20 : 500)));
        } finally {
          await server.stop();
        }
      }
    } finally {
      await redis.stop();
    }
    return { findings };
  },
};

const SERVERS: Readonly<Record<string, () => Promise<S3Server | undefined>>> = {
  fauxqs: startFauxqsApart,
  radosgw: async () => givenS3Server() ?? startRadosgw(),
};

async function startFauxqsApart(): Promise<S3Server> {
  const server = startProgram<number>(new URL("./s3-hit/server-program.ts", import.meta.url), undefined);
  return {
    endpoint: `http://127.0.0.1:${await server.answer}`,
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    stop: async () => void server.process.disconnect(),
  };
}

async function measure(
  name: string,
  server: S3Server,
  redis: RedisServer,
  rounds: number,
  reads: number,
): Promise<Finding[]> {
  const client = clientOf(server);
  const bucket = `bench-${Date.now()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const storage = new IndexedCacheStorage(
    new RedisStoreIndex({ redis: redis.url, namespace: name, maxBytes: "1 GB", deadline: "10s" }),
    new S3StoreOpener(`s3://${bucket}/{store_id}.zarr`, { client }),
    { deadline: "10s" },
  );
  const value = bytes();
  let sourceReads = 0;
  const source = {
    get: async () => {
      sourceReads++;
      return value;
    },
  };
  const store = new CachedStore(source, "s", storage);
  await store.get("/a");
  await store.idle();

  const sides = { ours: () => store.get("/a"), raw: await rawReader(client, bucket) };
  const middles = { ours: [] as number[], raw: [] as number[] };
  const tails = { ours: [] as number[], raw: [] as number[] };
  const trips: number[] = [];
  for (let round = -1; round < rounds; round++) {
    globalThis.gc?.();
    const times = { ours: [] as number[], raw: [] as number[] };
    // Read by read in turn: a second in which the machine does something else is long enough to spoil a whole round.
    for (let i = 0; i < 2 * reads; i++) {
      const side = (i + (i >> 1)) % 2 === 0 ? "ours" : "raw";
      times[side].push(await timed(async () => expectWhole(await sides[side]())));
    }
    if (round < 0) continue;
    trips.push(await commandsPerRead(redis, reads, sides.ours));
    for (const side of ["ours", "raw"] as const) {
      const sorted = times[side].sort((a, b) => a - b);
      middles[side].push(sorted[reads >> 1] ?? 0);
      tails[side].push(sorted[Math.ceil(reads * 0.99) - 1] ?? 0);
    }
  }
  if (sourceReads !== 1) throw new Error("Not every value came from the bucket");
  await storage.close();
  client.destroy();

  const finding = (what: string, ours: number[], peer: number[], limit: number): Finding => ({
    what: `1 MB from ${name}, ${what}`,
    ours: { spread: spreadOf(ours), unit: "ms" },
    beside: { who: "GetObject", spread: spreadOf(peer), unit: "ms" },
    figure: { spread: ratioOf(ours, peer), unit: "×" },
    target: { limit, better: "lower" },
  });
  const perHit: Spread = spreadOf(trips);
  return [
    finding("p50", middles.ours, middles.raw, 1.15),
    finding("p99", tails.ours, tails.raw, 1.5),
    {
      what: `round trips to Redis, ${name}`,
      ours: { spread: perHit, unit: "a hit" },
      figure: { spread: perHit, unit: "a hit" },
      target: { limit: 1.1, better: "lower" },
    },
  ];
}

/** Reads the one object that the cache has written. */
async function rawReader(client: S3Client, bucket: string): Promise<() => Promise<Uint8Array | undefined>> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  const [object] = Contents;
  if (Contents.length !== 1 || object?.Key === undefined) throw new Error("There is not one object");
  const { Key } = object;
  return async () => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    return Body?.transformToByteArray();
  };
}

/** Commands that clients send to Redis for each read, counted beside the measurement; waiting for the stream is none. */
async function commandsPerRead(
  redis: RedisServer,
  reads: number,
  read: () => Promise<unknown>,
): Promise<number> {
  const monitor = await redis.admin.monitor();
  let commands = 0;
  let isOver = () => {};
  const over = new Promise<void>((resolve) => {
    isOver = resolve;
  });
  monitor.on("monitor", (_time: string, [command = ""]: string[], source: string) => {
    if (command.toLowerCase() === "echo") isOver();
    else if (source !== "lua" && command.toLowerCase() !== "xread") commands++;
  });
  for (let i = 0; i < reads; i++) await read();
  await redis.admin.echo("over");
  await over;
  monitor.disconnect();
  return commands / reads;
}

function expectWhole(value: Uint8Array | undefined): void {
  if (value?.byteLength !== VALUE_BYTES) throw new Error("A value was missing");
}

/** Bytes of which no two frames are alike. */
function bytes(): Uint8Array {
  const value = new Uint8Array(VALUE_BYTES);
  for (let i = 0; i < VALUE_BYTES; i++) value[i] = Math.imul(i, 2654435761) >>> 24;
  return value;
}
