import { Redis } from "ioredis";
import type { StoreIndex } from "zarr-cache";
import { RedisStoreIndex } from "zarr-cache/redis";
import { startRedisServer } from "../test/support/redis-server.ts";
import type { Benchmark } from "./frame/benchmark.ts";
import { fillSharedIndex, partNumber } from "./frame/fill-shared-index.ts";
import { inFlight } from "./frame/in-flight.ts";
import { interleave, timed } from "./frame/rounds.ts";
import { seededRandom } from "./frame/seeded-random.ts";
import { spreadOf } from "./frame/spread.ts";

const IN_PARALLEL = 16;
const FOREVER = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };

/** What the index in Redis costs its clients and its server. */
export const redisIndex: Benchmark = {
  name: "redis-index",
  about: `The index in a Redis server of its own on the loopback. Look-ups of random entries, 16 in parallel, beside a
plain HGET of the same records with ioredis. Then fills at the limit, each of which drives another entry out; counted is
the time that Redis says its scripts took (INFO commandstats), which leaves out reading and answering them.`,

  run: async ({ rounds, quick, progress }) => {
    const entries = quick ? 10_000 : 1_000_000;
    const server = await startRedisServer();
    const plain = new Redis(server.port, { protocol: 2 });
    const options = { redis: server.url, namespace: "bench", maxBytes: "1 TB", deadline: "10s" };
    const index = new RedisStoreIndex({ ...options, maxEntries: entries });
    try {
      await index.open();
      await index.markClean();
      const empty = await memoryOf(plain);
      progress(`filling ${entries.toLocaleString("en")} entries`);
      await fillSharedIndex(index, entries);
      const bytes = ((await memoryOf(plain)) - empty) / entries;
      const random = seededRandom(7);
      const lookups = quick ? 5_000 : 100_000;
      const numbers = () => Array.from({ length: lookups }, () => Math.floor(entries * random()));
      const perSecond = async (ask: (number: number) => unknown) => {
        const asked = numbers();
        const took = await timed(() =>
          inFlight(asked, IN_PARALLEL, async (number) => {
            await ask(number);
          }),
        );
        return lookups / took;
      };
      progress("look-ups");
      const record = (number: number) => `era5\n${partNumber(number).key}\n`;
      const { ours, hget } = await interleave(rounds, {
        ours: () => perSecond((number) => index.lookup(partNumber(number))),
        hget: () => perSecond((number) => plain.hgetBuffer("{zc:bench:0}:e", record(number))),
      });
      progress("fills at the limit");
      const fills = quick ? 1_000 : 20_000;
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) {
        await plain.config("RESETSTAT");
        for (let i = 0; i < fills; i++) await admit(index, entries + round * fills + i);
        times.push((await scriptMicroseconds(plain)) / fills);
      }
      const what = `${entries.toLocaleString("en")} entries`;
      return {
        findings: [
          {
            what: `look-ups, ${IN_PARALLEL} in parallel, ${what}`,
            ours: { spread: spreadOf(ours), unit: "per ms" },
            beside: { spread: spreadOf(hget), unit: "per ms", who: "HGET" },
            figure: { spread: spreadOf(ours.map((rate, i) => rate / (hget[i] as number))), unit: "× HGET" },
            target: { limit: 0.7, better: "higher" },
          },
          {
            what: `Redis' time to admit one and evict one, ${what}`,
            figure: { spread: spreadOf(times), unit: "µs" },
            target: { limit: 40, better: "lower" },
          },
          {
            what: `Redis' memory, ${what}`,
            figure: { spread: spreadOf([bytes]), unit: "bytes an entry" },
            target: { limit: 380, better: "lower" },
          },
        ],
      };
    } finally {
      await index.close();
      plain.disconnect();
      await server.stop();
    }
  },
};

async function admit(index: StoreIndex, number: number): Promise<void> {
  const part = partNumber(number);
  const answer = await index.claim(part, FOREVER);
  if (answer.state !== "fill") throw new Error(`${part.key} is a ${answer.state}`);
  const want = { footprint: 100_000, size: 100_000, cost: 1000, weight: 1 };
  while ((await index.reserve(answer.claim, want)) === "full") {
    const { evicted } = await index.makeRoom(want, part);
    await index.free(evicted.map(({ token }) => token));
  }
  const facts = { missing: false, size: 100_000, checksum: 0, age: 0, cost: 1000, validator: undefined };
  await index.commit(answer.claim, { ...facts, expiresAt: Number.POSITIVE_INFINITY });
}

async function memoryOf(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]);
}

async function scriptMicroseconds(redis: Redis): Promise<number> {
  return Number(/^cmdstat_evalsha:.*?usec=(\d+)/m.exec(await redis.info("commandstats"))?.[1]);
}
