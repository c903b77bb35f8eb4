import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CachedStore, IndexedCacheStorage, MemoryStoreIndex } from "zarr-cache";
import { S3StoreOpener } from "zarr-cache/s3";
import type { Benchmark, Finding } from "./frame/benchmark.ts";
import { startProgram } from "./frame/program.ts";
import { timed } from "./frame/rounds.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";

const VALUE_BYTES = 1_000_000;

/** What a read costs that a bucket answers, beside asking the bucket oneself. */
export const s3Hit: Benchmark = {
  name: "s3-hit",
  about: `A value of 1 MB from S3, one read at a time: through a \`CachedStore\` over an index in memory, every checksum
verified; beside it \`GetObject\` of an object of the same bytes with the same client. The server is fauxqs in a process
of its own, or the one that \`S3_ENDPOINT\`, \`S3_ACCESS_KEY_ID\` and \`S3_SECRET_ACCESS_KEY\` name.`,

  async run({ rounds, quick }) {
    const { client, stop } = await connect();
    const bucket = `bench-${Date.now()}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    const value = bytes();
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: "plain", Body: value }));
    const storage = new IndexedCacheStorage(
      new MemoryStoreIndex(),
      new S3StoreOpener(`s3://${bucket}/{store_id}.zarr`, { client }),
      { deadline: "10s" },
    );
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

    const sides = {
      ours: () => store.get("/a"),
      raw: async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: "plain" }));
        return Body?.transformToByteArray();
      },
    };
    const middles = { ours: [] as number[], raw: [] as number[] };
    const tails = { ours: [] as number[], raw: [] as number[] };
    const reads = quick ? 20 : 500;
    for (let round = -1; round < rounds; round++) {
      globalThis.gc?.();
      const times = { ours: [] as number[], raw: [] as number[] };
      // Read by read in turn: a second in which the machine does something else is long enough to spoil a whole round.
      for (let i = 0; i < 2 * reads; i++) {
        const side = (i + (i >> 1)) % 2 === 0 ? "ours" : "raw";
        times[side].push(await timed(async () => expectWhole(await sides[side]())));
      }
      if (round < 0) continue;
      for (const side of ["ours", "raw"] as const) {
        const sorted = times[side].sort((a, b) => a - b);
        middles[side].push(sorted[reads >> 1] ?? 0);
        tails[side].push(sorted[Math.ceil(reads * 0.99) - 1] ?? 0);
      }
    }
    if (sourceReads !== 1) throw new Error("Not every value came from the bucket");
    await storage.close();
    await stop();

    const finding = (what: string, ours: number[], peer: number[], limit: number): Finding => ({
      what,
      ours: { spread: spreadOf(ours), unit: "ms" },
      beside: { who: "GetObject", spread: spreadOf(peer), unit: "ms" },
      figure: { spread: ratioOf(ours, peer), unit: "×" },
      target: { limit, better: "lower" },
    });
    return {
      findings: [
        finding("1 MB from S3, p50", middles.ours, middles.raw, 1.15),
        finding("1 MB from S3, p99", tails.ours, tails.raw, 1.5),
      ],
    };
  },
};

async function connect(): Promise<{ client: S3Client; stop(): Promise<void> }> {
  const { S3_ENDPOINT, S3_ACCESS_KEY_ID = "any", S3_SECRET_ACCESS_KEY = "any" } = process.env;
  const credentials = { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY };
  const server =
    S3_ENDPOINT === undefined
      ? startProgram<number>(new URL("./s3-hit/server-program.ts", import.meta.url), undefined)
      : undefined;
  const endpoint = S3_ENDPOINT ?? `http://127.0.0.1:${await server?.answer}`;
  const client = new S3Client({
    endpoint,
    credentials,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  return {
    client,
    async stop() {
      client.destroy();
      server?.process.disconnect();
    },
  };
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
