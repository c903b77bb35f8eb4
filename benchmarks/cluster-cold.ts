import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { startRedisServer } from "../test/support/redis-server.ts";
import type { ReaderOrder } from "./cluster-cold/reader-program.ts";
import type { Benchmark, Finding } from "./frame/benchmark.ts";
import { startProgram } from "./frame/program.ts";
import { interleave, timed } from "./frame/rounds.ts";
import { ratioOf, spreadOf } from "./frame/spread.ts";

const SOURCE_MILLISECONDS = 50;
/** Readers of each process: so many that the processor is the limit, and so few that the source is. */
const READERS = [16, 4];
const PROCESSES = 4;
const VALUE = new Uint8Array(100_000).fill(7);

/** What more processes are worth on a dataset that none has read yet. */
export const clusterCold: Benchmark = {
  name: "cluster-cold",
  about: `640 values of 100 KB from a source that takes 50 ms, through memory over Redis and S3 (fauxqs), all cold. Four
processes of as many readers each read half of them, a quarter and the next one, so that two want each value at about the same
time; beside them one process of as many readers reads them all. The clock stops when the last reader has its bytes. Either
way the source is asked once for each value, or the benchmark fails.`,

  async run({ rounds, quick }) {
    const keys = quick ? 64 : 640;
    const origin = await startOrigin();
    const redis = await startRedisServer();
    const s3 = startProgram<number>(new URL("./s3-hit/server-program.ts", import.meta.url), undefined);
    const endpoint = `http://127.0.0.1:${await s3.answer}`;
    const bucket = await makeBucket(endpoint);
    let round = 0;
    const read = async (processes: number, readers: number): Promise<number> => {
      const order = { redis: redis.url, s3: endpoint, bucket, origin: origin.url, keys, readers };
      const name = `round-${round++}`;
      const before = origin.reads;
      const milliseconds = await readCold(processes, (seed) => {
        const from = (seed * keys) / processes;
        return { ...order, name, seed, from, count: processes === 1 ? keys : (2 * keys) / processes };
      });
      const reads = origin.reads - before;
      if (reads !== keys) throw new Error(`The source was asked ${reads} times for ${keys} values`);
      return milliseconds;
    };
    try {
      const findings: Finding[] = [];
      for (const readers of READERS) {
        const measured = await interleave(rounds, {
          four: () => read(PROCESSES, readers),
          one: () => read(1, readers),
        });
        findings.push({
          what: `cold dataset, four processes of ${readers} readers`,
          ours: { spread: spreadOf(measured.four), unit: "ms" },
          beside: { who: "one process", spread: spreadOf(measured.one), unit: "ms" },
          figure: { spread: ratioOf(measured.four, measured.one), unit: "×" },
          target: { limit: 0.5, better: "lower" },
        });
      }
      return { findings };
    } finally {
      s3.process.disconnect();
      await redis.stop();
      await origin.stop();
    }
  },
};

/** Lets processes read everything at the same time; milliseconds from the word to the last byte. */
async function readCold(processes: number, orderOf: (seed: number) => ReaderOrder): Promise<number> {
  const program = new URL("./cluster-cold/reader-program.ts", import.meta.url);
  const started = Array.from({ length: processes }, (_, seed) =>
    startProgram<string>(program, orderOf(seed)),
  );
  await Promise.all(started.map(({ answer }) => answer));
  const milliseconds = await timed(async () => {
    const read = started.map(({ process }) => once(process, "message"));
    for (const { process } of started) process.send("read");
    await Promise.all(read);
  });
  await Promise.all(
    started.map(({ process }) => (process.exitCode === null ? once(process, "exit") : undefined)),
  );
  return milliseconds;
}

/** Starts a source that takes its time and counts. */
async function startOrigin() {
  let reads = 0;
  const server = createServer(async (_, response) => {
    reads++;
    await sleep(SOURCE_MILLISECONDS);
    response.end(VALUE);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get reads() {
      return reads;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function makeBucket(endpoint: string): Promise<string> {
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    forcePathStyle: true,
  });
  await client.send(new CreateBucketCommand({ Bucket: "cluster" }));
  client.destroy();
  return "cluster";
}
