import { Redis } from "ioredis";
import type { ClaimRef, StoreIndex } from "zarr-cache";
import { RedisStoreIndex } from "zarr-cache/redis";
import { type RedisServer, startRedisServer } from "../../test/support/redis-server.ts";
import { fillSharedIndex, partNumber } from "../frame/fill-shared-index.ts";
import { inFlight } from "../frame/in-flight.ts";

export const IN_PARALLEL = 16;

const FOREVER = { present: Number.POSITIVE_INFINITY, missing: Number.POSITIVE_INFINITY };
const SIZE = 100_000;
const WANT = { footprint: SIZE, size: SIZE, cost: 1000, weight: 1 };
const FACTS = { missing: false, size: SIZE, checksum: 0, age: 0, cost: 1000, validator: undefined };
/** Names that a tier frees at once. */
const FREED_AT_ONCE = 64;
/** A tier evicts down to this part of its budget. */
const LOW_WATER = 0.95;
/** What the index charges for an entry beside its bytes. */
const REDIS_ENTRY_OVERHEAD = 512;
/** More than anything costs, so that nothing outranks what is wanted. */
const DEAREST = 1e12;

/** What something takes of Redis, each in microseconds. */
export interface Cost {
  /** As Redis counts the time of its scripts, by the clock: what others take of the processor meanwhile is in it. */
  readonly scripts: number;
  /** Time of the processor, with reading commands and answering them. */
  readonly processor: number;
}

/** A full index of so many entries in a server of its own, and what its steps take of that server. */
export class MeasuredIndex {
  readonly entries: number;
  readonly server: RedisServer;
  readonly redis: Redis;
  readonly index: StoreIndex;
  /** Bytes of Redis for an entry. */
  readonly bytesPerEntry: number;
  #next: number;

  private constructor(of: Pick<MeasuredIndex, "entries" | "server" | "redis" | "index" | "bytesPerEntry">) {
    ({ entries: this.entries, server: this.server, redis: this.redis, index: this.index } = of);
    this.bytesPerEntry = of.bytesPerEntry;
    this.#next = of.entries;
  }

  /** Starts a server and fills an index until it is at its low-water mark. */
  static async fill(entries: number): Promise<MeasuredIndex> {
    const server = await startRedisServer();
    const redis = new Redis(server.port, { protocol: 2 });
    const options = { redis: server.url, namespace: "bench", deadline: "30s" };
    const filler = new RedisStoreIndex({ ...options, maxBytes: "1 PB" });
    await filler.open();
    await filler.markClean();
    const empty = await memoryOf(redis);
    await fillSharedIndex(filler, entries);
    const bytesPerEntry = ((await memoryOf(redis)) - empty) / entries;
    const { bytes } = await filler.usage();
    await filler.close();
    const maxBytes = Math.ceil(bytes / LOW_WATER);
    const index = new RedisStoreIndex({ ...options, maxBytes });
    await index.open();
    return new MeasuredIndex({ entries, server, redis, index, bytesPerEntry });
  }

  /** Microseconds of Redis to admit one entry where there is room: claim, reserve, commit. */
  async admit(fills: number): Promise<Cost> {
    const numbers = Array.from({ length: fills }, () => this.#next++);
    const took = await this.#cost(() =>
      inFlight(numbers, IN_PARALLEL, async (number) => {
        const claim = await this.#claim(number);
        const answer = await this.index.reserve(claim, WANT);
        if (answer !== "reserved") throw new Error(`A reservation is ${answer}`);
        await this.index.commit(claim, { ...FACTS, expiresAt: Number.POSITIVE_INFINITY });
      }),
    );
    return { scripts: took.scripts / fills, processor: took.processor / fills };
  }

  /** Microseconds of Redis to evict one entry and free its name, as a tier does behind its fills, down to the low-water mark. */
  async lower(): Promise<number> {
    let evicted = 0;
    const took = await this.#cost(async () => {
      for (let state = "more"; state === "more"; ) {
        const room = await this.index.makeRoom();
        state = room.state;
        evicted += room.evicted.length;
        await this.#free(room.evicted.map(({ token }) => token));
      }
    });
    return took.scripts / evicted;
  }

  /** Microseconds of Redis to evict one entry for a newcomer and free its name, one at a time. */
  async evictEach(times: number): Promise<number> {
    const { bytes, condemnedBytes, maxBytes } = await this.index.usage();
    // As much as there is room for, overhead included; each wants an entry more.
    const room = maxBytes - (bytes - condemnedBytes) - REDIS_ENTRY_OVERHEAD;
    const wants = Array.from({ length: times }, (_, i) => ({
      footprint: room + i * SIZE,
      size: 1,
      cost: DEAREST,
      weight: DEAREST,
    }));
    let count = 0;
    const took = await this.#cost(() =>
      inFlight(wants, IN_PARALLEL, async (want) => {
        const { evicted } = await this.index.makeRoom(want, partNumber(0));
        count += evicted.length;
        await this.#free(evicted.map(({ token }) => token));
      }),
    );
    return took.scripts / count;
  }

  /** Microseconds of Redis for a script that does nothing. */
  async nothing(times: number): Promise<Cost> {
    const keys = Array.from({ length: 8 }, (_, i) => `{zc:bench:0}:nothing${i}`);
    const sha = String(await this.redis.script("LOAD", "return {'ok'}"));
    const took = await this.#cost(() =>
      inFlight(Array.from({ length: times }), IN_PARALLEL, () =>
        this.redis.evalsha(sha, keys.length, ...keys, "e".repeat(16), "", "5000"),
      ),
    );
    return { scripts: took.scripts / times, processor: took.processor / times };
  }

  async close(): Promise<void> {
    await this.index.close();
    this.redis.disconnect();
    await this.server.stop();
  }

  async #claim(number: number): Promise<ClaimRef> {
    const answer = await this.index.claim(partNumber(number), FOREVER);
    if (answer.state !== "fill") throw new Error(`Entry ${number} is a ${answer.state}`);
    return answer.claim;
  }

  async #free(tokens: readonly string[]): Promise<void> {
    for (let at = 0; at < tokens.length; at += FREED_AT_ONCE)
      await this.index.free(tokens.slice(at, at + FREED_AT_ONCE));
  }

  async #cost(work: () => Promise<unknown>): Promise<Cost> {
    await this.redis.config("RESETSTAT");
    const before = await this.#processorMicroseconds();
    await work();
    const processor = (await this.#processorMicroseconds()) - before;
    const stats = await this.redis.info("commandstats");
    return { processor, scripts: Number(/^cmdstat_evalsha:.*?usec=(\d+)/m.exec(stats)?.[1]) };
  }

  async #processorMicroseconds(): Promise<number> {
    const info = await this.redis.info("cpu");
    const seconds = [...info.matchAll(/^used_cpu_(?:user|sys)_main_thread:([\d.]+)/gm)].map(([, text]) =>
      Number(text),
    );
    return 1e6 * seconds.reduce((sum, each) => sum + each, 0);
  }
}

async function memoryOf(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]);
}
